"""What enrollments take and give over HTTP."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from contracts.events import EnrollmentStatus, Outcome
from lms_api.schemas import Answer, Body, Count


class Enroll(Body):
    """Without a body, the signed-in learner enrolls."""

    student_id: UUID | None = Field(default=None, description="By who manages the roster: whom to enroll.")
    credits: Count | None = Field(default=None, description="Credits studied at the same time.")


class StatusChange(Body):
    status: EnrollmentStatus


class ResultGiven(Body):
    outcome: Outcome


class LessonDone(Body):
    """`seconds_spent` is what this visit adds."""

    seconds_spent: int | None = Field(default=None, ge=0, le=7 * 24 * 3600)


class EnrollmentShown(Answer):
    id: UUID
    student_id: UUID
    course_id: UUID
    status: EnrollmentStatus
    enrolled_at: datetime
    completed_at: datetime | None
    ended_at: datetime | None
    progress_percentage: Decimal
    previous_attempts: int
    credits: int | None


class EnrollmentListed(EnrollmentShown):
    """With the learner's name: the instructor's roster."""

    first_name: str | None
    last_name: str | None
    email: str


class LessonProgressShown(Answer):
    lesson_id: UUID
    completed_at: datetime | None
    time_spent_seconds: int | None


class ProgressShown(Answer):
    """`progress_percentage` = finished lessons of all lessons of the course."""

    enrollment_id: UUID
    progress_percentage: Decimal
    lessons: list[LessonProgressShown]


class ResultShown(Answer):
    enrollment_id: UUID
    outcome: Outcome
    recorded_at: datetime
    revision: int
