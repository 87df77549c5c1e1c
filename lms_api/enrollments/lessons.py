"""A learner in a lesson: opening it, finishing it, and how far one is."""

from decimal import Decimal
from uuid import UUID

from contracts.events import ActivityViewed, EnrollmentStatus, LessonCompleted
from lms_api.courses import service as courses
from lms_api.courses.tables import Course, Lesson
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.enrollments import queries, service
from lms_api.enrollments.errors import NotEnrolled
from lms_api.enrollments.schemas import LessonProgressShown, ProgressShown
from lms_api.enrollments.tables import Enrollment, LessonProgress
from lms_api.identity.policy import Permission, may
from lms_api.outbox.record import record
from stack import clock

MOST_SECONDS = 2**31 - 1


def open_lesson(session: WriteSession, lesson_id: UUID) -> Lesson:
    """Its content. Says that it was viewed where a learner enrolled in the course opens it; those who teach it, and
    readers of a free lesson, leave no trace. Raises NotEnrolled.
    """
    lesson, course = courses.read_lesson(session, lesson_id)
    enrollment = queries.enrollment_of(session, student_id=session.who.user_id, course_id=course.id)
    if enrollment is None or enrollment.status == EnrollmentStatus.DROPPED:
        if not lesson.is_free and not _teaches(session, course):
            raise NotEnrolled(field="lesson_id", value=lesson_id)
        return lesson
    record(session, ActivityViewed(enrollment_id=enrollment.id, lesson_id=lesson.id), course_id=course.id)
    return lesson


def complete_lesson(session: WriteSession, lesson_id: UUID, *, seconds_spent: int | None) -> tuple[Enrollment, bool]:
    """Finishes it for the signed-in learner; False the second time, when only the time is added and nothing is said.

    Raises NotEnrolled, EnrollmentEnded.
    """
    lesson, course = courses.read_lesson(session, lesson_id)
    enrollment = service.lock_participant(session, course)
    progress = queries.progress(session, enrollment_id=enrollment.id, lesson_id=lesson.id)
    if progress is None:
        progress = LessonProgress(
            id=new_id(),
            organization_id=enrollment.organization_id,
            enrollment_id=enrollment.id,
            lesson_id=lesson.id,
        )
        session.add(progress)
    if seconds_spent is not None:
        progress.time_spent_seconds = min(MOST_SECONDS, (progress.time_spent_seconds or 0) + seconds_spent)
    if progress.completed_at is not None:
        return enrollment, False
    progress.completed_at = clock.now()
    courses.recount_progress(session, course_id=course.id, enrollment_id=enrollment.id)
    session.refresh(enrollment)
    event = LessonCompleted(enrollment_id=enrollment.id, lesson_id=lesson.id, seconds_spent=seconds_spent)
    record(session, event, course_id=course.id)
    return enrollment, True


def read_progress(session: ReadSession, enrollment_id: UUID) -> ProgressShown:
    """One's own, or of a course that one teaches."""
    enrollment, _ = service.read_enrollment(session, enrollment_id)
    lessons = queries.all_progress(session, enrollment.id)
    return ProgressShown(
        enrollment_id=enrollment.id,
        progress_percentage=Decimal(enrollment.progress_percentage),
        lessons=[LessonProgressShown.model_validate(lesson) for lesson in lessons],
    )


def _teaches(session: ReadSession, course: Course) -> bool:
    return may(session.who, Permission.SEE_ROSTER, instructor_id=course.instructor_id)
