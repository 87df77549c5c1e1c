"""Seats, status, results and progress."""

from uuid import UUID

from fastapi import APIRouter

from contracts.events import EnrollmentStatus
from lms_api.courses.schemas import LessonShown
from lms_api.deps import ReadDep, WriteDep
from lms_api.enrollments import lessons, service
from lms_api.enrollments.errors import (
    AlreadyEnrolled,
    CourseClosed,
    CourseFull,
    EnrollmentEnded,
    HasSubmissions,
    NoSuchLearner,
    NotEnrolled,
)
from lms_api.enrollments.schemas import (
    Enroll,
    EnrollmentListed,
    EnrollmentShown,
    LessonDone,
    ProgressShown,
    ResultGiven,
    ResultShown,
    StatusChange,
)
from lms_api.errors import NotAllowed, NotFound, documented
from lms_api.schemas import PageDep

router = APIRouter(tags=["enrollments"])


@router.get("/courses/{course_id}/enrollments", responses=documented(NotAllowed, NotFound))
def roster(
    course_id: UUID, session: ReadDep, page: PageDep, status: EnrollmentStatus | None = None
) -> list[EnrollmentListed]:
    """The course's learners by name."""
    return service.roster(session, course_id, status=status, page=page)


@router.post(
    "/courses/{course_id}/enroll",
    status_code=201,
    responses=documented(NotAllowed, NotFound, CourseFull, CourseClosed, AlreadyEnrolled, NoSuchLearner),
)
def enroll(course_id: UUID, session: WriteDep, asked: Enroll | None = None) -> EnrollmentShown:
    """Takes a seat: one's own, or another's by who manages the roster."""
    return EnrollmentShown.model_validate(service.enroll(session, course_id, asked or Enroll()))


@router.get("/users/me/enrollments")
def own_enrollments(session: ReadDep) -> list[EnrollmentShown]:
    """The signed-in user's enrollments."""
    return [EnrollmentShown.model_validate(enrollment) for enrollment in service.own_enrollments(session)]


@router.get("/enrollments/{enrollment_id}", responses=documented(NotFound))
def read_enrollment(enrollment_id: UUID, session: ReadDep) -> EnrollmentShown:
    """An enrollment: one's own, or of a course that one teaches."""
    enrollment, _ = service.read_enrollment(session, enrollment_id)
    return EnrollmentShown.model_validate(enrollment)


@router.put("/enrollments/{enrollment_id}", responses=documented(NotAllowed, NotFound, CourseFull))
def change_status(enrollment_id: UUID, change: StatusChange, session: WriteDep) -> EnrollmentShown:
    """Changes the status: a learner may drop their own, the rest is for who manages the roster."""
    return EnrollmentShown.model_validate(service.change_status(session, enrollment_id, change.status))


@router.delete(
    "/enrollments/{enrollment_id}", status_code=204, responses=documented(NotAllowed, NotFound, HasSubmissions)
)
def remove(enrollment_id: UUID, session: WriteDep) -> None:
    """Removes one that was made by mistake, with its progress, while nothing was handed in."""
    service.remove(session, enrollment_id)


@router.get("/enrollments/{enrollment_id}/result", responses=documented(NotFound))
def read_result(enrollment_id: UUID, session: ReadDep) -> ResultShown:
    """How the enrollment ended, once that is known."""
    return ResultShown.model_validate(service.read_result(session, enrollment_id))


@router.put("/enrollments/{enrollment_id}/result", responses=documented(NotAllowed, NotFound))
def give_result(enrollment_id: UUID, given: ResultGiven, session: WriteDep) -> ResultShown:
    """Says how it ended: the label that the risk model learns from."""
    return ResultShown.model_validate(service.give_result(session, enrollment_id, given.outcome))


@router.get("/enrollments/{enrollment_id}/progress", responses=documented(NotFound))
def read_progress(enrollment_id: UUID, session: ReadDep) -> ProgressShown:
    """Which lessons are finished, and how much of the course that is."""
    return lessons.read_progress(session, enrollment_id)


@router.get("/lessons/{lesson_id}", responses=documented(NotFound, NotEnrolled))
def open_lesson(lesson_id: UUID, session: WriteDep) -> LessonShown:
    """The lesson's content; an enrolled learner's opening is an event."""
    return LessonShown.model_validate(lessons.open_lesson(session, lesson_id))


@router.post("/lessons/{lesson_id}/complete", responses=documented(NotFound, NotEnrolled, EnrollmentEnded))
def complete_lesson(lesson_id: UUID, session: WriteDep, done: LessonDone | None = None) -> EnrollmentShown:
    """Finishes a lesson; again adds the time only."""
    seconds = done.seconds_spent if done else None
    enrollment, _ = lessons.complete_lesson(session, lesson_id, seconds_spent=seconds)
    return EnrollmentShown.model_validate(enrollment)
