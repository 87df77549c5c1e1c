"""The boards at a glance: which courses run, which come, which are over, and how many people each is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from lms_api.courses import service as courses
from lms_api.courses.tables import Course
from lms_api.db import ReadSession
from lms_api.errors import NotAllowed
from lms_api.identity.policy import Permission, may
from lms_api.predictions import queries
from lms_api.predictions.queries import Glance
from lms_api.schemas import Page
from stack import clock

MOST_COURSES = 500

_NOBODY = Glance(learners=0, predicted=0, high=0)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class BoardGlance:
    """One course in the list of boards."""

    course_id: UUID
    title: str
    category: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    is_published: bool
    learners: int | None
    """Active enrollments; None in a course that is over."""
    high: int | None
    """Of those, in the high band; None where nobody is predicted."""


@dataclass(frozen=True, kw_only=True)
class Boards:
    """What somebody teaches: what runs and what comes by its start, what is over with the newest first."""

    running: tuple[BoardGlance, ...]
    coming: tuple[BoardGlance, ...]
    over: tuple[BoardGlance, ...]


def boards(session: ReadSession) -> Boards:
    """Of the courses whose learners the signed-in user may see. Raises NotAllowed for learners.

    People are counted where they can still be reached: in courses that are not over.
    """
    taught = _taught(session)
    now = clock.now()
    over = [course for course in taught if course.ends_at is not None and course.ends_at <= now]
    coming = [course for course in taught if course not in over and _comes(course, now)]
    running = [course for course in taught if course not in over and course not in coming]
    counts = queries.glances(session, [course.id for course in running + coming])
    return Boards(
        running=tuple(_glance(course, counts.get(course.id, _NOBODY)) for course in _by_start(running)),
        coming=tuple(_glance(course, counts.get(course.id, _NOBODY)) for course in _by_start(coming)),
        over=tuple(_glance(course, None) for course in reversed(_by_start(over))),
    )


def _taught(session: ReadSession) -> list[Course]:
    who = session.who
    if not may(who, Permission.SEE_ROSTER, instructor_id=who.user_id):
        raise NotAllowed("Boards are for those who teach.")
    found = courses.list_courses(session, category=None, page=Page(limit=MOST_COURSES))
    return [course for course in found if may(who, Permission.SEE_ROSTER, instructor_id=course.instructor_id)]


def _comes(course: Course, now: datetime) -> bool:
    """A draft is not there yet, whatever its dates say."""
    return not course.is_published or (course.starts_at is not None and course.starts_at > now)


def _by_start(found: Iterable[Course]) -> list[Course]:
    """Those that have no start, for everybody begins when they like, come last."""
    return sorted(found, key=lambda course: (course.starts_at or _NEVER, course.title))


def _glance(course: Course, counted: Glance | None) -> BoardGlance:
    return BoardGlance(
        course_id=course.id,
        title=course.title,
        category=course.category,
        starts_at=course.starts_at,
        ends_at=course.ends_at,
        is_published=course.is_published,
        learners=counted.learners if counted else None,
        high=counted.high if counted and counted.predicted else None,
    )
