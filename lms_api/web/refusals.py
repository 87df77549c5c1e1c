"""What a page's visitor sees instead of a problem document, and how an expired sign-in mends itself.

These are exception handlers, not code inside the routes: the transaction must see the exception and roll back.
"""

from collections.abc import Callable
from inspect import isawaitable
from typing import Any, cast
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from lms_api.errors import NotSignedIn, Problem
from lms_api.identity import cookies
from lms_api.web.edge import is_of_the_api
from lms_api.web.templates import respond
from lms_api.web.viewer import nobody
from stack.settings import Settings

RENEWAL = "/session/renew"

Handler = Callable[[Request, Any], Any]
"""Starlette's, which may be a coroutine function or not."""


def add_refusals(app: FastAPI) -> None:
    """Wraps what the application answers to each kind of refusal; the API's answers stay as they are."""
    for kind, answer in list(app.exception_handlers.items()):
        if isinstance(kind, type) and kind is not WebSocketRequestValidationError:
            app.add_exception_handler(kind, _by_path(answer))


def _by_path(answer: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        page = not is_of_the_api(request.url.path)
        if page and isinstance(error, NotSignedIn):
            return _to_sign_in(request)
        given = answer(request, error)
        told = await given if isawaitable(given) else given
        return _as_page(request, error, told) if page else told

    return handle


def _as_page(request: Request, error: Exception, told: Response) -> Response:
    """The same refusal in HTML. The remedy for an API's caller is no help on a page."""
    try:
        problem = Problem.model_validate_json(bytes(told.body))
    except ValidationError:  # an application without problem documents
        problem = Problem(title="Not possible", status=told.status_code, detail="")
    lost = problem.status == 404 or isinstance(error, RequestValidationError)
    title = "No such page" if lost else problem.title
    detail = "The address may be mistyped, or the page is gone." if lost else problem.detail
    # said after the transaction has ended: the cookie is how this page knows that the campus is made up
    made_up = request.cookies.get(cookies.name(_settings(request), "made_up")) == "1"
    page = nobody(made_up=made_up, title=title, detail="" if detail == title else detail)
    return respond(request, "refused.html", page, status=404 if lost else problem.status)


def _to_sign_in(request: Request) -> Response:
    """Renews an expired sign-in with its refresh cookie, else asks for a new one.

    307 keeps a form's method and body, so that a quiz handed in after a long read isn't lost. A background request of
    HTMX doesn't renew (two at once would use the same token twice): it lets the page load itself again.
    """
    if request.headers.get("hx-request") == "true" and request.method == "GET":
        return Response(status_code=401, headers={"HX-Refresh": "true", "Cache-Control": "no-store"})
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.url.path == RENEWAL or cookies.name(_settings(request), "refresh") not in request.cookies:
        back = request.query_params.get("next", "/") if request.url.path == RENEWAL else there
        return _sign_in_again(request, back)
    return RedirectResponse(f"{RENEWAL}?next={quote(there, safe='')}", status_code=307)


def _sign_in_again(request: Request, back: str) -> Response:
    address = "/sign-in" if back == "/" else f"/sign-in?next={quote(back, safe='')}"
    answer: Response = RedirectResponse(address, status_code=303)
    if request.headers.get("hx-request") == "true":
        answer = Response(status_code=401, headers={"HX-Redirect": address})
    cookies.clear(answer, _settings(request))
    return answer


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)
