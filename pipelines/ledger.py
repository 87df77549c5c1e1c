"""The ledger mart as the stages of a report."""

from collections.abc import Iterator
from uuid import UUID

from contracts.loop import StageReport
from stack import clickhouse
from stack.clickhouse import Marts
from stack.settings import Settings

COUNTS = ("rows_in", "rows_out", "merged", "rejected", "waiting")
ORDER = ("file", "landed", "facts", "features")


def stages_of(organization: UUID, settings: Settings) -> Iterator[StageReport]:
    """One per stage and table, in the order of the road. Counts below zero are shown as a row that can't reconcile."""
    with clickhouse.client(reader=True, settings=settings) as client:
        rows = Marts(organization, client).rows("rpt_ledger", order_by=["stage", "table"])
    for row in sorted(rows, key=lambda row: ORDER.index(row["stage"])):
        counts = {name: max(row[name], 0) for name in COUNTS}
        yield StageReport(
            stage=f"{row['stage']} {row['table']}",
            seconds=0,
            clicks=row["clicks"] or None,
            note=f"organization {str(organization)[:8]}",
            **counts,
        )
