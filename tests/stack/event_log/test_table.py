"""The outbox as the migration makes it: each organization its own rows, the log reader all of them, nobody an edit."""

from uuid import uuid4

import psycopg
import pytest

from stack.event_log.table import ensure_partitions
from stack.postgres import connect
from tests.stack.event_log.conftest import Log


class TestRights:
    def test_without_an_organization_nothing_is_seen_or_said(self, log: Log):
        log.record(1)
        with connect(log.settings.application_url) as session:
            assert session.execute("select count(*) from learning_events").fetchone() == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                log.say(session, uuid4(), organization_id=uuid4())

    def test_another_organization_s_events_are_not_there(self, log: Log):
        log.record(2)
        with log.session(organization_id=uuid4()) as session:
            assert session.execute("select count(*) from learning_events").fetchone() == (0,)

    def test_the_log_reader_sees_every_organization_s(self, log: Log):
        log.record(2)
        with connect(log.settings.log_url) as reader:
            assert reader.execute(
                "select count(*) from learning_events where organization_id = %s", (log.organization_id,)
            ).fetchone() == (2,)

    @pytest.mark.parametrize("statement", ["select from learning_event_ids", "delete from learning_events"])
    def test_the_log_reader_has_nothing_else(self, log: Log, statement: str):
        with connect(log.settings.log_url) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement)

    @pytest.mark.parametrize("statement", ["delete from learning_events", "update learning_events set name = 'x'"])
    def test_the_application_edits_nothing_that_was_said(self, log: Log, statement: str):
        with log.session() as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)

    def test_a_partition_is_closed_to_its_owner_too(self, log: Log):
        log.record(1)
        with connect(log.settings.owner_url) as owner:
            [[partition]] = owner.execute(
                "select 'learning_events_' || to_char(now() at time zone 'utc', 'YYYYMMDD')"
            ).fetchall()
            assert owner.execute(f"select count(*) from {partition}").fetchone() == (0,)


class TestPartitions:
    def test_are_made_once(self, log: Log):
        with connect(log.settings.owner_url) as owner:
            ensure_partitions(owner, days=20)
            assert ensure_partitions(owner, days=20) == 0
            assert ensure_partitions(owner, days=21) == 1
            owner.rollback()

    def test_the_net_catches_a_day_without_one(self, log: Log):
        with log.session() as session:
            said = uuid4()
            log.say(session, said, logged_on="2199-01-01")
            [[partition]] = session.execute(
                "select tableoid::regclass::text from learning_events where event_id = %s", (said,)
            ).fetchall()
            assert partition == "learning_events_default"
            session.rollback()
