"""A small `ftr_enrollment_week` on the real stores, made from the contract's words; what stood there comes back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import polars as pl
import pytest

from contracts.features import RISK_V1_NAMES
from features import registration
from stack.clickhouse import client, ensure_databases
from stack.settings import Settings

START = datetime(2024, 2, 1, tzinfo=UTC)
REFRESHED = datetime(2024, 3, 20, 10, 30, 15, 123456, tzinfo=UTC)
MART = "marts.ftr_enrollment_week"
PEOPLE, WEEKS = 40, 6

DDL = f"""CREATE TABLE {MART} (
    organization_id UUID, enrollment_id UUID, course_id UUID, actor_id UUID, course_week Int32,
    as_of DateTime64(6, 'UTC'), is_open UInt8, replay String, last_event_id Nullable(UUID), trace_id String,
    refreshed_at DateTime64(6, 'UTC'), {", ".join(f"{name} Nullable(Float32)" for name in RISK_V1_NAMES)}
) ENGINE = MergeTree ORDER BY (organization_id, course_id, enrollment_id, as_of)"""


@dataclass(frozen=True)
class Mart:
    """What was written, as polars: ids as strings."""

    settings: Settings
    organization_id: UUID
    closed: pl.DataFrame
    open: pl.DataFrame


@pytest.fixture(scope="module")
def mart(stores: Settings) -> Iterator[Mart]:
    ensure_databases(stores)
    organization = uuid4()
    closed, opened = _rows(organization)
    with client(settings=stores) as connection:
        stood = connection.command(f"EXISTS TABLE {MART}")
        if stood:
            connection.command(f"RENAME TABLE {MART} TO {MART}_aside")
        connection.command(DDL)
        for rows, is_open in ((closed, 0), (opened, 1), (_rows(uuid4())[0], 0)):
            written = rows.with_columns(is_open=pl.lit(is_open, pl.UInt8))
            connection.insert_arrow(MART, written.to_arrow(compat_level=pl.CompatLevel.oldest()))
        yield Mart(stores, organization, closed, opened)
        registration.forget()
        connection.command(f"DROP TABLE {MART}")
        if stood:
            connection.command(f"RENAME TABLE {MART}_aside TO {MART}")


def _rows(organization: UUID) -> tuple[pl.DataFrame, pl.DataFrame]:
    random = np.random.default_rng(7)
    people = [(str(uuid4()), str(uuid4())) for _ in range(PEOPLE)]
    course = str(uuid4())
    rows = [
        {
            "organization_id": str(organization),
            "enrollment_id": enrollment,
            "course_id": course,
            "actor_id": actor,
            "course_week": week,
            "as_of": START + timedelta(days=7 * week) if week < WEEKS else REFRESHED,
            "replay": "",
            "trace_id": f"{week:032x}",
            "refreshed_at": REFRESHED,
            **{name: float(random.normal()) if random.random() > 0.2 else None for name in RISK_V1_NAMES},
        }
        for enrollment, actor in people
        for week in range(WEEKS + 1)
    ]
    kinds = {"course_week": pl.Int32, **dict.fromkeys(RISK_V1_NAMES, pl.Float32)}
    frame = pl.DataFrame(rows, schema_overrides=kinds).sort("enrollment_id", "as_of")
    return frame.filter(pl.col("course_week") < WEEKS), frame.filter(pl.col("course_week") == WEEKS)
