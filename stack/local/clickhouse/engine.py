"""The embedded engine: one data folder, many connections, a bounded number of queries at a time."""

import asyncio
import fcntl
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from chdb.state.sqlitelike import Connection

from stack.local.clickhouse.configuration import connection_string, data_folder
from stack.local.clickhouse.errors import TOO_MANY_SIMULTANEOUS_QUERIES, ClickHouseError
from stack.local.clickhouse.statements import literal
from stack.settings import Settings

Answer = TypeVar("Answer")

SIMULTANEOUS_QUERIES = 32
"""Beyond it a client gets error 202; the engine runs two at full speed on two cores, the others wait in it."""


class FolderUnusable(Exception):
    """The data folder is held by another process, damaged, or not ours. Says so in one line."""


class Engine:
    """Every blocking call runs in `call`'s threads: the engine releases the GIL, the event loop only moves bytes."""

    def __init__(self, settings: Settings) -> None:
        folder = data_folder(settings)
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _hold(folder)
        _refuse_foreign(folder)
        self._where = connection_string(settings)
        # The engine's life is the life of its connections, so one stays open.
        self._root = _open(self._where, folder)
        self._threads = ThreadPoolExecutor(SIMULTANEOUS_QUERIES + 8, thread_name_prefix="engine")
        self._counting = threading.Lock()
        self._defaults: dict[str, str] = {}
        self.active = 0
        self.memory_bytes = settings.clickhouse_memory_bytes
        self.version = self.text("SELECT version()")

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Holds one of the places for a query; never waits for one."""
        if self.active >= SIMULTANEOUS_QUERIES:
            limit = f"Too many simultaneous queries. Maximum: {SIMULTANEOUS_QUERIES}"
            raise ClickHouseError(TOO_MANY_SIMULTANEOUS_QUERIES, limit)
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1

    def call(self, work: Callable[[], Answer]) -> "asyncio.Future[Answer]":
        """Runs blocking work in a thread. The future can't be cancelled once it runs: kill the query instead."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def connect(self) -> Connection:
        """A fresh connection: 0.4 ms, no settings of anybody."""
        return Connection(self._where)

    def text(self, query: str) -> str:
        """A small answer of the root connection as TSV, without its last line break."""
        result: Any = execute(lambda: self._root.query(query, "TabSeparated"))
        return str(result.bytes().decode()).removesuffix("\n")

    def kill(self, comment: str) -> None:
        """Asks the queries that carry this comment to stop.

        Not SYNC: a streamed query is gone only when its stream is cancelled, which the caller does afterwards.
        """
        self._aside(f"KILL QUERY WHERE Settings['log_comment'] = {literal(comment)} ASYNC")

    def default(self, name: str) -> str:
        """A setting's value on a fresh connection, as a literal; error 115 for a name that isn't known."""
        with self._counting:
            if name not in self._defaults:
                value = self.text(f"SELECT toString(getSetting({literal(name)})) FORMAT TSVRaw")
                self._defaults[name] = literal(value)
            return self._defaults[name]

    def finish(self) -> None:
        """Stops what runs and waits for it."""
        self._aside("KILL QUERY WHERE 1 ASYNC")
        self._threads.shutdown(wait=True)

    def close(self) -> None:
        """Closes the folder; every other connection must be closed before."""
        self._root.close()
        os.close(self._lock)

    def _aside(self, query: str) -> None:
        connection = self.connect()
        try:
            execute(lambda: connection.query(query, "TabSeparated"))
        finally:
            connection.close()


def execute(work: Callable[[], Answer]) -> Answer:
    """Runs an engine call; its errors become ours, with their code."""
    try:
        return work()
    except RuntimeError as error:
        raise ClickHouseError.of_engine(error) from error


def _hold(folder: Path) -> int:
    """An advisory lock beside the engine's own, for a message that says who is in the way."""
    descriptor = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise FolderUnusable(f"{folder} is in use by process {owner or 'unknown'}; stop it first.") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _refuse_foreign(folder: Path) -> None:
    inside = {entry.name for entry in folder.iterdir()} - {"tmp"}  # all there is until the first database is made
    if inside and "metadata" not in inside:
        raise FolderUnusable(f"{folder} holds something else than ClickHouse's data; move it away or set LMS_HOME.")


def _open(where: str, folder: Path) -> Connection:
    with _captured_stderr() as said:
        try:
            connection = Connection(where)
            connection.query("SELECT count() FROM system.tables", "TabSeparated")
        except RuntimeError as error:
            said.seek(0)
            text = " ".join(f"{said.read()} {error}".split())
            raise FolderUnusable(_reason(folder, text)) from error
    return connection


def _reason(folder: Path, text: str) -> str:
    if "Cannot lock file" in text:
        return f"{folder} is in use by another process; stop it first."
    return (
        f"{folder} can't be opened, it may be damaged; restore a backup or move it away. The engine says: {text[:600]}"
    )


@contextmanager
def _captured_stderr() -> Iterator[IO[str]]:
    """The engine writes its start-up errors straight to descriptor 2; they belong into our one line."""
    with tempfile.TemporaryFile("w+", errors="replace") as captured:
        kept = os.dup(2)
        os.dup2(captured.fileno(), 2)
        try:
            yield captured
        finally:
            os.dup2(kept, 2)
            os.close(kept)
