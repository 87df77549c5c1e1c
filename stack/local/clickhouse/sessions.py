"""What lives longer than a request: a connection per session, its own settings, its database, its temporary tables."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chdb.state.sqlitelike import Connection

from stack.local.clickhouse.engine import Engine
from stack.local.clickhouse.errors import SESSION_IS_LOCKED, SESSION_NOT_FOUND, ClickHouseError

LOCK_SECONDS = 5.0
"""How long a request waits for the session's previous one, whose client may just have left."""
REAP_SECONDS = 1.0


@dataclass
class Session:
    """A connection and what its statements (SET, USE), not its requests' parameters, made of it."""

    connection: Connection
    settings: dict[str, str] = field(default_factory=dict)
    database: str = "default"
    used_database: str = "default"
    """Where the connection stands now: the last request's database."""
    applied: dict[str, str] = field(default_factory=dict)
    """What the requests' parameters left set on the connection, as literals."""
    timeout_seconds: float = 60.0
    used_at: float = field(default_factory=time.monotonic)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Sessions:
    """By user and session id. Used on the event loop only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: dict[tuple[str, str], Session] = {}

    @asynccontextmanager
    async def lease(
        self, user: str, session_id: str | None, *, timeout_seconds: float, must_exist: bool
    ) -> AsyncIterator[Session]:
        """The session, locked; without an id a fresh connection that is closed afterwards.

        Raises 372 for one that must exist and doesn't, 373 for one that stays in use.
        """
        if session_id is None:
            connection = await self._engine.call(self._engine.connect)
            try:
                yield Session(connection)
            finally:
                await self._engine.call(connection.close)
            return
        session = await self._find(user, session_id, must_exist=must_exist)
        try:
            await asyncio.wait_for(session.lock.acquire(), LOCK_SECONDS)
        except TimeoutError:
            raise ClickHouseError(SESSION_IS_LOCKED, f"Session {session_id} is locked by a concurrent client") from None
        try:
            session.timeout_seconds = timeout_seconds
            yield session
        finally:
            session.used_at = time.monotonic()
            session.lock.release()

    async def _find(self, user: str, session_id: str, *, must_exist: bool) -> Session:
        key = (user, session_id)
        if key not in self._open:
            if must_exist:
                raise ClickHouseError(SESSION_NOT_FOUND, f"Session {session_id} not found")
            connection = await self._engine.call(self._engine.connect)
            # Two first requests of one session may meet here; the second one's connection isn't needed.
            if self._open.setdefault(key, Session(connection)).connection is not connection:
                connection.close()
        session = self._open[key]
        session.used_at = time.monotonic()  # so that the reaper leaves it alone until it is locked
        return session

    async def reap_forever(self) -> None:
        """Closes sessions that were idle for longer than their timeout."""
        while True:
            await asyncio.sleep(REAP_SECONDS)
            now = time.monotonic()
            for key, session in list(self._open.items()):
                if not session.lock.locked() and now - session.used_at > session.timeout_seconds:
                    del self._open[key]
                    await self._engine.call(session.connection.close)

    def close(self) -> None:
        for session in self._open.values():
            session.connection.close()
        self._open.clear()
