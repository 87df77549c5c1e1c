"""Everything the LMS refuses, as one tree; each class carries its HTTP status and what to do instead.

LmsError
├── NotSignedIn 401
├── NotAllowed 403
├── NotFound 404          also what another organization's row looks like
├── Conflict 409          the state of things forbids it; features add their own
├── Invalid 422           the request itself is wrong
└── Unavailable 503       a part of the campus is down
"""

from typing import Any, ClassVar

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """A problem document (RFC 9457), `application/problem+json`."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    field: str | None = Field(default=None, description="Which field, by its path in the request.")
    value: str | None = Field(default=None, description="What was there, shortened.")
    remedy: str | None = Field(default=None, description="What to do instead.")
    trace_id: str | None = None
    errors: list["FieldProblem"] = Field(default_factory=list, description="Every field that is wrong, at 422.")


class FieldProblem(BaseModel):
    """One field of a request that is wrong."""

    field: str
    detail: str
    value: str | None = None
    remedy: str | None = None


class LmsError(Exception):
    """The root. `detail` is for a person; it never says anything about another organization."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Refused"
    remedy: ClassVar[str | None] = None
    headers: ClassVar[dict[str, str]] = {}
    keeps_changes: ClassVar[bool] = False
    """True where what the transaction did must stand although the request is refused."""

    def __init__(self, detail: str | None = None, *, field: str | None = None, value: object = None) -> None:
        super().__init__(detail or self.title)
        self.field = field
        self.value = value

    @property
    def detail(self) -> str:
        return str(self)

    def problem(self, trace_id: str | None = None) -> Problem:
        """As the document that is sent."""
        return Problem(
            title=self.title,
            status=self.status,
            detail=self.detail,
            field=self.field,
            value=shown(self.value),
            remedy=self.remedy,
            trace_id=trace_id,
        )


class NotSignedIn(LmsError):
    status = 401
    title = "Not signed in"
    remedy = "Sign in at POST /api/v1/auth/login and send the access token as `Authorization: Bearer …`."
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


class NotAllowed(LmsError):
    status = 403
    title = "Not allowed"
    remedy = "Ask somebody whose role includes it."


class NotFound(LmsError):
    status = 404
    title = "Not found"
    remedy = "Check the id; it may also be gone, or belong to another organization."

    def __init__(self, what: str, value: object = None) -> None:
        super().__init__(f"There is no {what} with this id.", field=f"{what}_id".replace(" ", "_"), value=value)


class Conflict(LmsError):
    status = 409
    title = "Not as things stand"


class ChangedMeanwhile(Conflict):
    """Somebody else was faster; the database's own rule says so."""

    title = "Changed meanwhile"
    remedy = "Read it again and repeat the request."


class Invalid(LmsError):
    status = 422
    title = "The request is not valid"


class Unavailable(LmsError):
    status = 503
    title = "Not available just now"
    remedy = "Try again in a moment."
    headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}


def shown(value: object) -> str | None:
    """At most eighty printable characters of what was sent; lone surrogates and NULs can't be sent back as they are."""
    if value is None:
        return None
    said = value if isinstance(value, str) else repr(value) if isinstance(value, (dict, list, tuple)) else str(value)
    clean = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in said[:81])
    return clean if len(clean) <= 80 else clean[:79] + "…"


def documented(*errors: type[LmsError]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses=`: what OpenAPI says about each refusal."""
    told: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        before = told.get(error.status, {}).get("description")
        told[error.status] = {"model": Problem, "description": f"{before}; {error.title}" if before else error.title}
    return told
