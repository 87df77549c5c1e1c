"""Turns every refusal into a problem document, whoever raised it."""

from collections.abc import Mapping
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from lms_api.errors import ChangedMeanwhile, FieldProblem, Invalid, LmsError, Problem, Unavailable, shown
from lms_api.tracing import trace_id

MEDIA_TYPE = "application/problem+json"

REMEDIES = {
    "missing": "Send this field.",
    "extra_forbidden": "Leave this field out.",
    "uuid_parsing": "Send a UUID.",
    "json_invalid": "Send valid JSON, and `Content-Type: application/json`.",
    "timezone_aware": "Send the moment with its zone, such as 2026-03-01T12:00:00Z.",
    "too_long": "Send fewer.",
    "string_too_long": "Send a shorter text.",
    "string_too_short": "Send a longer text.",
}
"""By pydantic's kind of error; for the rest its own message says what would be right."""


def install(app: FastAPI) -> None:
    """No answer of the API is an error in another shape."""
    app.add_exception_handler(LmsError, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IntegrityError, _changed_meanwhile)
    app.add_exception_handler(DataError, _not_storable)
    for down in (OperationalError, PoolTimeout):
        app.add_exception_handler(down, _down)
    app.add_exception_handler(Exception, _broken)


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The document as a response."""
    content = problem.model_dump(exclude_none=True, exclude=None if problem.errors else {"errors"})
    return JSONResponse(content, status_code=problem.status, headers=headers, media_type=MEDIA_TYPE)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    refusal = cast(LmsError, error)
    return answer(refusal.problem(trace_id()), refusal.headers)


async def _not_valid(request: Request, error: Exception) -> JSONResponse:
    found = [_field(one) for one in cast(RequestValidationError, error).errors()]
    first = found[0]
    problem = Problem(
        title=Invalid.title,
        status=422,
        detail=f"{first.field}: {first.detail}",
        field=first.field,
        value=first.value,
        remedy=first.remedy,
        trace_id=trace_id(),
        errors=found,
    )
    return answer(problem)


def _field(error: dict[str, Any]) -> FieldProblem:
    # "as:…" is which of two shapes a body was taken for, no field of it
    said = [str(part) for part in error["loc"] if not str(part).startswith("as:")]
    place = said[1:] if said[0] in ("body", "query", "path", "header") else said
    missing = error["type"] == "missing"
    return FieldProblem(
        field=shown(".".join(place) or "body") or "body",
        detail=shown(str(error["msg"]).removeprefix("Value error, ")) or "not valid",
        value=None if missing else shown(error.get("input")),
        remedy=REMEDIES.get(error["type"]),
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses: an unknown path, a wrong method, a body that can't be read."""
    refusal = cast(HTTPException, error)
    remedy = (
        "The paths and their methods are listed at /api/v1/openapi.json." if refusal.status_code in (404, 405) else None
    )
    title = str(refusal.detail)
    problem = Problem(title=title, status=refusal.status_code, detail=title, remedy=remedy, trace_id=trace_id())
    return answer(problem, refusal.headers)


async def _changed_meanwhile(request: Request, error: Exception) -> JSONResponse:
    return answer(ChangedMeanwhile("Something else changed at the same time.").problem(trace_id()))


async def _not_storable(request: Request, error: Exception) -> JSONResponse:
    return answer(Invalid("A value can't be stored: it is too large, or not text.").problem(trace_id()))


async def _down(request: Request, error: Exception) -> JSONResponse:
    return answer(Unavailable("The database does not answer.").problem(trace_id()), Unavailable.headers)


async def _broken(request: Request, error: Exception) -> JSONResponse:
    """A mistake of ours; the server's log has it, under the trace id."""
    problem = Problem(
        title="Something went wrong here",
        status=500,
        detail="This is our mistake, not yours.",
        remedy="Tell an administrator the trace id.",
        trace_id=trace_id(),
    )
    return answer(problem)
