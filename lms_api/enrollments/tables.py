"""Tables of enrollments, lesson progress and course results."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from lms_api.db import Base, Created, Identified, Tenant


class Enrollment(Identified, Tenant, Base):
    """A learner in a course, once; who comes back after leaving has the same row again."""

    __tablename__ = "enrollments"
    __table_args__ = (
        UniqueConstraint("student_id", "course_id"),
        CheckConstraint("status in ('active', 'completed', 'dropped')", name="status"),
        CheckConstraint("progress_percentage between 0 and 100", name="progress_percentage"),
        Index("idx_enrollments_student", "student_id"),
        Index("idx_enrollments_course", "course_id"),
    )

    student_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id"))
    enrolled_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was completed or dropped."""
    progress_percentage: Mapped[Decimal] = mapped_column(Numeric(5, 2), default=Decimal(0), server_default=text("0"))
    status: Mapped[str] = mapped_column(String(20), default="active", server_default="active")
    previous_attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    credits: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class LessonProgress(Identified, Tenant, Created, Base):
    """A learner's state in one lesson."""

    __tablename__ = "lesson_progress"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "lesson_id"),
        CheckConstraint("time_spent_seconds >= 0", name="time_spent_seconds"),
        Index("idx_lesson_progress_enrollment", "enrollment_id"),
        Index("idx_lesson_progress_lesson", "lesson_id"),
    )

    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id", ondelete="CASCADE"))
    completed_at: Mapped[datetime | None]
    time_spent_seconds: Mapped[int | None]


class CourseResult(Tenant, Base):
    """How an enrollment ended. A retracted one stays, so that its revision goes on growing."""

    __tablename__ = "course_results"
    __table_args__ = (CheckConstraint("outcome in ('distinction', 'pass', 'fail', 'withdrawn')", name="outcome"),)

    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20))
    recorded_at: Mapped[datetime]
    retracted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))
