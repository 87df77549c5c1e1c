"""What has to be handed in: its questions, handing it in, and the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from lms_api.assessments import attempts
from lms_api.assessments import service as assessments
from lms_api.assessments.errors import NotStarted
from lms_api.assessments.schemas import AnswerShown, HandIn, QuestionKind, QuestionShown, SubmissionShown
from lms_api.assessments.tables import Assessment, Submission
from lms_api.courses.tables import Course
from lms_api.db import ReadSession
from lms_api.deps import ReadDep, WriteDep
from lms_api.enrollments import service as enrollments
from lms_api.errors import Invalid, NotFound
from lms_api.schemas import Page
from lms_api.web import words
from lms_api.web.forms import FormDep
from lms_api.web.templates import respond
from lms_api.web.viewer import context
from stack import clock

router = APIRouter(include_in_schema=False)

MOST_ATTEMPTS = 500
TRUE_OR_FALSE = ({"key": "true", "text": "True"}, {"key": "false", "text": "False"})


@dataclass(frozen=True)
class AssessmentLine:
    """One assessment on its course's page; `href` is empty where there is nothing to open."""

    title: str
    words: str
    href: str
    state: str
    done: bool


@dataclass(frozen=True)
class Asked:
    """One question as a form asks it; without choices the answer is written."""

    name: str
    text: str
    choices: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Answered:
    """One answer beside its question, after it was handed in."""

    question: str
    given: str
    verdict: str
    is_correct: bool


def lines(session: ReadSession, course: Course, *, enrolled: bool) -> list[AssessmentLine]:
    """The next due first, with the learner's own state where there is one."""
    own = attempts.own_results_in_course(session, course.id) if enrolled else {}
    listed = assessments.list_assessments(session, course.id)
    return [_line(one, own.get(one.id, []), enrolled=enrolled) for one in listed]


def _line(one: Assessment, own: Sequence[Submission], *, enrolled: bool) -> AssessmentLine:
    best = max((made.score for made in own if made.score is not None), default=None)
    state = "" if not own else f"Handed in, {words.number(float(best))} %" if best is not None else "Handed in"
    href = f"/courses/{one.course_id}/assessments/{one.id}" if enrolled else ""
    return AssessmentLine(one.title, _words(one, clock.now()), href, state, bool(own))


@router.get("/courses/{course_id}/assessments/{assessment_id}")
def ask(request: Request, session: ReadDep, course_id: UUID, assessment_id: UUID) -> Response:
    found, course = assessments.read_assessment(session, assessment_id)
    enrollments.participant(session, course)
    closed = _closed(session, found)
    questions, to_start = ([], False) if closed else _questions(session, found)
    page = {
        "course": course,
        "assessment": found,
        "assessment_words": _words(found, clock.now()),
        "questions": questions,
        "to_start": to_start,
        "closed": closed,
        "earlier": _handed_in(session, assessment_id),
        "attempts_words": _attempts_words(session, found),
    }
    return respond(request, "assessment.html", context(session, here="courses", **page))


@router.post("/courses/{course_id}/assessments/{assessment_id}/start")
def start(session: WriteDep, course_id: UUID, assessment_id: UUID) -> Response:
    """Begins an attempt with a time limit; its questions are shown from then on."""
    attempts.start(session, assessment_id)
    return RedirectResponse(f"/courses/{course_id}/assessments/{assessment_id}", status_code=303)


@router.post("/courses/{course_id}/assessments/{assessment_id}")
def hand_in(session: WriteDep, form: FormDep, course_id: UUID, assessment_id: UUID) -> Response:
    made = attempts.hand_in(session, assessment_id, _given(form))
    return RedirectResponse(f"/courses/{course_id}/assessments/{assessment_id}/results/{made.id}", status_code=303)


@router.get("/courses/{course_id}/assessments/{assessment_id}/results/{submission_id}")
def result(request: Request, session: ReadDep, course_id: UUID, assessment_id: UUID, submission_id: UUID) -> Response:
    """The learner's own attempt. What was right is said; what would have been right is not, while tries are left."""
    found, course = assessments.read_assessment(session, assessment_id)
    enrollments.participant(session, course)
    made = next((one for one in _handed_in(session, assessment_id) if one.id == submission_id), None)
    if made is None:
        raise NotFound("submission", submission_id)
    page = {
        "course": course,
        "assessment": found,
        "result": made,
        "result_words": f"handed in {words.minute(made.submitted_at)}",
        "answers": _answers(session, found, made.answers),
        "may_retry": not _closed(session, found),
    }
    return respond(request, "result.html", context(session, here="courses", **page))


def _handed_in(session: ReadSession, assessment_id: UUID) -> list[SubmissionShown]:
    own = session.who.user_id
    found = attempts.results(session, assessment_id, page=Page(limit=MOST_ATTEMPTS))
    return [one for one in found if one.submitted_at is not None and one.student_id == own]


def _closed(session: ReadSession, found: Assessment) -> str:
    """Why nothing can be handed in any more; empty while it can."""
    if found.due_date is not None and found.due_date < clock.now():
        return f"This was due on {words.minute(found.due_date)}."
    used = len(_handed_in(session, found.id))
    if found.max_attempts is not None and used >= found.max_attempts:
        return "You have used all your attempts."
    return ""


def _questions(session: ReadSession, found: Assessment) -> tuple[list[Asked], bool]:
    """The questions, and whether the attempt must be started before they are shown."""
    try:
        return [_asked(question) for question in assessments.list_questions(session, found.id)], False
    except NotStarted:
        return [], True


def _asked(question: QuestionShown) -> Asked:
    choices = TRUE_OR_FALSE if question.question_type is QuestionKind.TRUE_FALSE else question.options or ()
    return Asked(f"q-{question.id}", question.question_text, choices)


def _given(form: FormData) -> HandIn:
    """Fields that aren't answers are left out; the service refuses answers to other questions."""
    answers = [(name.removeprefix("q-"), value) for name, value in form.items() if name.startswith("q-")]
    try:
        return HandIn.model_validate(
            {"answers": [{"question_id": name, "answer_text": str(value)} for name, value in answers]}
        )
    except ValidationError as error:
        raise Invalid(error.errors()[0]["msg"]) from error


def _answers(session: ReadSession, found: Assessment, given: Sequence[AnswerShown]) -> list[Answered]:
    questions = {one.id: one for one in assessments.list_questions(session, found.id)}
    return [_answered(questions[one.question_id], one) for one in given if one.question_id in questions]


def _answered(question: QuestionShown, given: AnswerShown) -> Answered:
    choices = {choice["key"]: choice["text"] for choice in _asked(question).choices}
    said = choices.get(given.answer_text or "", given.answer_text or "nothing")
    verdict = "Not graded yet" if given.is_correct is None else "Right" if given.is_correct else "Not right"
    return Answered(question.question_text, said, verdict, bool(given.is_correct))


def _words(found: Assessment, now: datetime) -> str:
    late = found.due_date is not None and found.due_date < now
    due = None if found.due_date is None else f"{'was due' if late else 'due'} {words.minute(found.due_date)}"
    weight = f"{words.number(float(found.weight))} % of the result" if found.weight else None
    limit = words.count(found.time_limit_minutes, "minute") if found.time_limit_minutes else None
    return words.joined(found.type, due, weight, limit)


def _attempts_words(session: ReadSession, found: Assessment) -> str:
    if found.max_attempts is None:
        return "You may try as often as you like."
    left = found.max_attempts - len(_handed_in(session, found.id))
    return f"{words.count(max(left, 0), 'attempt')} left"
