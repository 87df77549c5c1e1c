"""SQL about recommendations: the stored one, what may still be shown of it, and what stands in for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, text

from contracts.ids import CourseId, EnrollmentId, UserId
from contracts.predictions import RecommendedItem
from lms_api.db import ReadSession

_ITEMS = TypeAdapter(tuple[RecommendedItem, ...])


@dataclass(frozen=True, kw_only=True)
class StoredRecommendation:
    """The newest recommendation of one kind for one subject."""

    prediction_id: UUID
    items: tuple[RecommendedItem, ...]
    features_as_of: datetime
    computed_at: datetime
    version: str


_STORED = """
select p.id, p.items, p.features_as_of, p.computed_at, p.model_name, p.model_version from predictions p
where p.{subject} = :subject and p.kind = :kind and p.replay_as_of is null
order by p.computed_at desc limit 1"""
_STORED_COURSES = text(_STORED.format(subject="user_id"))
_STORED_ACTIVITIES = text(_STORED.format(subject="enrollment_id"))


def stored_courses(session: ReadSession, user_id: UserId) -> StoredRecommendation | None:
    """The newest for this person; a replay's is never it."""
    return _stored(session.execute(_STORED_COURSES, {"subject": user_id, "kind": "courses"}).one_or_none())


def stored_activities(session: ReadSession, enrollment_id: EnrollmentId) -> StoredRecommendation | None:
    """The newest for this enrollment; a replay's is never it."""
    return _stored(session.execute(_STORED_ACTIVITIES, {"subject": enrollment_id, "kind": "activities"}).one_or_none())


def _stored(row: Row[Any] | None) -> StoredRecommendation | None:
    if row is None:
        return None
    return StoredRecommendation(
        prediction_id=row.id,
        items=_ITEMS.validate_python(row.items),
        features_as_of=row.features_as_of,
        computed_at=row.computed_at,
        version=f"{row.model_name}@{row.model_version}",
    )


# What may be shown at all: published, not ended, with room, and never a course that the learner has or had.
_OPEN = """
    c.is_published and (c.ends_at is null or c.ends_at > :now)
    and not exists (select 1 from enrollments mine where mine.course_id = c.id and mine.student_id = :user_id)
    and (
        c.enrollment_limit is null
        or c.enrollment_limit > (select count(*) from enrollments x where x.course_id = c.id and x.status = 'active')
    )"""
_CARD = "c.id, c.title, c.description, c.category, c.difficulty_level, c.duration_hours"

_COURSES = text(f"select {_CARD} from courses c where c.id = any(:ids) and {_OPEN}")


def open_courses(session: ReadSession, ids: Sequence[UUID], *, user_id: UserId, now: datetime) -> dict[UUID, Row[Any]]:
    """Those of `ids` that this learner could still take, by id."""
    found = session.execute(_COURSES, {"ids": list(ids), "user_id": user_id, "now": now})
    return {row.id: row for row in found}


# A new presentation inherits what its family drew: it has no enrollments of its own yet.
_POPULAR = text(
    f"""
with drawn as (
    select k.family, count(*) as learners from enrollments e join courses k on k.id = e.course_id group by k.family
)
select {_CARD} from courses c left join drawn on drawn.family = c.family
where {_OPEN} and c.family not in (
    select k.family from enrollments e join courses k on k.id = e.course_id where e.student_id = :user_id
)
order by coalesce(drawn.learners, 0) desc, c.title, c.id limit :k"""
)


def popular_courses(session: ReadSession, *, user_id: UserId, now: datetime, k: int) -> list[Row[Any]]:
    """The courses that most learners of this organization took, of those still open to this one."""
    return list(session.execute(_POPULAR, {"user_id": user_id, "now": now, "k": k}))


_HISTORY = text("select course_id from enrollments where student_id = :user_id order by enrolled_at, course_id")


def history(session: ReadSession, user_id: UserId) -> tuple[UUID, ...]:
    """Every course this learner has or had, the oldest first."""
    return tuple(session.execute(_HISTORY, {"user_id": user_id}).scalars())


_TITLES = text(
    "select id, title from courses where id = any(:ids) union all select id, title from lessons where id = any(:ids)"
)


def titles(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of courses and lessons."""
    return {row.id: row.title for row in session.execute(_TITLES, {"ids": list(ids)})} if ids else {}


# ---------- in a course

_RUNNING = text(
    """
select e.id, e.course_id from enrollments e join courses c on c.id = e.course_id
where e.student_id = :user_id and e.status = 'active' and (c.ends_at is null or c.ends_at > :now)
order by e.enrolled_at desc, e.id"""
)


def running(session: ReadSession, user_id: UserId, *, now: datetime) -> list[Row[Any]]:
    """This learner's active enrollments in courses that have not ended, the newest first."""
    return list(session.execute(_RUNNING, {"user_id": user_id, "now": now}))


_ENROLLED = text("select id, course_id, status from enrollments where student_id = :user_id and course_id = :course_id")


def enrolled(session: ReadSession, user_id: UserId, course_id: CourseId) -> Row[Any] | None:
    """This learner's enrollment in the course."""
    return session.execute(_ENROLLED, {"user_id": user_id, "course_id": course_id}).one_or_none()


_LESSONS = """
select l.id, l.title, l.activity_type, l.duration_minutes from lessons l
where l.course_id = :course_id and not exists (
    select 1 from lesson_progress p
    where p.lesson_id = l.id and p.enrollment_id = :enrollment_id and p.completed_at is not null
)"""
_OPEN_LESSONS = text(f"{_LESSONS} and l.id = any(:ids)")
_NEXT_LESSONS = text(f"{_LESSONS} order by l.order_index, l.id limit :k")


def open_lessons(
    session: ReadSession, ids: Sequence[UUID], *, enrollment_id: EnrollmentId, course_id: CourseId
) -> dict[UUID, Row[Any]]:
    """Those of `ids` that are in this course and not finished yet, by id."""
    given = {"ids": list(ids), "enrollment_id": enrollment_id, "course_id": course_id}
    return {row.id: row for row in session.execute(_OPEN_LESSONS, given)}


def next_lessons(session: ReadSession, *, enrollment_id: EnrollmentId, course_id: CourseId, k: int) -> list[Row[Any]]:
    """The first lessons in the course's own order that are not finished yet."""
    return list(session.execute(_NEXT_LESSONS, {"enrollment_id": enrollment_id, "course_id": course_id, "k": k}))
