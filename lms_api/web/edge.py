"""What every page's answer carries, and what no page's request may be. The API under `/api` is left alone."""

import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": a form's Origin would then be "null", and the check below refuse it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class PageEdge:
    """ASGI middleware around the pages: security headers, Server-Timing, gzip, and the refusal of foreign posts.

    Cookies are SameSite=Lax; beside that, a request that changes something must say that it comes from this host, by
    `Origin` or by `Sec-Fetch-Site`. Every browser of the last years sends one of them, so no form needs a token.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.pages = GZipMiddleware(self._page, minimum_size=800, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_of_the_api(scope["path"]):
            await self.app(scope, receive, send)
            return
        await self.pages(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["Server-Timing"] = _timing(scope, 1000 * (time.perf_counter() - began))
            await send(message)

        if scope["method"] not in SAFE_METHODS and not comes_from_here(Headers(scope=scope)):
            refusal = PlainTextResponse("This form was sent from another site; nothing was changed.", status_code=403)
            await refusal(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)


def is_of_the_api(path: str) -> bool:
    """Paths that answer machines: they authenticate by header, so no form of another site can use them."""
    return path.startswith("/api/")


def comes_from_here(headers: Headers) -> bool:
    """Whether the browser says that our own page sent this. Hosts are compared, for a proxy may end TLS."""
    origin = headers.get("origin")
    if origin is not None:
        return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == headers.get("host")
    return headers.get("sec-fetch-site") == "same-origin"


def _timing(scope: Scope, total: float) -> str:
    rendered = scope.get("state", {}).get("render_milliseconds")
    parts = [f"total;dur={total:.1f}", *([] if rendered is None else [f"render;dur={rendered:.1f}"])]
    return ", ".join(parts)
