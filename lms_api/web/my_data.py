"""What is known and predicted about the person who looks: the one place where a learner reads an estimate."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from lms_api.courses import service as courses
from lms_api.db import ReadSession
from lms_api.deps import ReadDep, SettingsDep, WriteDep
from lms_api.enrollments import service as enrollments
from lms_api.identity import service as identity
from lms_api.identity.schemas import ProfileChange
from lms_api.identity.tables import User
from lms_api.predictions import service as predictions
from lms_api.web import words
from lms_api.web.templates import respond
from lms_api.web.viewer import context

router = APIRouter(include_in_schema=False)


@router.get("/my-data")
def my_data(request: Request, session: ReadDep, saved: bool = False) -> Response:
    own = predictions.own_predictions(session)
    page = {
        "known": _known(identity.profile(session)),
        "enrollment_rows": _enrollments(session),
        "predictions": own,
        "recommendation_rows": [
            (one.kind, one.items, words.minute(one.features_as_of), words.version(one.model_version))
            for one in own.recommendations
        ],
        "notice": "Saved." if saved else "",
    }
    return respond(request, "my_data.html", context(session, here="my-data", **page))


@router.post("/my-data/opt-out")
def opt_out(session: WriteDep, settings: SettingsDep, opted_out: Annotated[bool, Form()]) -> Response:
    identity.change_profile(session, settings, ProfileChange(predictions_opt_out=opted_out))
    return RedirectResponse("/my-data?saved=1", status_code=303)


def _known(user: User) -> list[tuple[str, str]]:
    name = " ".join(part for part in (user.first_name, user.last_name) if part) or "not given"
    return [("Name", name), ("E-mail", user.email), ("Role", user.role), ("Account since", words.day(user.created_at))]


def _enrollments(session: ReadSession) -> list[tuple[str, str, str, str]]:
    return [
        (
            courses.course_of(session, one.course_id).title,
            words.day(one.enrolled_at),
            one.status,
            f"{one.progress_percentage:.0f} %",
        )
        for one in enrollments.own_enrollments(session)
    ]
