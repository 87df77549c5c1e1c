"""Each committed event lands once: whatever commits late, rolls back, dies or meets another carrier."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from contracts.envelope import Position
from stack import clickhouse
from stack.event_log import carry as carrying
from stack.event_log.carry import AlreadyCarried, CarryBroken, carry, lag, landed_position
from stack.event_log.horizon import Horizon, LogRestarted
from stack.postgres import connect
from stack.settings import child_environment
from tests.stack.event_log.conftest import Log

SMALL = 2_000
"""Bytes at a time, so that a few hundred rows are many chunks."""

DIES = """
import os
from stack.event_log import carry
from stack.settings import get_settings
carry.FETCH_BYTES, carry.CHUNK_ROWS = 2_000, 10
carry.carry(get_settings(), progress=lambda rows: os._exit(9) if rows >= 60 else None)
"""


def killed_after_some_chunks(log: Log) -> None:
    """A carrier in a process of its own, which ends without a word between two chunks."""
    settings = log.settings
    home = {"LMS_HOME": str(settings.home), "LMS_PORT": str(settings.port)}
    done = subprocess.run([sys.executable, "-c", DIES], env=child_environment(**home), check=False, timeout=60)
    assert done.returncode == 9


@pytest.fixture
def many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "FETCH_BYTES", SMALL)
    monkeypatch.setattr(carrying, "CHUNK_ROWS", 10)


class TestCarry:
    def test_lands_each_event_once_and_says_where_it_stands(self, log: Log):
        said = log.record(3)
        done = carry(log.settings)
        assert log.landed() == said
        assert done.rows >= 3
        assert done.position == done.head
        assert carry(log.settings).rows == 0
        assert log.landed() == said

    def test_cuts_the_log_into_batches(self, log: Log, monkeypatch: pytest.MonkeyPatch):
        carry(log.settings)
        said = log.record(25)
        monkeypatch.setattr(carrying, "BATCH_ROWS", 10)
        assert carry(log.settings).batches == 3
        assert log.landed() == said

    def test_carries_every_column_as_it_is(self, log: Log):
        log.record(1)
        carry(log.settings)
        columns = "event_id, name, source, version, actor_id, course_id, occurred_at, recorded_at, epoch, seq"
        with log.session() as session:
            [kept] = session.execute(
                f"select {columns}, txid::text::bigint, payload::text from learning_events"
            ).fetchall()
        with clickhouse.client(settings=log.settings) as client:
            [landed] = client.query(
                f"select {columns}, txid, payload from raw.learning_events where organization_id = {{whose:UUID}}",
                parameters={"whose": log.organization_id},
            ).result_rows
        assert landed == kept

    def test_a_transaction_that_commits_late_is_not_lost(self, log: Log):
        carry(log.settings)
        with log.session() as slow:
            log.say(slow, early := uuid4())
            later = log.record(2)
            # the one that is still open has an earlier place: nothing behind it may be read
            assert carry(log.settings).rows == 0
            assert lag(log.settings).events == 0
            assert lag(log.settings).horizon_age_seconds > 0
            slow.commit()
        assert lag(log.settings).events == 3
        carry(log.settings)
        assert log.landed() == [early, *later]

    def test_what_was_rolled_back_never_appears(self, log: Log):
        with log.session() as session:
            log.say(session, uuid4())
            session.rollback()
        said = log.record(1)
        carry(log.settings)
        assert log.landed() == said

    def test_goes_on_in_the_next_epoch(self, log: Log):
        before = log.record(1)
        with connect(log.settings.owner_url) as owner:
            owner.execute("select raise_event_log_epoch()")
            owner.commit()
        after = log.record(1)
        done = carry(log.settings)
        assert log.landed() == [*before, *after]
        assert done.batches >= 2
        assert carry(log.settings).rows == 0

    def test_reports_its_progress(self, log: Log, many_chunks: None):
        log.record(40)
        told: list[int] = []
        done = carry(log.settings, progress=told.append)
        assert len(told) > 2
        assert told[-1] == done.rows


class TestOneCarrier:
    def test_a_second_one_is_refused(self, log: Log):
        with connect(log.settings.log_url) as other:
            other.execute("select pg_advisory_lock(%s)", (carrying.ONE_CARRIER,))
            with pytest.raises(AlreadyCarried):
                carry(log.settings)
        carry(log.settings)

    def test_of_two_at_once_one_is_refused_and_nothing_is_doubled(self, log: Log):
        said = log.record(200)
        waiting = threading.Barrier(2)

        def attempt() -> bool:
            waiting.wait()
            try:
                carry(log.settings, progress=lambda rows: time.sleep(0.5))
            except AlreadyCarried:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda _: attempt(), range(2)))
        assert sorted(outcomes) == [False, True]
        assert log.landed() == said

    def test_one_that_lost_its_lock_stops_when_another_has_begun(self, log: Log, many_chunks: None):
        said = log.record(100)

        def another_begins(rows: int) -> None:
            with clickhouse.client(settings=log.settings) as client:
                client.command("insert into raw.carriers (generation) select max(generation) + 1 from raw.carriers")

        with pytest.raises(CarryBroken):
            carry(log.settings, progress=another_begins)
        carry(log.settings)
        assert log.landed() == said


class TestAfterACrash:
    def test_what_is_missing_of_a_batch_is_sent_and_nothing_twice(self, log: Log):
        carry(log.settings)
        said = log.record(150)
        killed_after_some_chunks(log)
        assert 0 < len(log.landed()) < 150
        assert lag(log.settings).events == 150
        carry(log.settings)
        assert log.landed() == said
        assert lag(log.settings).events == 0

    def test_an_orphaned_insert_is_over_before_anything_is_compared(self, log: Log):
        carry(log.settings)
        said = log.record(150)
        killed_after_some_chunks(log)
        with clickhouse.client(settings=log.settings) as client, ThreadPoolExecutor(1) as pool:
            slow = "select sleepEachRow(0.1) from numbers(600) settings max_block_size = 1"
            orphan = pool.submit(client.query, slow, settings={"query_id": "carry-0-0-0"})
            while not client.query("select count() from system.processes where query like '%sleepEachRow(0.1)%'"
                                   " and query not like '%system.processes%'").result_rows[0][0]:  # fmt: skip
                time.sleep(0.02)
            carry(log.settings)
            assert isinstance(orphan.exception(timeout=10), DatabaseError)
        assert log.landed() == said

    def test_a_batch_that_counts_wrong_is_not_called_done(self, log: Log):
        carry(log.settings)
        log.record(1)
        with clickhouse.client(settings=log.settings) as client:
            [[batch]] = client.query("select max(batch) + 1 from raw.carry_batches").result_rows
            client.command(f"insert into raw.learning_events (batch, seq, name) values ({batch}, 0, 'stranger')")
            before = landed_position(client)
            with pytest.raises(CarryBroken):
                carry(log.settings)
            assert landed_position(client) == before
            client.command(f"alter table raw.learning_events delete where batch = {batch} and name = 'stranger'"
                           " settings mutations_sync = 2")  # fmt: skip
        carry(log.settings)
        assert len(log.landed()) == 1


class TestHorizon:
    def test_a_log_that_restarted_is_refused(self):
        landed = Position(epoch=1, txid=900, seq=5)
        Horizon(epoch=1, txid=950, next_txid=950).refuse_a_restarted_log(landed)
        Horizon(epoch=2, txid=12, next_txid=12).refuse_a_restarted_log(landed)
        with pytest.raises(LogRestarted):
            Horizon(epoch=1, txid=12, next_txid=12).refuse_a_restarted_log(landed)
