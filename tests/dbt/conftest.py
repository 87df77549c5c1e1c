"""A warehouse to itself: events are put into raw as the carrier does it, and the project is run on them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import Event
from contracts.ids import derived_id
from pipelines.warm_dbt import invoke
from stack import clickhouse
from stack.event_log.table import RAW_DDL
from stack.local.supervisor import stores as running_stores
from stack.settings import Settings
from tests.homes import home_of_its_own

COLUMNS = [
    "organization_id",
    "event_id",
    "name",
    "version",
    "source",
    "actor_id",
    "course_id",
    "occurred_at",
    "recorded_at",
    "trace_id",
    "payload",
    "epoch",
    "txid",
    "seq",
    "batch",
]

ORGANIZATION, COURSE, ACTOR = (derived_id("test", noun) for noun in ("organization", "course", "actor"))

REFRESH = ("run", "--selector", "refresh")
"""Tables only; the views must stand already."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Said:
    """An event with the part of its envelope that matters here; `copies` of it land."""

    event: Event
    recorded_at: datetime
    occurred_at: datetime | None = None
    source: str = "live"
    copies: int = 1
    event_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Warehouse:
    """One organization, one course unless told otherwise, one learner."""

    settings: Settings
    organization_id: UUID = ORGANIZATION
    course_id: UUID = COURSE
    actor_id: UUID = ACTOR

    def empty(self) -> None:
        """Nothing has ever landed, and no mart was ever made."""
        with clickhouse.client(settings=self.settings) as client:
            for database in ("raw", "staging", "intermediate", "marts"):
                client.command(f"drop database if exists {database} sync")
            for statement in RAW_DDL:
                client.command(statement)
        clickhouse.ensure_databases(self.settings)

    def land(self, events: Sequence[Said], *, course_id: UUID | None = None) -> None:
        """One finished batch at the end of the log."""
        with clickhouse.client(settings=self.settings) as client:
            batch = int(client.query("select max(batch) + 1 from raw.carry_batches").result_rows[0][0])
            rows = [
                self._row(said, batch, seq, course_id or self.course_id)
                for seq, said in enumerate(events)
                for _ in range(said.copies)
            ]
            client.insert("raw.learning_events", rows, column_names=COLUMNS)
            done = [[batch, 1, 0, 0, batch, len(events), len(events), "done", 1]]
            columns = ["batch", "epoch", "after_txid", "after_seq", "to_txid", "to_seq", "rows", "state", "generation"]
            client.insert("raw.carry_batches", done, column_names=columns)

    def _row(self, said: Said, batch: int, seq: int, course_id: UUID) -> list[Any]:
        payload = json.dumps(said.event.model_dump(mode="json"))
        envelope = [self.organization_id, said.event_id, said.event.name, 1, said.source, self.actor_id, course_id]
        moments = [said.occurred_at or said.recorded_at, said.recorded_at]
        return [*envelope, *moments, "", payload, 1, batch, seq, batch]

    def refresh(self, cutoff: str, *, replay: str = "", command: tuple[str, ...] = REFRESH) -> None:
        """The worker's command unless told otherwise. Raises DbtFailed, or shows the node that failed."""
        variables = {"cutoff": at(cutoff).isoformat(), "replay": replay}
        results = invoke(self.settings, *command, variables=variables)
        failed = {
            result.node.name: result.message for result in results if result.status in ("error", "fail", "skipped")
        }
        assert not failed, failed
        assert results

    def query(self, sql: str) -> list[dict[str, Any]]:
        with clickhouse.client(settings=self.settings) as client:
            return list(client.query(sql).named_results())

    def contents(self) -> dict[str, tuple[int, int]]:
        """Rows and content hash of every mart; when a row was made and what replays left do not count."""
        return {table: self._content(table) for table in self._marts()}

    def _marts(self) -> list[str]:
        tables = self.query("select name from system.tables where database = 'marts' order by name")
        return [table["name"] for table in tables]

    def _content(self, table: str) -> tuple[int, int]:
        columns = self.query(f"select name from system.columns where database = 'marts' and table = '{table}'")
        names = sorted({column["name"] for column in columns} - {"refreshed_at"})
        kept = " where replay = ''" if "replay" in names else ""
        # toString: a null counts as a value of its own
        hashed = ", ".join(f"toString(mart.{name})" for name in names)
        [found] = self.query(
            f"select count() as _n, sum(cityHash64(tuple({hashed}))) as _h from marts.{table} as mart{kept}"
        )
        return found["_n"], found["_h"]


@pytest.fixture(scope="session")
def warehouse_home() -> Iterator[Settings]:
    with home_of_its_own() as settings, running_stores(settings, ["clickhouse"]):
        yield settings


@pytest.fixture
def warehouse(warehouse_home: Settings) -> Warehouse:
    """Empty of events and marts."""
    made = Warehouse(warehouse_home)
    made.empty()
    return made
