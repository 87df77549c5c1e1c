"""Reading and writing of courses and lessons."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import false, func, or_, select, text

from contracts.events import Role
from lms_api.courses.tables import Course, Lesson
from lms_api.db import ReadSession, WriteSession
from lms_api.identity.tables import User

_RECOUNT = text(
    """
    WITH derived AS (
        SELECT e.id, round(100.0 * count(p.completed_at) / greatest(count(l.id), 1), 2) AS percentage
        FROM enrollments e
        LEFT JOIN lessons l ON l.course_id = e.course_id
        LEFT JOIN lesson_progress p ON p.enrollment_id = e.id AND p.lesson_id = l.id
        WHERE e.course_id = :course_id AND (CAST(:enrollment_id AS uuid) IS NULL OR e.id = :enrollment_id)
        GROUP BY e.id
    )
    UPDATE enrollments SET progress_percentage = derived.percentage
    FROM derived WHERE derived.id = enrollments.id AND enrollments.progress_percentage <> derived.percentage
    """
)


def course(session: ReadSession, course_id: UUID) -> Course | None:
    return session.get(Course, course_id)


def lock_course(session: WriteSession, course_id: UUID) -> Course | None:
    """Fresh, and nobody else takes a seat or changes it until this transaction ends."""
    query = select(Course).where(Course.id == course_id).with_for_update(key_share=True)
    return session.scalar(query.execution_options(populate_existing=True))


def slug_taken(session: ReadSession, slug: str, *, by_other_than: UUID | None = None) -> bool:
    found = session.scalar(select(Course.id).where(Course.slug == slug))
    return found is not None and found != by_other_than


def courses(
    session: ReadSession,
    *,
    drafts_of: UUID | None,
    all_drafts: bool,
    category: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Course]:
    """Published ones, and drafts: all of them, or those of one instructor."""
    query = select(Course).order_by(Course.id).limit(limit)
    if not all_drafts:
        own = false() if drafts_of is None else Course.instructor_id == drafts_of
        query = query.where(or_(Course.is_published.is_(True), own))
    if category is not None:
        query = query.where(Course.category == category)
    if after is not None:
        query = query.where(Course.id > after)
    return session.scalars(query).all()


def can_teach(session: ReadSession, user_id: UUID) -> bool:
    teaching = User.role.in_((Role.INSTRUCTOR.value, Role.ADMIN.value))
    return session.scalar(select(User.id).where(User.id == user_id, teaching, User.status == "active")) is not None


def lesson(session: ReadSession, lesson_id: UUID) -> Lesson | None:
    return session.get(Lesson, lesson_id)


def lessons(session: ReadSession, course_id: UUID) -> Sequence[Lesson]:
    query = select(Lesson).where(Lesson.course_id == course_id).order_by(Lesson.order_index, Lesson.id)
    return session.scalars(query).all()


def next_place(session: ReadSession, course_id: UUID) -> int:
    last = session.scalar(select(func.max(Lesson.order_index)).where(Lesson.course_id == course_id))
    return 0 if last is None else last + 1


def recount_progress(session: WriteSession, *, course_id: UUID, enrollment_id: UUID | None) -> None:
    """Finished lessons of all lessons, in percent, of one enrollment or of every one of the course."""
    session.flush()
    session.execute(_RECOUNT, {"course_id": course_id, "enrollment_id": enrollment_id})
