"""The carry of the event log into ClickHouse: each committed event once, whatever dies on the way.

A batch is a range of the log whose ends are written to the destination before anything is sent. A carrier that finds a
batch planned and not done first makes sure that no insert of it is still running, then sends what is missing of it.
Nothing is ever deleted and sent again. Rows go from PostgreSQL's COPY through Arrow into ClickHouse; none becomes a
Python object.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from contracts.catalogue import READ_BY_FEATURES
from contracts.envelope import START, Position
from stack import clickhouse
from stack.errors import CampusError
from stack.event_log.horizon import Holder, Horizon, after, head, holder, horizon
from stack.event_log.table import RAW_DDL
from stack.postgres import connect, engine
from stack.settings import Settings

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

BATCH_ROWS = 500_000
CHUNK_ROWS = 100_000
"""One insert: below a block of the engine, so it lands whole or not at all; more only costs memory."""
FETCH_BYTES = 16_000_000
"""What the driver hands over at a time: some 60,000 rows."""
ONE_CARRIER = 0x6361_7272_79
"""Key of the advisory lock ('carry')."""
ORPHAN_SECONDS = 60.0
"""An insert of 100,000 rows takes a fraction of a second; one that outlives this is stuck."""

Progress = Callable[[int], None]
"""Called with the rows sent so far."""


class AlreadyCarried(CampusError):
    """Another carrier is at work on this log."""

    exit_code = 9


class CarryBroken(CampusError):
    """A batch does not stand in ClickHouse as it was planned, or another carrier took over; the next carry mends it."""

    exit_code = 10


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What one carry did. `head` is what could be read at its start; `position` is what has landed whole."""

    rows: int
    batches: int
    position: Position
    head: Position
    horizon_age_seconds: float
    held_by: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Lag:
    """What is readable in the log and has not landed. `news` are those that a feature reads.

    `oldest_recorded_at` is of live events only: an import's history is old by nature.
    """

    events: int
    news: int
    oldest_recorded_at: datetime | None
    landed: Position
    head: Position
    horizon_age_seconds: float


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A range of one epoch, (after, upto], fixed before it is sent."""

    number: int
    after: Position
    upto: Position
    rows: int

    @property
    def within(self) -> str:
        low, high = self.after, self.upto
        return (
            f"epoch = {high.epoch} and (epoch, txid, seq) > ({high.epoch}, '{low.txid}'::xid8, {low.seq})"
            f" and (epoch, txid, seq) <= ({high.epoch}, '{high.txid}'::xid8, {high.seq})"
        )


def carry(settings: Settings, *, progress: Progress | None = None) -> Carried:
    """Lands everything readable. Raises AlreadyCarried, LogRestarted or CarryBroken; all can be tried again."""
    started = time.monotonic()
    with _only_carrier(settings), clickhouse.client(settings=settings) as client:
        for statement in RAW_DDL:
            client.command(statement)
        carrier = _Carrier(settings, client, progress or (lambda rows: None))
        carrier.mend()
        with engine(settings.log_url).connect() as connection:
            readable, held = horizon(connection), holder(connection)
            upto = head(connection, readable)
        readable.refuse_a_restarted_log(landed_position(client))
        carrier.advance(readable)
        return Carried(
            rows=carrier.rows,
            batches=carrier.batches,
            position=landed_position(client),
            head=upto,
            horizon_age_seconds=held.age_seconds if held else 0.0,
            held_by=_said(held),
            seconds=time.monotonic() - started,
        )


def landed_position(client: "Client") -> Position:
    """The end of the last batch that landed whole; START when nothing has."""
    if not _number(client, "exists table raw.carry_batches"):
        return START
    rows = client.query(
        "select epoch, to_txid, to_seq from raw.carry_batches where state = 'done' order by batch desc limit 1"
    ).result_rows
    return Position(epoch=rows[0][0], txid=rows[0][1], seq=rows[0][2]) if rows else START


def lag(settings: Settings) -> Lag:
    """Compares both ends; costs a few milliseconds when nothing is new."""
    with clickhouse.client(settings=settings) as client:
        landed = landed_position(client)
    names = ", ".join(f"'{name}'" for name in sorted(READ_BY_FEATURES))
    with engine(settings.log_url).connect() as connection:
        readable, held = horizon(connection), holder(connection)
        events, news, oldest = connection.execute(
            text(f"""
select count(*), count(*) filter (where name in ({names})), min(recorded_at) filter (where source = 'live')
from learning_events where {after(landed)} and {readable.readable}""")
        ).one()
        return Lag(
            events=events,
            news=news,
            oldest_recorded_at=oldest,
            landed=landed,
            head=head(connection, readable),
            horizon_age_seconds=held.age_seconds if held else 0.0,
        )


def _said(held: Holder | None) -> str:
    return f"{held.role} {held.application} (pid {held.pid})" if held else ""


@contextmanager
def _only_carrier(settings: Settings) -> Iterator[None]:
    """The lock lives as long as its connection; autocommit, so that it holds no snapshot meanwhile."""
    with connect(settings.log_url) as lock:
        lock.autocommit = True
        taken = lock.execute("select pg_try_advisory_lock(%s)", (ONE_CARRIER,)).fetchone()
        if not taken or not taken[0]:
            raise AlreadyCarried("Another process is carrying this event log; wait for it, or stop it first.")
        yield


class _Carrier:
    """One holder of the lock. Its generation fences off an older one that lost the lock and doesn't know it."""

    def __init__(self, settings: Settings, client: "Client", progress: Progress) -> None:
        self._settings = settings
        self._client = client
        self._progress = progress
        self._generation = _number(client, "select max(generation) from raw.carriers") + 1
        client.insert("raw.carriers", [[self._generation]], column_names=["generation"])
        self.rows = 0
        self.batches = 0

    # ---------- what an earlier carrier left
    def mend(self) -> None:
        """Finishes the batches that were planned and are not done."""
        unfinished = self._client.query("""
select batch, any(epoch), any(after_txid), any(after_seq), any(to_txid), any(to_seq), any(rows) from raw.carry_batches
group by batch having max(state) = 'planned' order by batch""").result_rows
        if unfinished:
            self._end_orphans()
        for number, epoch, after_txid, after_seq, to_txid, to_seq, rows in unfinished:
            batch = Batch(
                number=number,
                after=Position(epoch=epoch, txid=after_txid, seq=after_seq),
                upto=Position(epoch=epoch, txid=to_txid, seq=to_seq),
                rows=rows,
            )
            self._send(batch, landed=self._landed(batch))

    def _end_orphans(self) -> None:
        """An insert whose client died may still be running: it is killed, and gone before anything is compared."""
        # the embedded server keeps a client's query id in log_comment, a real one in query_id
        ours = "(startsWith(query_id, 'carry-') or startsWith(Settings['log_comment'], 'carry-'))"
        deadline = time.monotonic() + ORPHAN_SECONDS
        while _number(self._client, f"select count() from system.processes where {ours}"):
            self._client.command(f"kill query where {ours} async")
            if time.monotonic() > deadline:
                raise CarryBroken("An insert of an earlier carrier does not end; restart ClickHouse.")
            time.sleep(0.05)

    def _landed(self, batch: Batch) -> pa.Array:
        """The sequence numbers that the destination already has of this batch."""
        found = self._client.query_arrow(
            "select toInt64(seq) as seq from raw.learning_events where batch = {batch:UInt64}",
            parameters={"batch": batch.number},
        )
        return found.column("seq").combine_chunks()

    # ---------- what is new
    def advance(self, readable: Horizon) -> None:
        """Plans and sends batch after batch until the horizon."""
        number = _number(self._client, "select max(batch) from raw.carry_batches")
        position = landed_position(self._client)
        with engine(self._settings.log_url).connect() as connection:
            planned = _plan(connection, readable, position, number + 1)
            while planned:
                self._write_down(planned, "planned")
                self._send(planned, landed=None)
                planned = _plan(connection, readable, planned.upto, planned.number + 1)

    def _write_down(self, batch: Batch, state: str) -> None:
        ends = [batch.upto.epoch, batch.after.txid, batch.after.seq, batch.upto.txid, batch.upto.seq]
        columns = ["batch", "epoch", "after_txid", "after_seq", "to_txid", "to_seq", "rows", "state", "generation"]
        row = [batch.number, *ends, batch.rows, state, self._generation]
        self._client.insert("raw.carry_batches", [row], column_names=columns)

    def _send(self, batch: Batch, *, landed: pa.Array | None) -> None:
        """Sends all but the `landed` rows; the batch is done when the destination counts what was planned."""
        with ThreadPoolExecutor(1, thread_name_prefix="carry-insert") as inserting:
            running = None
            # one chunk is fetched while the one before is inserted
            for index, chunk in enumerate(_chunks(self._settings, batch)):
                missing = chunk if landed is None else _without(chunk, landed)
                if running:
                    running.result()
                running = inserting.submit(self._insert, batch, index, missing) if missing.num_rows else None
            if running:
                running.result()
        self._check(batch)
        self._write_down(batch, "done")
        self.batches += 1

    def _insert(self, batch: Batch, index: int, rows: pa.Table) -> None:
        self._refuse_when_replaced()
        name = f"carry-{batch.number}-{self._generation}-{index}"
        self._client.insert_arrow("raw.learning_events", rows, settings={"query_id": name, "log_comment": name})
        self.rows += rows.num_rows
        self._progress(self.rows)

    def _refuse_when_replaced(self) -> None:
        newest = _number(self._client, "select max(generation) from raw.carriers")
        if newest != self._generation:
            raise CarryBroken(f"Carrier {newest} has taken over from {self._generation}, whose connection was lost.")

    def _check(self, batch: Batch) -> None:
        found, distinct = self._client.query(
            "select count(), uniqExact(seq) from raw.learning_events where batch = {batch:UInt64}",
            parameters={"batch": batch.number},
        ).result_rows[0]
        if found != batch.rows or distinct != batch.rows:
            raise CarryBroken(f"Batch {batch.number} has {found} rows ({distinct} different) instead of {batch.rows}.")


def _plan(connection: Connection, readable: Horizon, position: Position, number: int) -> Batch | None:
    """The next range after `position`: of one epoch, at most BATCH_ROWS, below the horizon; None at its end."""
    # just after an import the planner has no figures of today's partition, and would sort all that is left per batch
    connection.execute(text("set local enable_sort = off"))
    row = connection.execute(
        text(f"""
with span as (
    select epoch, txid, seq from learning_events where {after(position)} and {readable.readable}
    order by epoch, txid, seq limit {BATCH_ROWS}
),
first as (select min(epoch) as epoch from span)
select span.epoch, span.txid::text::bigint, span.seq, count(*) over () from span join first using (epoch)
order by span.txid desc, span.seq desc limit 1""")
    ).one_or_none()
    if row is None:
        return None
    low = position if position.epoch == row[0] else Position(epoch=row[0], txid=0, seq=0)
    return Batch(number=number, after=low, upto=Position(epoch=row[0], txid=row[1], seq=row[2]), rows=row[3])


def _chunks(settings: Settings, batch: Batch) -> Iterator[pa.Table]:
    """The batch's rows in native types, about CHUNK_ROWS at a time."""
    from adbc_driver_postgresql import StatementOptions, dbapi  # heavy: loads its shared library

    query = f"""
select organization_id, event_id, name, version, source, actor_id, course_id, occurred_at, recorded_at,
    coalesce(trace_id, '') as trace_id, payload, epoch, txid::text::bigint as txid, seq, {batch.number}::bigint as batch
from learning_events where {batch.within}"""
    # the cursor closes before its connection
    with dbapi.connect(settings.log_url) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(FETCH_BYTES)})
        cursor.execute(query)
        waiting: list[pa.RecordBatch] = []
        for part in cursor.fetch_record_batch():
            waiting.append(part)
            if sum(kept.num_rows for kept in waiting) >= CHUNK_ROWS:
                yield pa.Table.from_batches(waiting).combine_chunks()
                waiting = []
        if waiting:
            yield pa.Table.from_batches(waiting).combine_chunks()


def _number(client: "Client", query: str) -> int:
    return int(client.query(query).result_rows[0][0])


def _without(rows: pa.Table, landed: pa.Array) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows.column("seq"), value_set=landed)))
