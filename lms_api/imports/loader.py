"""One way into the database for everything that is imported: staged by COPY, published in one transaction."""

import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from contracts.envelope import Source
from contracts.events import TableImported
from contracts.ids import derived_id
from lms_api.imports.campus import OURS, Campus, TableCount
from lms_api.imports.events import EVENT_SCHEMA, MOMENT, event_frame
from stack import clock
from stack.errors import CampusError
from stack.event_log.table import ORGANIZATION_SETTING, ensure_partitions
from stack.postgres import connect
from stack.settings import Settings

Connection = psycopg.Connection[TupleRow]
Progress = Callable[[str, int], None]
"""Told what is being done and how many rows of it are through."""

STAGING = "staging_import"
LOCK = 0x696D7074
"""One import at a time: they share the staging schema."""
EVENTS = sql.Identifier(STAGING, "events")


class AnotherImport(CampusError):
    """The organization holds another file, or an import is under way."""

    exit_code = 11


@dataclass(frozen=True)
class Loaded:
    """What was written. `horizon_seconds` is how long readers of the log had to wait below this transaction."""

    rows: dict[str, int]
    events: int
    counts: tuple[TableCount, ...]
    horizon_seconds: float


def known(settings: Settings, *, organization: UUID, kind: str, file_hash: str) -> bool:
    """Whether this very file is in already. Raises AnotherImport when the organization came from another one."""
    with connect(settings.owner_url) as connection:
        _enter(connection, organization)
        hashes = {row[0] for row in connection.execute("select file_hash from imports where finished_at is not null")}
        taken = connection.execute("select 1 from organizations where id = %s", (organization,)).fetchone()
    if taken and file_hash not in hashes:
        raise AnotherImport(
            f'The organization "{kind}" stands already and came from another source; nothing was imported.'
        )
    return file_hash in hashes


def load(campus: Campus, settings: Settings, *, progress: Progress = lambda stage, rows: None) -> Loaded:
    """All of it or nothing. Raises AnotherImport while another import runs."""
    started = clock.now()
    with connect(settings.owner_url) as connection, _alone(connection):
        ensure_partitions(connection)
        for table, frame in campus.rows:
            _stage_rows(connection, table, frame)
            progress(table, frame.height)
        _stage_events(connection, campus, progress)
        return _publish(connection, campus, started, progress)


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Holds the import's lock and a fresh staging schema, out of the application's reach."""
    connection.autocommit = True
    locked = connection.execute("select pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    if not (locked and locked[0]):
        raise AnotherImport("Another import is under way; wait for it.")
    drop = sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(STAGING))
    connection.execute(drop)
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(STAGING)))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(drop)


# ---------- staging: many short transactions, none of which holds the log's horizon for long
def _stage_rows(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    staged = sql.Identifier(STAGING, table)
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in frame.columns)
    connection.execute(
        sql.SQL("create unlogged table {} as select {} from {} with no data").format(
            staged, columns, sql.Identifier(table)
        )
    )
    _copy(connection, staged, [frame])


def _stage_events(connection: Connection, campus: Campus, progress: Progress) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in EVENT_SCHEMA)
    connection.execute(
        sql.SQL("create unlogged table {} as select {} from learning_events with no data").format(EVENTS, columns)
    )
    _copy(connection, EVENTS, _counted(campus, progress))
    _copy(connection, EVENTS, [_tables_said(campus)] if campus.counts else [])


def _counted(campus: Campus, progress: Progress) -> Iterator[pl.DataFrame]:
    done = 0
    for said in campus.events:
        done += said.frame.height
        if said.table:
            count = campus.counts[said.table]
            count.events += 0 if said.further else said.frame.height
            count.further += said.frame.height if said.further else 0
        yield said.frame
        progress("events", done)


def _tables_said(campus: Campus) -> pl.DataFrame:
    """The ledger's first rows: what the file had and what became of it."""
    wrong = [count.table for count in campus.counts.values() if not count.reconciles]
    if wrong:
        raise CampusError(f"rows are not events + merged + rejected in {', '.join(wrong)}; nothing was imported.")
    rows = pl.DataFrame(
        [{**vars(count), "table": count.table.lower()} for count in campus.counts.values()]
    ).with_columns(import_id=pl.lit(str(_import_id(campus))), occurred_at=pl.lit(clock.now(), MOMENT))
    return event_frame(
        TableImported, rows, organization_id=campus.organization_id, file=OURS, key=("import_id", "table")
    )


def _copy(connection: Connection, table: sql.Composable, frames: Iterable[pl.DataFrame]) -> None:
    """A transaction a frame, while the next one is being made."""
    with ThreadPoolExecutor(1) as pool:
        source = iter(frames)
        coming = pool.submit(_next_csv, source)
        while (ready := coming.result()) is not None:
            columns, content = ready
            coming = pool.submit(_next_csv, source)
            names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
            statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(table, names)
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(content)


def _next_csv(frames: Iterator[pl.DataFrame]) -> tuple[list[str], memoryview] | None:
    frame = next(frames, None)
    if frame is None:
        return None
    content = io.BytesIO()
    frame.write_csv(content, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00")
    return frame.columns, content.getbuffer()


# ---------- publishing: one transaction
def _publish(connection: Connection, campus: Campus, started: datetime, progress: Progress) -> Loaded:
    written: dict[str, int] = {}
    with connection.transaction():
        _enter(connection, campus.organization_id)
        connection.execute("set local work_mem = '256MB'")
        connection.execute("set local synchronous_commit = on")
        begun = time.monotonic()
        for table, frame in campus.rows:
            written[table] = _publish_rows(connection, table, frame.columns)
        progress("publishing", sum(written.values()))
        events = _publish_events(connection, campus.organization_id)
        counts = tuple(campus.counts.values())
        _keep_import(connection, campus, counts, started=started, seconds=time.monotonic() - begun)
    horizon = time.monotonic() - begun
    progress("published", events)
    tables = sql.SQL(", ").join(sql.Identifier(table) for table in (*written, "learning_events", "learning_event_ids"))
    connection.execute(sql.SQL("analyze {}").format(tables))
    return Loaded(rows=written, events=events, counts=counts, horizon_seconds=horizon)


def _publish_rows(connection: Connection, table: str, names: list[str]) -> int:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    done = connection.execute(
        sql.SQL("insert into {} ({}) select {} from {}").format(
            sql.Identifier(table), columns, columns, sql.Identifier(STAGING, table)
        )
    )
    return done.rowcount


def _publish_events(connection: Connection, organization: UUID) -> int:
    # by id, so that the unique index grows at one end
    known_ids = sql.SQL(
        "insert into learning_event_ids (organization_id, event_id) select %s, event_id from {} order by event_id"
    ).format(EVENTS)
    ids = connection.execute(known_ids, (organization,)).rowcount
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in EVENT_SCHEMA)
    say = sql.SQL("insert into learning_events (organization_id, source, {}) select %s, %s, {} from {}")
    events = connection.execute(say.format(columns, columns, EVENTS), (organization, Source.IMPORT.value)).rowcount
    if ids != events:
        raise CampusError(f"{events:,} events have {ids:,} ids; nothing was imported.")
    return events


def _keep_import(
    connection: Connection, campus: Campus, counts: tuple[TableCount, ...], *, started: datetime, seconds: float
) -> None:
    report = {"tables": [count.as_dict() for count in counts], "horizon_seconds": round(seconds, 3)}
    connection.execute(
        "insert into imports (id, organization_id, kind, file_hash, report, started_at, finished_at)"
        " values (%s, %s, %s, %s, %s, %s, now())",
        (_import_id(campus), campus.organization_id, campus.kind, campus.file_hash, json.dumps(report), started),
    )


def _import_id(campus: Campus) -> UUID:
    return derived_id(campus.organization_id, "import", campus.kind, campus.file_hash)


def _enter(connection: Connection, organization: UUID) -> None:
    connection.execute("select set_config(%s, %s, true)", (ORGANIZATION_SETTING, str(organization)))
