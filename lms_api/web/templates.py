"""Jinja's environment, and the one function that turns a template into an answer."""

import hashlib
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block

from lms_api.web import markdown, scale, words

HERE = Path(__file__).parent
STATIC = HERE / "static"


@lru_cache
def environment() -> Environment:
    """Strict: an unknown name in a template is an error, and everything is escaped unless it is said to be HTML."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(scale=scale, words=words, static=static)
    named = (
        words.ago,
        words.span,
        words.count,
        words.day,
        words.minute,
        words.of_ten,
        words.percent,
        words.judged,
        words.number,
        words.version,
    )
    made.filters.update({function.__name__: function for function in named}, zip=zip, markdown=markdown.to_html)
    return made


@lru_cache
def static(name: str) -> str:
    """The address of a file of ours with its content's hash, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def respond(
    request: Request, template: str, context: dict[str, Any], *, fragment: str | None = None, status: int = 200
) -> Response:
    """The whole page, or only its block `fragment` when HTMX asks. Unchanged since the asker's ETag: 304."""
    began = time.perf_counter()
    body = _rendered(request, template, context, fragment)
    request.state.render_milliseconds = 1000 * (time.perf_counter() - began)
    etag = f'W/"{hashlib.sha256(body.encode()).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "HX-Request, Cookie"}
    if request.method == "GET" and etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(body, status_code=status, headers=headers)


def _rendered(request: Request, template: str, context: dict[str, Any], fragment: str | None) -> str:
    if fragment is not None and request.headers.get("hx-request") == "true":
        return render_block(environment(), template, fragment, context)
    return environment().get_template(template).render(context)
