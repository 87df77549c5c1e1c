"""Courses and their lessons, as they are found, entered, read and finished."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from contracts.events import EnrollmentStatus, Role
from contracts.events import Page as Opened
from contracts.ids import PredictionId
from lms_api.courses import service as courses
from lms_api.courses.tables import Course, Lesson
from lms_api.db import ReadSession
from lms_api.deps import ReadDep, WriteDep
from lms_api.enrollments import lessons as reading
from lms_api.enrollments import service as enrollments
from lms_api.enrollments.schemas import Enroll
from lms_api.enrollments.tables import Enrollment
from lms_api.errors import NotFound
from lms_api.identity.policy import Permission, may
from lms_api.predictions import service as predictions
from lms_api.schemas import Page
from lms_api.web import assessment, words
from lms_api.web.templates import respond
from lms_api.web.viewer import context, viewed

router = APIRouter(include_in_schema=False)

ON_A_PAGE = 60

NOTICES = {"enrolled": "You are enrolled. Begin where you like.", "finished": "Finished; well done."}
"""What a page says after a redirect; the address carries the key, never the words."""

Notice = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class LessonLine:
    """One line of a course's table of contents."""

    id: UUID
    title: str
    words: str
    done: bool
    open: bool


@router.get("/courses")
def all_courses(request: Request, session: ReadDep, after: UUID | None = None) -> Response:
    found = courses.list_courses(session, category=None, page=Page(after=after, limit=ON_A_PAGE))
    following = found[-1].id if len(found) == ON_A_PAGE else None
    return respond(request, "courses.html", context(session, here="courses", courses=found, following=following))


@router.get("/courses/{course_id}")
def course(request: Request, session: WriteDep, course_id: UUID, said: Notice = "") -> Response:
    found = courses.read_course(session, course_id)
    viewed(session, Opened.COURSE, course_id=found.id)
    enrollment = _seat(session, found)
    teaches = may(session.who, Permission.SEE_ROSTER, instructor_id=found.instructor_id)
    page = {
        "course": found,
        "course_words": _course_words(found),
        "lessons": _lines(session, found, enrollment, teaches=teaches),
        "assessments": assessment.lines(session, found, enrolled=enrollment is not None),
        "percent": int(enrollment.progress_percentage) if enrollment else None,
        "may_enroll": enrollment is None and session.who.role is Role.STUDENT,
        "may_see_board": teaches,
        "notice": NOTICES.get(said, ""),
    }
    return respond(request, "course.html", context(session, here="courses", **page))


@router.post("/courses/{course_id}/enroll")
def enroll(session: WriteDep, course_id: UUID) -> Response:
    enrollments.enroll(session, course_id, Enroll())
    return RedirectResponse(f"/courses/{course_id}?said=enrolled", status_code=303)


@router.get("/courses/{course_id}/lessons/{lesson_id}")
def lesson(request: Request, session: WriteDep, course_id: UUID, lesson_id: UUID, said: Notice = "") -> Response:
    """Opening it is an event of the learner's; `open_lesson` says so."""
    found = reading.open_lesson(session, lesson_id)
    around = courses.read_course(session, found.course_id)
    enrollment = _seat(session, around)
    finished = lesson_id in _finished(session, enrollment)
    before, after = _beside(courses.list_lessons(session, around.id), lesson_id)
    page = {
        "course": around,
        "lesson": found,
        "lesson_words": _lesson_words(found),
        "done": finished,
        "may_complete": enrollment is not None and not finished,
        "before": before,
        "after": after,
        "notice": NOTICES.get(said, ""),
    }
    return respond(request, "lesson.html", context(session, here="courses", **page))


@router.post("/courses/{course_id}/lessons/{lesson_id}/complete")
def complete(session: WriteDep, course_id: UUID, lesson_id: UUID) -> Response:
    reading.complete_lesson(session, lesson_id, seconds_spent=None)
    return RedirectResponse(f"/courses/{course_id}/lessons/{lesson_id}?said=finished", status_code=303)


@router.get("/go/{prediction_id}/{item_id}")
def follow(session: WriteDep, prediction_id: UUID, item_id: UUID) -> Response:
    """A recommendation's link: says that it was followed, and leads to the course or the lesson."""
    predictions.follow(session, PredictionId(prediction_id), item_id)
    return RedirectResponse(_where(session, item_id), status_code=303)


def _where(session: ReadSession, item_id: UUID) -> str:
    """A recommendation names courses or lessons, by id alone."""
    try:
        found, around = courses.read_lesson(session, item_id)
    except NotFound:
        return f"/courses/{item_id}"
    return f"/courses/{around.id}/lessons/{found.id}"


def _seat(session: ReadSession, course: Course) -> Enrollment | None:
    """The viewer's own, if they haven't left."""
    enrollment = enrollments.own_enrollment_in(session, course.id)
    return None if enrollment is None or enrollment.status == EnrollmentStatus.DROPPED else enrollment


def _finished(session: ReadSession, enrollment: Enrollment | None) -> frozenset[UUID]:
    if enrollment is None:
        return frozenset()
    progress = reading.read_progress(session, enrollment.id)
    return frozenset(one.lesson_id for one in progress.lessons if one.completed_at is not None)


def _lines(session: ReadSession, course: Course, enrollment: Enrollment | None, *, teaches: bool) -> list[LessonLine]:
    finished = _finished(session, enrollment)
    inside = teaches or enrollment is not None
    return [
        LessonLine(one.id, one.title, _lesson_words(one), one.id in finished, inside or one.is_free)
        for one in courses.list_lessons(session, course.id)
    ]


def _beside(ordered: list[Lesson], lesson_id: UUID) -> tuple[Lesson | None, Lesson | None]:
    place = next((index for index, one in enumerate(ordered) if one.id == lesson_id), None)
    if place is None:
        return None, None
    return (ordered[place - 1] if place > 0 else None, ordered[place + 1] if place + 1 < len(ordered) else None)


def _lesson_words(lesson: Lesson) -> str:
    minutes = words.count(lesson.duration_minutes, "minute") if lesson.duration_minutes else None
    week = f"week {lesson.week_from}" if lesson.week_from is not None else None
    return words.joined(lesson.activity_type, week, minutes, "free" if lesson.is_free else None)


def _course_words(course: Course) -> str:
    hours = words.count(course.duration_hours, "hour") if course.duration_hours else None
    draft = None if course.is_published else "draft"
    return words.joined(words.period(course.starts_at, course.ends_at), course.difficulty_level, hours, draft)
