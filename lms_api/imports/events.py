"""Events by the frame: the same payloads that the classes of `contracts.events` write one by one."""

from uuid import UUID

import polars as pl
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from contracts.events import Event
from lms_api.imports.ids import derived_ids

MOMENT = pl.Datetime("us", "UTC")
EVENT_SCHEMA: dict[str, pl.DataType] = {
    "event_id": pl.String(),
    "name": pl.String(),
    "actor_id": pl.String(),
    "course_id": pl.String(),
    "occurred_at": MOMENT,
    "recorded_at": MOMENT,
    "payload": pl.String(),
}
"""What a frame of events has; the loader adds organization and source."""


def event_frame(
    kind: type[Event], rows: pl.DataFrame, *, organization_id: UUID, file: str, key: tuple[str, ...]
) -> pl.DataFrame:
    """One event a row. `rows` has the payload's fields, `occurred_at`, and `recorded_at` where it is another moment.

    `actor_id` and `course_id` may be missing. The event id is derived from organization, file, event name and `key`.
    Raises ValueError when a field without a default has no column.
    """
    payload = pl.struct(_field(kind, name, field, rows) for name, field in kind.model_fields.items())
    recorded = "recorded_at" if "recorded_at" in rows.columns else "occurred_at"
    return rows.select(
        derived_ids(rows, (organization_id, file, kind.name), *key).alias("event_id"),
        pl.lit(kind.name).alias("name"),
        *(
            pl.col(name) if name in rows.columns else pl.lit(None, pl.String).alias(name)
            for name in ("actor_id", "course_id")
        ),
        pl.col("occurred_at").cast(MOMENT),
        pl.col(recorded).cast(MOMENT).alias("recorded_at"),
        payload.struct.json_encode().alias("payload"),
    )


def _field(kind: type[Event], name: str, field: FieldInfo, rows: pl.DataFrame) -> pl.Expr:
    if name not in rows.columns:
        if field.default is PydanticUndefined:
            raise ValueError(f"{kind.__name__} needs {name}")
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        return pl.lit(default, pl.List(pl.String) if isinstance(default, list) else None).alias(name)
    if isinstance(rows.schema[name], pl.Datetime):
        # as pydantic writes a moment in UTC without a fraction
        return pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias(name)
    return pl.col(name)
