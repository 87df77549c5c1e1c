"""A learner's home: the next step, the running courses, what is recommended. No risk, no comparison with others."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from contracts.events import EnrollmentStatus, Page, Role
from lms_api.courses import service as courses
from lms_api.db import ReadSession, WriteSession
from lms_api.deps import WriteDep
from lms_api.enrollments import service as enrollments
from lms_api.predictions import service as predictions
from lms_api.predictions.routes import ServingDep
from lms_api.predictions.schemas import CourseCard, Home, LessonCard, NextActivities
from lms_api.web import words
from lms_api.web.templates import respond
from lms_api.web.viewer import context, entries_for, viewed

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class RunningCourse:
    """A course that the learner is in, as a card."""

    course_id: UUID
    title: str
    words: str
    percent: int

    @property
    def href(self) -> str:
        return f"/courses/{self.course_id}"


@dataclass(frozen=True)
class Onward:
    """The next lessons of one running course."""

    course: str
    cards: NextActivities

    def href(self, item: LessonCard) -> str:
        direct = f"/courses/{self.cards.course_id}/lessons/{item.lesson_id}"
        return through(self.cards.prediction_id, item.lesson_id, direct)


@dataclass(frozen=True)
class NextStep:
    """The one thing to do now."""

    title: str
    words: str
    href: str
    verb: str


@router.get("/")
def home(request: Request, session: WriteDep, serving: ServingDep) -> Response:
    """Who teaches or administers has no home; the first page of their own is where they go."""
    if session.who.role is not Role.STUDENT:
        return RedirectResponse(entries_for(session.who)[0].href, status_code=303)
    viewed(session, Page.HOME)
    shown = predictions.home_recommendations(session, serving=serving)
    running = _running(session)
    titles = {course.course_id: course.title for course in running}
    onward = [Onward(titles.get(cards.course_id, "your course"), cards) for cards in shown.activities]
    page = {"running": running, "onward": onward, "next_step": _next_step(onward, running), **_courses(shown)}
    greeting = f"Hello, {session.who.first_name}" if session.who.first_name else "Hello"
    return respond(request, "home.html", context(session, here="home", greeting=greeting, **page))


def through(prediction_id: UUID | None, item_id: UUID, direct: str) -> str:
    """Through `/go` where a prediction stands behind the link, so that following it is known; else straight there."""
    return direct if prediction_id is None else f"/go/{prediction_id}/{item_id}"


def _courses(shown: Home) -> dict[str, object]:
    def course_href(item: CourseCard) -> str:
        return through(shown.courses.prediction_id, item.course_id, f"/courses/{item.course_id}")

    return {"recommended": shown.courses, "course_href": course_href}


def _running(session: WriteSession) -> list[RunningCourse]:
    active = [one for one in enrollments.own_enrollments(session) if one.status == EnrollmentStatus.ACTIVE]
    return [_card(session, one.course_id, int(one.progress_percentage)) for one in active]


def _card(session: ReadSession, course_id: UUID, percent: int) -> RunningCourse:
    course = courses.course_of(session, course_id)
    return RunningCourse(course.id, course.title, words.period(course.starts_at, course.ends_at), percent)


def _next_step(onward: list[Onward], running: list[RunningCourse]) -> NextStep | None:
    """The first lesson offered in the first running course that has one, else the course itself."""
    for course in onward:
        for item in course.cards.items[:1]:
            minutes = words.count(item.duration_minutes, "minute") if item.duration_minutes else None
            return NextStep(item.title, words.joined(course.course, minutes), course.href(item), "Go on")
    for running_course in running[:1]:
        return NextStep(running_course.title, running_course.words, running_course.href, "Open the course")
    return None
