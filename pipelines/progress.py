"""How far the way back has come: a turn that died between the features and the LMS is made up for by the next one."""

from collections.abc import Iterable
from datetime import datetime

import dagster as dg
import polars as pl

POSTED = dg.AssetKey("posted_predictions")
REFRESHED_UNTIL = "refreshed_until"


def posted_until(instance: dg.DagsterInstance) -> datetime | None:
    """When the newest row was made whose prediction the LMS has acknowledged; None before the first."""
    event = instance.get_latest_materialization_event(POSTED)
    made = event.asset_materialization if event else None
    value = made.metadata.get(REFRESHED_UNTIL) if made else None
    return datetime.fromisoformat(str(value.value)) if value and value.value else None


def refreshed_until(frames: Iterable[pl.DataFrame], before: datetime | None) -> str:
    """The newest of the rows, for the next turn to go on from; where there are none, as far as it was `before`."""
    moments = [moment for frame in frames if isinstance(moment := frame["refreshed_at"].max(), datetime)]
    newest = max(moments, default=before)
    return newest.isoformat() if newest else ""
