"""The instructor's boards: who may need a word, what was seen, and one press that records what was done."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from contracts.events import Act, Page
from contracts.ids import CourseId, EnrollmentId
from contracts.predictions import Band
from lms_api.db import WriteSession
from lms_api.deps import ReadDep, WriteDep
from lms_api.predictions import overview
from lms_api.predictions import service as predictions
from lms_api.predictions.schemas import InterventionRequest
from lms_api.web import words
from lms_api.web.templates import respond
from lms_api.web.viewer import context, viewed

router = APIRouter(include_in_schema=False)

AllNames = Annotated[bool, Query(alias="all")]


@router.get("/boards")
def boards(request: Request, session: ReadDep) -> Response:
    """The courses whose learners the viewer may see. Refuses learners."""
    return respond(request, "boards.html", context(session, here="boards", boards=overview.boards(session)))


@router.get("/courses/{course_id}/board")
def board(
    request: Request, session: WriteDep, course_id: UUID, everybody: AllNames = False, done: str = ""
) -> Response:
    """The first names only, unless `?all=1`. A poll of the open page is no new visit, and no event."""
    if request.headers.get("hx-request") != "true":
        viewed(session, Page.BOARD, course_id=course_id)
    return _shown(request, session, course_id, everybody=everybody, done=done)


@router.post("/courses/{course_id}/board/{enrollment_id}")
def act(
    request: Request,
    session: WriteDep,
    course_id: UUID,
    enrollment_id: UUID,
    act: Annotated[Act, Form()],
    prediction_id: Annotated[UUID | None, Form()] = None,
    everybody: Annotated[bool, Form()] = False,
) -> Response:
    """Records it; HTMX gets the board with it, a plain form is sent back to the row."""
    given = InterventionRequest(act=act, prediction_id=prediction_id)
    predictions.record_intervention(session, EnrollmentId(enrollment_id), given)
    if request.headers.get("hx-request") == "true":
        return _shown(request, session, course_id, everybody=everybody, done=act.value)
    query = urlencode({"done": act.value, **({"all": 1} if everybody else {})})
    return RedirectResponse(f"/courses/{course_id}/board?{query}#flag-{enrollment_id}", status_code=303)


def _shown(request: Request, session: WriteSession, course_id: UUID, *, everybody: bool, done: str) -> Response:
    limit = None if everybody else predictions.ON_THE_BOARD
    found = predictions.board(session, CourseId(course_id), limit=limit)
    page = {
        "board": found,
        "flagged": [row for row in found.rows if row.band is not Band.LOW],
        "on_track": [row for row in found.rows if row.band is Band.LOW],
        "everybody": everybody,
        "notice": f"Recorded: {words.ACTS[Act(done)].lower()}." if done in set(Act) else "",
    }
    return respond(request, "board.html", context(session, here="boards", **page), fragment="queue")
