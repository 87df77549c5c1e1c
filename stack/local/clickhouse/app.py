"""The HTTP interface as a raw ASGI application: authenticates, reads the statement, sends the answer."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from stack.local.clickhouse.engine import Engine
from stack.local.clickhouse.errors import (
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING,
    UNKNOWN_EXCEPTION,
    ClickHouseError,
    ClientGone,
)
from stack.local.clickhouse.formats import content_type, summary
from stack.local.clickhouse.queries import Query
from stack.local.clickhouse.requests import Body, Receive, Request, Scope, Send, read_form
from stack.local.clickhouse.sessions import Sessions
from stack.local.clickhouse.statements import InsertWithData, is_insert, split_insert
from stack.local.clickhouse.users import User, Users

logger = logging.getLogger(__name__)

HEAD_BYTES = 1 << 20
"""An INSERT that carries data must say its statement within this."""


class Response:
    """Sends status and headers once, then the body."""

    def __init__(self, send: Send, request: Request) -> None:
        self._send, self._request = send, request
        self.started = False

    async def start(self, headers: Mapping[str, str], status: int = 200) -> None:
        said = {
            "Content-Type": content_type(headers.get("X-ClickHouse-Format", "")),
            "X-ClickHouse-Server-Display-Name": "campusloop",
            "X-ClickHouse-Query-Id": self._request.query_id,
            "X-ClickHouse-Timezone": self._request.settings.get("session_timezone", "UTC"),
            **headers,
        }
        if status == 200 and self._request.answer_encoding:
            said["Content-Encoding"] = self._request.answer_encoding
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in said.items()]
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def send(self, data: bytes) -> None:
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b""})

    async def fail(self, error: ClickHouseError) -> None:
        """Nothing can be said any more once the status is out: the connection is dropped by raising."""
        if self.started:
            raise error
        await self.start({"X-ClickHouse-Exception-Code": str(error.code)}, error.status)
        await self.send(f"{error.text}\n".encode())
        await self.end()


class App:
    """The ASGI application of one engine. Runs in one worker: the folder is locked."""

    def __init__(self, engine: Engine, users: Users) -> None:
        self._engine, self._users = engine, users
        self._sessions = Sessions(engine)
        self._running: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(Request.of(scope), receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        reaping = asyncio.create_task(self._sessions.reap_forever())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        reaping.cancel()
        self._engine.finish()
        self._sessions.close()
        self._engine.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        response = Response(send, request)
        if request.path in ("/ping", "/replicas_status") or _is_greeting(request):
            await _say_ok(send)
            return
        body: Body | None = None
        try:
            body = Body(receive, request.headers)
            user = self._users.authenticate(request.headers, request.url)
            await self._query(user, request, body, response)
            await response.end()
        except ClientGone:
            logger.info("the client of query %s left", request.query_id)
        except ClickHouseError as error:
            await (body.drain() if body else asyncio.sleep(0))
            await response.fail(error)
        except Exception as error:
            logger.exception("query %s", request.query_id)
            await response.fail(ClickHouseError(UNKNOWN_EXCEPTION, f"{type(error).__name__}: {error}"))

    async def _query(self, user: User, request: Request, body: Body, response: Response) -> None:
        if request.is_form:
            await read_form(request, body)
        else:
            request.read_settings({})
        head, text = await _statement(request, body)
        # A connection once read-only stays so, hence no session for such users.
        session_id = None if user.read_only else request.url.get("session_id")
        with self._engine.slot(), self._running_once(request.query_id):
            async with self._sessions.lease(
                user.name,
                session_id,
                timeout_seconds=request.session_timeout_seconds,
                must_exist=request.flag("session_check"),
            ) as session:
                query = Query(self._engine, user, request, session, body)
                if head is None:
                    await query.run(text, response.start, response.send)
                else:
                    result = await query.insert(head, text[head.data_start :])
                    await response.start({"X-ClickHouse-Summary": summary(result)})

    @contextmanager
    def _running_once(self, query_id: str) -> Iterator[None]:
        """Refuses a second query of the same id, as a server does."""
        if query_id in self._running:
            text = f"Query with id = {query_id} is already running."
            raise ClickHouseError(QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, text)
        self._running.add(query_id)
        try:
            yield
        finally:
            self._running.discard(query_id)


async def _statement(request: Request, body: Body) -> tuple[InsertWithData | None, bytes]:
    """What the request says: the whole statement, or an INSERT's head and the text that holds its first data."""
    text = request.query + b"\n" if request.query else b""
    if request.method == "GET":
        return None, text + await body.whole()
    while len(text) < HEAD_BYTES:
        piece = await body.piece()
        text += piece
        if is_insert(text) and (head := split_insert(text)) is not None:
            return head, text
        if not piece:
            return None, text
    return None, await body.whole(text)


def _is_greeting(request: Request) -> bool:
    return request.method in ("GET", "HEAD") and request.path == "/" and not request.query


async def _say_ok(send: Send) -> None:
    headers = [(b"content-type", b"text/html; charset=UTF-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"Ok.\n"})
