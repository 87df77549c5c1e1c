"""Reading and writing of enrollments, progress and results."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, func, select

from contracts.events import EnrollmentStatus, Role
from lms_api.courses.tables import Course
from lms_api.db import ReadSession, WriteSession
from lms_api.enrollments.tables import CourseResult, Enrollment, LessonProgress
from lms_api.identity.tables import User

ACTIVE = EnrollmentStatus.ACTIVE.value


def enrollment(session: ReadSession, enrollment_id: UUID) -> Enrollment | None:
    return session.get(Enrollment, enrollment_id)


def lock_enrollment(session: WriteSession, enrollment_id: UUID) -> Enrollment | None:
    """Fresh, and nobody else changes it until this transaction ends."""
    query = select(Enrollment).where(Enrollment.id == enrollment_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def enrollment_of(session: ReadSession, *, student_id: UUID, course_id: UUID) -> Enrollment | None:
    query = select(Enrollment).where(Enrollment.student_id == student_id, Enrollment.course_id == course_id)
    return session.scalar(query)


def enrollments_of_student(session: ReadSession, student_id: UUID) -> Sequence[Enrollment]:
    query = select(Enrollment).where(Enrollment.student_id == student_id).order_by(Enrollment.enrolled_at)
    return session.scalars(query).all()


def roster(
    session: ReadSession, course_id: UUID, *, status: str | None, after: UUID | None, limit: int
) -> Sequence[Row[tuple[Enrollment, User]]]:
    query = (
        select(Enrollment, User)
        .join(User, User.id == Enrollment.student_id)
        .where(Enrollment.course_id == course_id)
        .order_by(Enrollment.id)
        .limit(limit)
    )
    if status is not None:
        query = query.where(Enrollment.status == status)
    if after is not None:
        query = query.where(Enrollment.id > after)
    return session.execute(query).all()


def seats_taken(session: ReadSession, course_id: UUID) -> int:
    query = select(func.count()).where(Enrollment.course_id == course_id, Enrollment.status == ACTIVE)
    return session.scalar(query) or 0


def earlier_attempts(session: ReadSession, *, student_id: UUID, family: str, course_id: UUID) -> int:
    """Enrollments of this learner in other presentations of the same family."""
    query = (
        select(func.count())
        .select_from(Enrollment)
        .join(Course, Course.id == Enrollment.course_id)
        .where(Enrollment.student_id == student_id, Course.family == family, Course.id != course_id)
    )
    return session.scalar(query) or 0


def is_learner(session: ReadSession, user_id: UUID) -> bool:
    learner = (User.id == user_id, User.role == Role.STUDENT.value, User.status == "active")
    return session.scalar(select(User.id).where(*learner)) is not None


def progress(session: ReadSession, *, enrollment_id: UUID, lesson_id: UUID) -> LessonProgress | None:
    query = select(LessonProgress).where(
        LessonProgress.enrollment_id == enrollment_id, LessonProgress.lesson_id == lesson_id
    )
    return session.scalar(query)


def all_progress(session: ReadSession, enrollment_id: UUID) -> Sequence[LessonProgress]:
    query = select(LessonProgress).where(LessonProgress.enrollment_id == enrollment_id)
    return session.scalars(query.order_by(LessonProgress.created_at)).all()


def result(session: ReadSession, enrollment_id: UUID) -> CourseResult | None:
    return session.get(CourseResult, enrollment_id)
