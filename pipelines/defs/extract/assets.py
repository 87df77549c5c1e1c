"""Out: from the LMS's event log into raw."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.landing import CHECKS, findings
from pipelines.turn import Turn
from stack import clickhouse
from stack.event_log.carry import Carried, carry
from stack.event_log.landed import newest

RAW = dg.AssetKey(["raw", "learning_events"])
NO_GAPS = dg.AssetCheckSpec("no_gaps", asset=RAW, blocking=True, description="All that could be read has landed, once.")


@dg.asset(key=RAW, group_name="extract", check_specs=[NO_GAPS])
def raw_learning_events(turn: Turn) -> dg.MaterializeResult:
    """Every event of the LMS, as said. One row per event; a reader is safe against a second one anyway."""
    carried = carry(turn.settings)
    return dg.MaterializeResult(metadata=_told(carried), check_results=[_no_gaps(carried)])


@dg.multi_asset_check(specs=[dg.AssetCheckSpec(name, asset=RAW) for name in CHECKS], can_subset=False)
def landing_suite(context: dg.AssetCheckExecutionContext, turn: Turn) -> Iterator[dg.AssetCheckResult]:
    """What landed last keeps what raw promises to dbt."""
    with clickhouse.client(settings=turn.settings) as client:
        rows = newest(client, batches=1)
    for finding in findings(rows):
        yield dg.AssetCheckResult(
            check_name=finding.name,
            asset_key=RAW,
            passed=finding.held,
            metadata={"unexpected": finding.unexpected, "seen": finding.seen, "rows": rows.num_rows},
        )


def _told(carried: Carried) -> dict[str, Any]:
    return {
        "rows_in": carried.rows,
        "rows_out": carried.rows,
        "dagster/row_count": carried.rows,
        "batches": carried.batches,
        "position": str(carried.position),
        "head": str(carried.head),
        "horizon_age_seconds": carried.horizon_age_seconds,
        "held_by": carried.held_by or "nobody",
    }


def _no_gaps(carried: Carried) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=carried.position.key() >= carried.head.key(),
        metadata={"position": str(carried.position), "head": str(carried.head)},
    )
