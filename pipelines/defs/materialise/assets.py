"""Offer: the rows that this turn is about, for scoring and for the online store.

An asset that hands a value on is a generator: Dagster reads "nothing" from the annotation of one that returns.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import dagster as dg
import polars as pl

from features import nouns, store
from pipelines.progress import posted_until
from pipelines.turn import Turn

WEEKS = dg.AssetKey(["marts", "ftr_enrollment_week"])
OpenRows = dict[UUID, pl.DataFrame]


@dg.asset(deps=[WEEKS], group_name="materialise")
def open_rows(context: dg.AssetExecutionContext, turn: Turn) -> Iterator[dg.MaterializeResult]:
    """Features of active enrollments by organization, one row per enrollment: all, or those not posted yet."""
    since = None if turn.every_row or turn.replay else posted_until(context.instance)
    made = {
        organization: store.open_rows(organization, replay=turn.replay_as_of, since=since, settings=turn.settings)
        for organization in nouns.organizations(turn.settings)
    }
    rows = {organization: frame for organization, frame in made.items() if len(frame)}
    yield dg.MaterializeResult(value=rows, metadata={"dagster/row_count": _count(rows), "since": str(since or "ever")})


@dg.asset(group_name="materialise")
def online_features(turn: Turn, open_rows: OpenRows) -> dg.MaterializeResult:
    """The same rows where serving finds them by enrollment, in place of older ones."""
    written = sum(
        store.write_online(rows, replay=turn.replay_as_of, settings=turn.settings) for rows in open_rows.values()
    )
    return dg.MaterializeResult(metadata=_rows(_count(open_rows), written))


def _count(rows: OpenRows) -> int:
    return sum(len(frame) for frame in rows.values())


def _rows(rows_in: int, rows_out: int) -> dict[str, Any]:
    return {"rows_in": rows_in, "rows_out": rows_out, "dagster/row_count": rows_out}
