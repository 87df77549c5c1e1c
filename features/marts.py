"""Reads of the marts as polars frames: ids as strings, moments aware in UTC. For the chain, never for the LMS."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from stack.clickhouse import client
from stack.settings import Settings


def read(query: str, parameters: Mapping[str, Any], settings: Settings) -> pl.DataFrame:
    """One answer, whole, over Arrow."""
    with client(settings=settings) as connection:
        table = connection.query_arrow(query, parameters=dict(parameters), use_strings=True)
    return normal(pl.DataFrame(pl.from_arrow(table)))


def normal(frame: pl.DataFrame) -> pl.DataFrame:
    """Moments in microseconds and UTC, categories as plain strings, whatever road a frame came by."""
    moments = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    words = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Categorical | pl.Enum)]
    return frame.with_columns(
        *(_utc(frame.schema[name], name) for name in moments), *(pl.col(name).cast(pl.String) for name in words)
    )


def _utc(kind: pl.DataType, name: str) -> pl.Expr:
    moment = pl.col(name).cast(pl.Datetime("us", getattr(kind, "time_zone", None)))
    return (
        moment.dt.convert_time_zone("UTC") if getattr(kind, "time_zone", None) else moment.dt.replace_time_zone("UTC")
    )
