"""The trace of a request: from the browser (W3C `traceparent`) through the event log to the prediction that read it."""

import re
import secrets
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_trace: ContextVar[str | None] = ContextVar("trace_id", default=None)
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def trace_id() -> str | None:
    """Of the request under way; None outside of one."""
    return _trace.get()


class Tracing:
    """Takes a valid `traceparent` or makes one, and gives it back as a header of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = _TRACEPARENT.fullmatch(Headers(scope=scope).get("traceparent", ""))
        trace = given.group(1) if given else secrets.token_hex(16)

        async def send_traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["traceparent"] = f"00-{trace}-{secrets.token_hex(8)}-01"
            await send(message)

        token = _trace.set(trace)
        try:
            await self.app(scope, receive, send_traced)
        finally:
            _trace.reset(token)
