"""Learners in courses: who has a seat, and how it ended. Each change says the enrollment's whole state."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from contracts.events import CourseResultRecorded, EnrollmentChanged, EnrollmentStatus, Outcome
from lms_api.courses import service as courses
from lms_api.courses.tables import Course
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.enrollments import queries
from lms_api.enrollments.errors import (
    AlreadyEnrolled,
    CourseClosed,
    CourseFull,
    EnrollmentEnded,
    HasSubmissions,
    NoSuchLearner,
    NotEnrolled,
)
from lms_api.enrollments.schemas import Enroll, EnrollmentListed, EnrollmentShown
from lms_api.enrollments.tables import CourseResult, Enrollment
from lms_api.errors import NotFound
from lms_api.identity import service as identity
from lms_api.identity.policy import Permission, may, require
from lms_api.outbox.record import record
from lms_api.schemas import Page
from stack import clock


# ---------- reading
def roster(
    session: ReadSession, course_id: UUID, *, status: EnrollmentStatus | None, page: Page
) -> list[EnrollmentListed]:
    """The course's learners by name, for those who teach it."""
    course = courses.read_course(session, course_id)
    require(session.who, Permission.SEE_ROSTER, instructor_id=course.instructor_id)
    rows = queries.roster(session, course_id, status=status, after=page.after, limit=page.limit)
    return [
        EnrollmentListed(
            **EnrollmentShown.model_validate(enrollment).model_dump(),
            first_name=user.first_name,
            last_name=user.last_name,
            email=user.email,
        )
        for enrollment, user in rows
    ]


def own_enrollments(session: ReadSession) -> list[Enrollment]:
    """Of the signed-in user, the oldest first."""
    return list(queries.enrollments_of_student(session, session.who.user_id))


def own_enrollment_in(session: ReadSession, course_id: UUID) -> Enrollment | None:
    """Of the signed-in user; it may have ended."""
    return queries.enrollment_of(session, student_id=session.who.user_id, course_id=course_id)


def read_enrollment(session: ReadSession, enrollment_id: UUID) -> tuple[Enrollment, Course]:
    """One's own, or one of a course that one teaches. Raises NotFound for all others."""
    enrollment = queries.enrollment(session, enrollment_id)
    return _readable(session, enrollment, enrollment_id)


def _readable(session: ReadSession, enrollment: Enrollment | None, asked: UUID) -> tuple[Enrollment, Course]:
    if enrollment is None:
        raise NotFound("enrollment", asked)
    course = courses.course_of(session, enrollment.course_id)
    own = enrollment.student_id == session.who.user_id
    if not own and not may(session.who, Permission.SEE_ROSTER, instructor_id=course.instructor_id):
        raise NotFound("enrollment", asked)
    return enrollment, course


def participant(session: ReadSession, course: Course) -> Enrollment:
    """The signed-in learner's enrollment in the course. Raises NotEnrolled, EnrollmentEnded for who has left."""
    enrollment = queries.enrollment_of(session, student_id=session.who.user_id, course_id=course.id)
    if enrollment is None:
        raise NotEnrolled(field="course_id", value=course.id)
    if enrollment.status == EnrollmentStatus.DROPPED:
        raise EnrollmentEnded(field="course_id", value=course.id)
    return enrollment


def lock_participant(session: WriteSession, course: Course) -> Enrollment:
    """As `participant`; what this learner does in the course happens one after the other."""
    enrollment = queries.lock_enrollment(session, participant(session, course).id)
    if enrollment is None:
        raise NotEnrolled(field="course_id", value=course.id)
    return enrollment


# ---------- seats
def enroll(session: WriteSession, course_id: UUID, asked: Enroll) -> Enrollment:
    """Takes a seat for oneself, or for a learner by who manages the roster; who dropped the course comes back.

    Raises CourseFull, CourseClosed, AlreadyEnrolled, NoSuchLearner. The course is locked, so the last seat goes to one.
    """
    course = courses.lock_course(session, course_id)
    student_id = _whom(session, course, asked)
    if not course.is_published or (course.ends_at is not None and course.ends_at <= clock.now()):
        raise CourseClosed(field="course_id", value=course_id)
    before = queries.enrollment_of(session, student_id=student_id, course_id=course_id)
    if before is not None and before.status != EnrollmentStatus.DROPPED:
        raise AlreadyEnrolled(field="student_id", value=student_id)
    _take_seat(session, course)
    return _come_back(session, before) if before else _new(session, course, student_id, asked.credits)


def _whom(session: WriteSession, course: Course, asked: Enroll) -> UUID:
    who = session.who
    if asked.student_id in (None, who.user_id):
        require(who, Permission.ENROLL)
        return who.user_id
    require(who, Permission.CHANGE_ROSTER, instructor_id=course.instructor_id)
    assert asked.student_id is not None
    if not queries.is_learner(session, asked.student_id):
        raise NoSuchLearner(field="student_id", value=asked.student_id)
    return asked.student_id


def _take_seat(session: WriteSession, course: Course) -> None:
    if course.enrollment_limit is not None and queries.seats_taken(session, course.id) >= course.enrollment_limit:
        raise CourseFull(field="course_id", value=course.id)


def _new(session: WriteSession, course: Course, student_id: UUID, credits_studied: int | None) -> Enrollment:
    earlier = queries.earlier_attempts(session, student_id=student_id, family=course.family, course_id=course.id)
    enrollment = Enrollment(
        id=new_id(),
        organization_id=course.organization_id,
        student_id=student_id,
        course_id=course.id,
        enrolled_at=clock.now(),
        status=EnrollmentStatus.ACTIVE.value,
        previous_attempts=earlier,
        credits=credits_studied,
        revision=1,
    )
    session.add(enrollment)
    try:
        session.flush()
    except IntegrityError as error:
        raise AlreadyEnrolled(field="student_id", value=student_id) from error
    _say(session, enrollment)
    return enrollment


def _come_back(session: WriteSession, enrollment: Enrollment) -> Enrollment:
    """The same enrollment goes on; that it was withdrawn is taken back."""
    _set_status(session, enrollment, EnrollmentStatus.ACTIVE, now=clock.now())
    return enrollment


# ---------- status and result
def change_status(session: WriteSession, enrollment_id: UUID, status: EnrollmentStatus) -> Enrollment:
    """A learner may drop their own; the rest is for who manages the roster. The same status again changes nothing."""
    enrollment, course = _changeable(session, enrollment_id)
    own_drop = enrollment.student_id == session.who.user_id and status is EnrollmentStatus.DROPPED
    if not own_drop:
        require(session.who, Permission.CHANGE_ROSTER, instructor_id=course.instructor_id)
    if enrollment.status == status:
        return enrollment
    if status is EnrollmentStatus.ACTIVE:
        _take_seat(session, course)
    _set_status(session, enrollment, status, now=clock.now())
    return enrollment


def give_result(session: WriteSession, enrollment_id: UUID, outcome: Outcome) -> CourseResult:
    """How it ended: the label that the risk model learns from. Ends an enrollment that was still active."""
    enrollment, course = _changeable(session, enrollment_id)
    require(session.who, Permission.GRADE, instructor_id=course.instructor_id)
    ended = EnrollmentStatus.DROPPED if outcome is Outcome.WITHDRAWN else EnrollmentStatus.COMPLETED
    now = clock.now()
    if enrollment.status != ended:
        _end(session, enrollment, ended, now=now)
    return _record_result(session, enrollment, outcome, now=now)


def read_result(session: ReadSession, enrollment_id: UUID) -> CourseResult:
    """Raises NotFound while there is none."""
    enrollment, _ = read_enrollment(session, enrollment_id)
    result = queries.result(session, enrollment.id)
    if result is None or result.retracted:
        raise NotFound("course result", enrollment_id)
    return result


def remove(session: WriteSession, enrollment_id: UUID) -> None:
    """One that was made by mistake, with its progress. Raises HasSubmissions."""
    enrollment, course = _changeable(session, enrollment_id)
    require(session.who, Permission.CHANGE_ROSTER, instructor_id=course.instructor_id)
    actor = identity.actor_of(session, enrollment.student_id)
    result = queries.result(session, enrollment.id)
    session.delete(enrollment)
    try:
        session.flush()
    except IntegrityError as error:
        raise HasSubmissions(field="enrollment_id", value=enrollment_id) from error
    if result is not None and not result.retracted:
        record(session, _result_state(result, deleted=True), actor=actor, course_id=course.id)
    record(session, _state(enrollment, deleted=True), actor=actor, course_id=course.id)


def _changeable(session: WriteSession, enrollment_id: UUID) -> tuple[Enrollment, Course]:
    """The course is locked before the enrollment, always in this order, as `enroll` does: no deadlock."""
    known = queries.enrollment(session, enrollment_id)
    _, course = _readable(session, known, enrollment_id)
    course = courses.lock_any_course(session, course.id)
    enrollment = queries.lock_enrollment(session, enrollment_id)
    if enrollment is None:
        raise NotFound("enrollment", enrollment_id)
    return enrollment, course


def _set_status(session: WriteSession, enrollment: Enrollment, status: EnrollmentStatus, *, now: datetime) -> None:
    """Leaving is a result too (withdrawn); any other status takes that back."""
    _end(session, enrollment, status, now=now)
    if status is EnrollmentStatus.DROPPED:
        _record_result(session, enrollment, Outcome.WITHDRAWN, now=now)
    else:
        _retract_withdrawal(session, enrollment, now=now)


def _end(session: WriteSession, enrollment: Enrollment, status: EnrollmentStatus, *, now: datetime) -> None:
    enrollment.status = status.value
    enrollment.ended_at = None if status is EnrollmentStatus.ACTIVE else now
    enrollment.completed_at = now if status is EnrollmentStatus.COMPLETED else None
    enrollment.revision += 1
    session.flush()
    _say(session, enrollment)


def _record_result(session: WriteSession, enrollment: Enrollment, outcome: Outcome, *, now: datetime) -> CourseResult:
    result = queries.result(session, enrollment.id)
    if result is not None and not result.retracted and result.outcome == outcome:
        return result
    if result is None:
        result = CourseResult(
            enrollment_id=enrollment.id, organization_id=enrollment.organization_id, revision=0, retracted=False
        )
        session.add(result)
    result.outcome, result.recorded_at, result.retracted = outcome.value, now, False
    result.revision += 1
    _say_result(session, enrollment, result)
    return result


def _retract_withdrawal(session: WriteSession, enrollment: Enrollment, *, now: datetime) -> None:
    result = queries.result(session, enrollment.id)
    if result is None or result.retracted or result.outcome != Outcome.WITHDRAWN:
        return
    result.retracted, result.recorded_at = True, now
    result.revision += 1
    _say_result(session, enrollment, result)


# ---------- saying so
def _say(session: WriteSession, enrollment: Enrollment) -> None:
    actor = identity.actor_of(session, enrollment.student_id)
    record(session, _state(enrollment), actor=actor, course_id=enrollment.course_id)


def _say_result(session: WriteSession, enrollment: Enrollment, result: CourseResult) -> None:
    session.flush()
    actor = identity.actor_of(session, enrollment.student_id)
    record(session, _result_state(result), actor=actor, course_id=enrollment.course_id)


def _state(enrollment: Enrollment, *, deleted: bool = False) -> EnrollmentChanged:
    return EnrollmentChanged(
        revision=enrollment.revision + (1 if deleted else 0),
        deleted=deleted,
        enrollment_id=enrollment.id,
        status=EnrollmentStatus(enrollment.status),
        enrolled_at=enrollment.enrolled_at,
        ended_at=enrollment.ended_at,
        previous_attempts=enrollment.previous_attempts,
        credits=enrollment.credits,
    )


def _result_state(result: CourseResult, *, deleted: bool = False) -> CourseResultRecorded:
    return CourseResultRecorded(
        revision=result.revision + (1 if deleted else 0),
        deleted=deleted or result.retracted,
        enrollment_id=result.enrollment_id,
        outcome=Outcome(result.outcome),
    )
