"""A log to write to: one organization of its own in the session's stores, so that no test meets another's events."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from lms_api.migrations.upgrade import migrate
from stack import clickhouse
from stack.event_log.table import ORGANIZATION_SETTING
from stack.postgres import connect
from stack.settings import Settings

INSERT = """
insert into learning_events
    (event_id, organization_id, name, source, actor_id, occurred_at, recorded_at, payload, logged_on)
values (%s, %s, 'page.viewed', 'live', null, now(), now(), '{"page": "home"}', coalesce(%s::date, current_date))"""


@dataclass(frozen=True)
class Log:
    """Both ends of the log, as one organization sees them."""

    settings: Settings
    organization_id: UUID = field(default_factory=uuid4)

    @contextmanager
    def session(self, *, organization_id: UUID | None = None) -> Iterator[psycopg.Connection[Any]]:
        """A transaction of the application; the caller commits, or nothing was said."""
        with connect(self.settings.application_url) as connection:
            whose = str(organization_id or self.organization_id)
            connection.execute("select set_config(%s, %s, true)", (ORGANIZATION_SETTING, whose))
            yield connection

    def say(
        self,
        session: psycopg.Connection[Any],
        event_id: UUID,
        *,
        organization_id: UUID | None = None,
        logged_on: str | None = None,
    ) -> None:
        session.execute(INSERT, (event_id, organization_id or self.organization_id, logged_on))

    def record(self, count: int) -> list[UUID]:
        """So many events in one committed transaction, in this order."""
        events = [uuid4() for _ in range(count)]
        with self.session() as session:
            for event in events:
                self.say(session, event)
            session.commit()
        return events

    def landed(self) -> Sequence[UUID]:
        """What ClickHouse has of this organization, in the log's order, duplicates included."""
        with clickhouse.client(settings=self.settings) as client:
            rows = client.query(
                "select event_id from raw.learning_events where organization_id = {organization:UUID}"
                " order by epoch, txid, seq",
                parameters={"organization": self.organization_id},
            ).result_rows
        return [row[0] for row in rows]


@pytest.fixture(scope="session")
def migrated_log(stores: Settings) -> Settings:
    migrate(stores.owner_url)
    return stores


@pytest.fixture
def log(migrated_log: Settings) -> Log:
    return Log(migrated_log)
