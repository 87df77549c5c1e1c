"""One query: its connection made ready, run, its result sent."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from stack.local.clickhouse import statements
from stack.local.clickhouse.compression import encode
from stack.local.clickhouse.engine import Engine, execute
from stack.local.clickhouse.errors import READONLY, ClickHouseError, ClientGone
from stack.local.clickhouse.formats import (
    DEFAULT_FORMAT,
    STREAMED,
    exception_tag,
    exception_trailer,
    native_header,
    summary,
)
from stack.local.clickhouse.requests import Body, ExternalTable, Request
from stack.local.clickhouse.sessions import Session
from stack.local.clickhouse.statements import InsertWithData, Statement, identifier, literal
from stack.local.clickhouse.users import User

Answer = TypeVar("Answer")
Start = Callable[[Mapping[str, str]], Awaitable[None]]
Send = Callable[[bytes], Awaitable[None]]

HELD_BYTES = 4 << 20
"""With `wait_end_of_query` so much is held back before the status is sent, so that most errors have one."""


class Query:
    """Lives for one request, on one connection that nobody else uses meanwhile."""

    def __init__(self, engine: Engine, user: User, request: Request, session: Session, body: Body) -> None:
        self._engine, self._user, self._request, self._session, self._body = engine, user, request, session, body
        # Any: the engine takes bytes for statements too, whatever their encoding; its annotations don't say so.
        self._connection: Any = session.connection
        self._gone: asyncio.Task[None] | None = None

    async def run(self, text: bytes, start: Start, send: Send) -> None:
        """Runs a statement that stands whole in `text`, whose body is read to its end."""
        statement = statements.parse(text)
        self._refuse_writing(statement)
        self._gone = asyncio.create_task(self._body.departure())
        try:
            await self._run(statement, start, send)
        finally:
            self._gone.cancel()

    async def _run(self, statement: Statement, start: Start, send: Send) -> None:
        name = statement.format or self._request.default_format or DEFAULT_FORMAT
        streamed = statement.streams and name in STREAMED
        await self._call(lambda: self._prepare(statement, capped=statement.answers and not streamed), killable=False)
        try:
            if streamed:
                await self._stream(statement, name, start, send)
            else:
                await self._whole(statement, name, start, send)
        finally:
            await self._engine.call(self._drop_external)

    def _refuse_writing(self, statement: Statement) -> None:
        """Read-only users, and GET as on a server; KILL and SYSTEM pass the engine's own readonly."""
        if self._user.read_only and not statement.reads:
            raise ClickHouseError(READONLY, f"{self._user.name}: Cannot execute query in readonly mode.")
        allowed = statement.answers or statement.kind in (b"USE", b"SET")
        if self._request.method == "GET" and not allowed:
            raise ClickHouseError(READONLY, "Cannot execute query in readonly mode. Use POST to change something.")

    # ---------- the connection: database, external tables, settings; all of it blocking
    def _prepare(self, statement: Statement | None, *, capped: bool = False) -> None:
        self._use(self._request.database or self._session.database)
        for table in self._request.external:
            self._load(table)
        self._apply(self._wanted_settings(statement, capped=capped))

    def _load(self, table: ExternalTable) -> None:
        """External data are a temporary table for the length of the request."""
        name = identifier(table.name)
        self._say(f"CREATE TEMPORARY TABLE {name} ({table.structure})")
        inserter = execute(lambda: self._connection.send_insert(f"INSERT INTO {name}", table.format))
        execute(lambda: inserter.append(table.data))
        execute(inserter.finish)

    def _wanted_settings(self, statement: Statement | None, *, capped: bool) -> dict[str, str]:
        """As literals. A SET keeps what it says; the request's parameters would only be in its way."""
        given = {} if statement and statement.kind == b"SET" else self._request.settings
        wanted = {name: literal(value) for name, value in given.items()}
        wanted["log_comment"] = literal(self.comment)
        if capped:
            # Such a result is held in memory twice: by the engine and by us.
            wanted.setdefault("max_result_bytes", literal(str(self._engine.memory_bytes // 4)))
        if self._user.read_only:
            wanted.pop("readonly", None)
            wanted["readonly"] = "1"  # the last one: after it nothing can be set
        return wanted

    @property
    def comment(self) -> str:
        """Marks the query for KILL: the engine gives out its own query ids."""
        given = self._request.settings.get("log_comment")
        return f"{given} {self._request.query_id}" if given else self._request.query_id

    def _apply(self, wanted: Mapping[str, str]) -> None:
        """One SET for what differs from the session's previous request, whose other parameters are undone."""
        session = self._session
        changed = {name: self._own_value(name) for name in session.applied if name not in wanted}
        changed |= {name: value for name, value in wanted.items() if session.applied.get(name) != value}
        session.applied.update(dict.fromkeys(wanted, ""))  # should the SET fail half-way, the next one repeats it
        if changed:
            self._say("SET " + ", ".join(f"{name} = {value}" for name, value in changed.items()))
        session.applied = dict(wanted)

    def _own_value(self, name: str) -> str:
        return self._session.settings.get(name) or self._engine.default(name)

    def _use(self, database: str) -> None:
        if database != self._session.used_database:
            self._say(f"USE {identifier(database)}")
            self._session.used_database = database

    def _say(self, query: str) -> None:
        execute(lambda: self._connection.query(query, "TabSeparated"))

    def _drop_external(self) -> None:
        for table in self._request.external:
            with suppress(ClickHouseError):
                self._say(f"DROP TABLE IF EXISTS {identifier(table.name)}")

    def _remember(self, statement: Statement) -> None:
        """What a SET or USE changes for the session's later requests."""
        if statement.kind == b"SET":
            said = statements.settings_of(statement)
            self._session.settings.update(said)
            for name in said:
                self._session.applied.pop(name, None)
        if statement.kind == b"USE":
            self._session.database = self._session.used_database = statements.database_of(statement)

    # ---------- running
    async def _call(self, work: Callable[[], Answer], *, killable: bool) -> Answer:
        """Engine work in a thread. A client that leaves gets its reading query killed; a writing one runs on."""
        assert self._gone is not None
        future = self._engine.call(work)
        both: set[asyncio.Future[Any]] = {future, self._gone}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            while not future.done():
                if killable:
                    await self._engine.call(lambda: self._engine.kill(self.comment))
                # A kill that came before the query began finds nothing: look again.
                await asyncio.wait({future}, timeout=0.2 if killable else None)
        if self._gone.done():
            with suppress(Exception):
                future.result()
            raise ClientGone
        return future.result()

    async def _whole(self, statement: Statement, name: str, start: Start, send: Send) -> None:
        text = statements.kill_by_comment(statement.text) if statement.kind == b"KILL" else statement.text
        result: Any = await self._call(lambda: self._query(text, name), killable=statement.answers)
        self._remember(statement)
        data: bytes = result.bytes()
        if not data and name == "Native" and statement.answers:
            data = await self._call(lambda: self._native_header(statement), killable=True)
        headers = {"X-ClickHouse-Summary": summary(result)}
        await start(headers | ({"X-ClickHouse-Format": name} if statement.answers else {}))
        await send(await self._engine.call(lambda: encode(data, self._request.answer_encoding)) if data else b"")

    def _query(self, text: bytes, name: str) -> Any:
        return execute(lambda: self._connection.query(text, name, params=self._request.parameters))

    async def _stream(self, statement: Statement, name: str, start: Start, send: Send) -> None:
        stream: Any = await self._call(lambda: self._send_query(statement, name), killable=True)
        try:
            held, ended = await self._hold_back(stream)
            if not held and name == "Native":
                stream.cancel()
                held = [await self._call(lambda: self._native_header(statement), killable=True)]
            tag = exception_tag()
            await start(
                {"X-ClickHouse-Format": name, "X-ClickHouse-Exception-Tag": tag, "X-ClickHouse-Summary": summary()}
            )
            await self._send_all(stream, held, ended, tag, send)
        finally:
            await self._engine.call(stream.cancel)

    def _send_query(self, statement: Statement, name: str) -> Any:
        return execute(lambda: self._connection.send_query(statement.text, name, params=self._request.parameters))

    async def _hold_back(self, stream: Any) -> tuple[list[bytes], bool]:
        """The first chunk, or more where the client waits for the end; errors in it still become a status."""
        held: list[bytes] = []
        limit = HELD_BYTES if self._request.flag("wait_end_of_query") else 1
        while sum(map(len, held)) < limit:
            chunk = await self._call(lambda: execute(lambda: _chunk(stream)), killable=True)
            if chunk is None:
                return held, True
            held.append(chunk)
        return held, False

    async def _send_all(self, stream: Any, held: list[bytes], ended: bool, tag: str, send: Send) -> None:
        encoding = self._request.answer_encoding
        for chunk in held:
            await send(encode(chunk, encoding))
        while not ended:
            try:
                following = await self._call(lambda: execute(lambda: _encoded(stream, encoding)), killable=True)
            except ClickHouseError as error:
                await send(encode(exception_trailer(tag, error.text), encoding))
                return
            if following is None:
                return
            await send(following)

    def _native_header(self, statement: Statement) -> bytes:
        """From DESCRIBE, which doesn't run the query; SHOW and its like can't be described, and are cheap."""
        if statement.streams:
            # The line break ends a comment that may stand last.
            described = self._query(b"DESCRIBE TABLE (" + statement.text + b"\n)", "JSONCompact")
            columns = [(row[0], row[1]) for row in _json(described)["data"]]
        else:
            meta = _json(self._query(statement.text, "JSONCompact"))["meta"]
            columns = [(column["name"], column["type"]) for column in meta]
        return native_header(columns)

    # ---------- inserting what the body carries
    async def insert(self, head: InsertWithData, first: bytes) -> Any:
        """Streams the data in; the result tells the rows. An INSERT is atomic only per block, as on a server."""
        if self._user.read_only or self._request.method == "GET":
            raise ClickHouseError(READONLY, f"{self._user.name}: Cannot execute query in readonly mode.")
        await self._engine.call(lambda: self._prepare(None))
        if self._request.parameters:
            # The streaming insert knows no parameters, so such a statement goes as one text.
            tail = b" VALUES " if head.format == "Values" else f" FORMAT {head.format}\n".encode()
            text = await self._body.whole(head.text + tail + first)
            return await self._engine.call(lambda: self._query(text, DEFAULT_FORMAT))
        begin = partial(self._connection.send_insert, head.text, head.format)
        inserter = await self._engine.call(lambda: execute(begin))
        try:
            await self._append_all(inserter, first)
            return await self._engine.call(lambda: execute(inserter.finish))
        finally:
            with suppress(RuntimeError):
                await self._engine.call(inserter.cancel)

    async def _append_all(self, inserter: Any, piece: bytes) -> None:
        """Appends a piece in a thread while the next one arrives."""
        while piece:
            appended = self._engine.call(partial(execute, partial(inserter.append, piece)))
            try:
                piece = await self._body.piece()
            finally:
                await asyncio.wait({appended})
            appended.result()


def _chunk(stream: Any) -> bytes | None:
    fetched = stream.fetch()
    return None if fetched is None else bytes(fetched.bytes())


def _encoded(stream: Any, encoding: str | None) -> bytes | None:
    chunk = _chunk(stream)
    return None if chunk is None else encode(chunk, encoding)


def _json(result: Any) -> Any:
    return json.loads(result.bytes())
