"""What the others ask of the features; that Feast answers some of it is nobody else's business.

Frames are polars: ids are strings, moments aware in UTC, features Float32 in the order of `RISK_V1`. Everything a
closed row says was recorded before its `as_of`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from uuid import UUID

import polars as pl
import psycopg
import sqlalchemy.exc

from contracts.features import RISK_V1_NAMES
from features import marts, registration
from stack.settings import Settings, get_settings

if TYPE_CHECKING:
    import pandas
    from feast import FeatureStore

VIEW = "ftr_enrollment_week"
SERVICE = "risk_v1"
IDS = ("organization_id", "enrollment_id", "course_id", "actor_id")
IDS_AS_TEXT = ", ".join(f"toString({name}) AS {name}" for name in IDS)
WRITTEN_AT_ONCE = 2_000
"""Rows in one write to the online store: Feast makes a protobuf of each value, about 20 kB a row while it lasts."""

Kind = Literal["courses", "activities"]
Answer = TypeVar("Answer")

_feast = threading.RLock()
"""Feast's store keeps one connection per process and is not safe to share between threads."""


@dataclass(frozen=True)
class OnlineRow:
    """The newest features that serving knows of an enrollment."""

    enrollment_id: UUID
    organization_id: UUID
    course_week: int
    as_of: datetime
    trace_id: str
    features: dict[str, float | None]


def training_frame(organization_id: UUID, *, as_of: datetime, settings: Settings | None = None) -> pl.DataFrame:
    """One row per (enrollment, closed week) with a cut-off before `as_of`, by Feast's point-in-time join of `risk_v1`.

    Columns: organization_id, enrollment_id, course_id, actor_id, course_week, as_of, then the features.
    """
    weeks = f"SELECT {IDS_AS_TEXT}, course_week, as_of AS event_timestamp FROM marts.{VIEW} AS mart "
    weeks += f"WHERE mart.organization_id = toUUID('{UUID(str(organization_id))}') AND is_open = 0 AND replay = '' "
    weeks += f"AND as_of < fromUnixTimestamp64Micro({_microseconds(as_of)}, 'UTC')"
    return historical(weeks, settings=settings)


def historical(weeks: str, *, settings: Settings | None = None) -> pl.DataFrame:
    """The features of `risk_v1` as of each row of a ClickHouse query with the ids, course_week and event_timestamp."""
    settings = settings or get_settings()
    if marts.read(f"SELECT count() AS rows FROM ({weeks})", {}, settings)["rows"].item() == 0:
        return _ordered(pl.DataFrame(schema={**dict.fromkeys(IDS, pl.String), **WEEK_TYPES, **FEATURE_TYPES}))

    def joined(store: FeatureStore) -> Any:
        service = store.get_feature_service(SERVICE)
        return store.get_historical_features(entity_df=weeks, features=service).to_arrow()

    table = _ask(settings, "", joined)
    return _ordered(marts.normal(pl.DataFrame(pl.from_arrow(table))).rename({"event_timestamp": "as_of"}))


WEEK_TYPES: dict[str, Any] = {"course_week": pl.Int32, "as_of": pl.Datetime("us", "UTC")}
FEATURE_TYPES: dict[str, Any] = dict.fromkeys(RISK_V1_NAMES, pl.Float32)


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        *IDS, *(pl.col(name).cast(kind) for name, kind in {**WEEK_TYPES, **FEATURE_TYPES}.items())
    ).sort("enrollment_id", "as_of")


def labels(
    organization_id: UUID, *, known_by: datetime | None = None, settings: Settings | None = None
) -> pl.DataFrame:
    """One row per enrollment whose outcome was recorded before `known_by` (None: whenever).

    Columns: enrollment_id, course_id, outcome, label_recorded_at, fails_or_withdraws, withdrew_at.
    """
    query = "SELECT toString(enrollment_id) AS enrollment_id, toString(course_id) AS course_id, "
    query += "toString(outcome) AS outcome, label_recorded_at, fails_or_withdraws, withdrew_at "
    query += f"FROM marts.ftr_enrollment_labels AS mart WHERE {OF_ORGANIZATION}"
    return _known(query, "label_recorded_at", organization_id, known_by, settings)


def open_rows(
    organization_id: UUID,
    *,
    cutoff: datetime | None = None,
    replay: str = "",
    since: datetime | None = None,
    settings: Settings | None = None,
) -> pl.DataFrame:
    """The rows to score, straight from the mart by the definition of `risk_v1`: one per active enrollment.

    `replay` is 'YYYY-MM-DD' or '' for the live ones; `since` keeps those refreshed after it; `cutoff` keeps those of
    that moment. Columns as in `training_frame`, then trace_id and refreshed_at.
    """
    settings = settings or get_settings()
    query = f"{_open(settings)} WHERE {OF_ORGANIZATION} AND is_open = 1 AND replay = {{replay:String}}"
    given: dict[str, Any] = {"organization_id": organization_id, "replay": replay}
    for name, moment, condition in (("cutoff", cutoff, "as_of ="), ("since", since, "refreshed_at >")):
        if moment is not None:
            query += f" AND {condition} fromUnixTimestamp64Micro({{{name}:Int64}}, 'UTC')"
            given[name] = _microseconds(moment)
    return marts.read(f"{query} ORDER BY enrollment_id", given, settings)


def _open(settings: Settings) -> str:
    """SELECT with the service's own columns: one definition for the offline join, the online store and the batch."""
    (projection,) = _ask(settings, "", lambda store: store.get_feature_service(SERVICE).feature_view_projections)
    features = ", ".join(f"toFloat32({field.name}) AS {field.name}" for field in projection.features)
    wanted = f"{IDS_AS_TEXT}, course_week, as_of, {features}, trace_id, refreshed_at"
    return f"SELECT {wanted} FROM marts.{projection.name} AS mart"


OF_ORGANIZATION = "mart.organization_id = {organization_id:UUID}"
"""Qualified: an unqualified name would be the text that the query makes of it."""

INTERACTIONS: dict[Kind, str] = {
    "courses": "toString(actor_id) AS subject_id, toString(course_id) AS item_id, family, "
    "first_recorded_at FROM marts.ftr_actor_course AS mart",
    "activities": "toString(enrollment_id) AS subject_id, toString(lesson_id) AS item_id, toString(course_id) AS "
    "course_id, views, first_recorded_at FROM marts.ftr_enrollment_lesson AS mart",
}
"""`recommend_v1`, by what is recommended."""


def interactions(
    kind: Kind,
    organization_id: UUID,
    *,
    known_by: datetime | None = None,
    subjects: Sequence[UUID] = (),
    settings: Settings | None = None,
) -> pl.DataFrame:
    """One row per subject and item, known before `known_by`; `subjects` keeps only theirs (all when empty).

    Courses: subject_id (a person), item_id (a course), family, first_recorded_at. Activities: subject_id (an
    enrollment), item_id (a lesson), course_id, views, first_recorded_at.
    """
    subject = {"courses": "actor_id", "activities": "enrollment_id"}[kind]
    query = f"SELECT {INTERACTIONS[kind]} WHERE {OF_ORGANIZATION}"
    query += f" AND mart.{subject} IN {{subjects:Array(UUID)}}" if subjects else ""
    return _known(query, "first_recorded_at", organization_id, known_by, settings, subjects=list(subjects))


def _known(
    query: str,
    moment: str,
    organization_id: UUID,
    known_by: datetime | None,
    settings: Settings | None,
    **given: Any,
) -> pl.DataFrame:
    if known_by is not None:
        query += f" AND {moment} < fromUnixTimestamp64Micro({{known_by:Int64}}, 'UTC')"
        given["known_by"] = _microseconds(known_by)
    kept = {name: value for name, value in given.items() if value != []}
    return marts.read(query, {"organization_id": organization_id, **kept}, settings or get_settings())


def materialise(
    organization_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    replay: str = "",
    settings: Settings | None = None,
) -> int:
    """Writes the open rows refreshed after `since` and by `until` to the online store; says how many."""
    rows = open_rows(organization_id, replay=replay, since=since, settings=settings)
    if until is not None:
        rows = rows.filter(pl.col("refreshed_at") <= until)
    return write_online(rows, replay=replay, settings=settings)


def write_online(rows: pl.DataFrame, *, replay: str = "", settings: Settings | None = None) -> int:
    """Puts rows as `open_rows` gives them into the online store, in place of what is there of these enrollments."""
    settings = settings or get_settings()
    wanted = rows.select("enrollment_id", "organization_id", "course_week", "trace_id", "as_of", *RISK_V1_NAMES)
    for part in wanted.iter_slices(WRITTEN_AT_ONCE):
        _ask(settings, replay, partial(_write_online, rows=part.to_pandas()))
    return len(wanted)


def _write_online(store: FeatureStore, rows: pandas.DataFrame) -> None:
    store.write_to_online_store(VIEW, df=rows, transform_on_write=False)


def online(
    enrollment_ids: Sequence[UUID], *, replay: str = "", settings: Settings | None = None
) -> list[OnlineRow | None]:
    """In the order asked; None where nothing is known of an enrollment. The caller checks the organization."""
    if not enrollment_ids:
        return []
    settings = settings or get_settings()
    ids = [str(each) for each in enrollment_ids]
    answer = _ask(settings, replay, lambda store: _read_online(store, ids))
    return [_row(given, answer, at) for at, given in enumerate(enrollment_ids)]


ONLINE = ("organization_id", "course_week", "trace_id", *RISK_V1_NAMES)


def _read_online(store: FeatureStore, ids: list[str]) -> dict[str, list[Any]]:
    """Feast's answer by column, with `as_of` from its protobuf: its own dict cuts moments to whole seconds."""
    wanted = [f"{VIEW}:{name}" for name in ONLINE]
    response = store.get_online_features(features=wanted, entity_rows=[{"enrollment_id": each} for each in ids])
    names = list(response.proto.metadata.feature_names.val)
    moments = response.proto.results[names.index("organization_id")].event_timestamps
    return {**response.to_dict(), "as_of": [moment.ToDatetime(tzinfo=UTC) for moment in moments]}


def _row(enrollment_id: UUID, answer: dict[str, list[Any]], at: int) -> OnlineRow | None:
    if answer["organization_id"][at] is None:
        return None
    return OnlineRow(
        enrollment_id=enrollment_id,
        organization_id=UUID(answer["organization_id"][at]),
        course_week=answer["course_week"][at],
        as_of=answer["as_of"][at],
        trace_id=answer["trace_id"][at] or "",
        features={name: _known_number(answer[name][at]) for name in RISK_V1_NAMES},
    )


def _ask(settings: Settings, replay: str, asked: Callable[[FeatureStore], Answer]) -> Answer:
    """One question to Feast at a time; once more with new connections when PostgreSQL has closed the old ones."""
    with _feast:
        try:
            return asked(registration.opened(settings, replay))
        except (psycopg.OperationalError, sqlalchemy.exc.OperationalError):
            registration.forget()
            return asked(registration.opened(settings, replay))


def _known_number(value: float | None) -> float | None:
    """Feast keeps a missing number as NaN."""
    return None if value is None or value != value else float(value)


def _microseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"{moment}: a cut-off needs a time zone")
    return round(moment.timestamp() * 1_000_000)
