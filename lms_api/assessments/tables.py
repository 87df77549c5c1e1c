"""Tables of assessments, questions, attempts and answers."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from lms_api.db import Base, Created, Identified, Tenant


class Assessment(Identified, Tenant, Created, Base):
    """Something to hand in. `weight` is percent of the course's result."""

    __tablename__ = "assessments"
    __table_args__ = (
        CheckConstraint("type in ('quiz', 'assignment', 'project', 'exam')", name="type"),
        CheckConstraint("max_attempts >= 1", name="max_attempts"),
        CheckConstraint("time_limit_minutes >= 1", name="time_limit_minutes"),
        CheckConstraint("weight >= 0", name="weight"),
        CheckConstraint("total_points >= 0", name="total_points"),
        Index("idx_assessments_course", "course_id"),
    )

    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(50))
    instructions: Mapped[str | None]
    due_date: Mapped[datetime | None]
    time_limit_minutes: Mapped[int | None]
    # evaluates_none: a null that is given is stored, and only what is left out becomes the default
    max_attempts: Mapped[int | None] = mapped_column(Integer().evaluates_none(), server_default=text("1"))
    """None is as many as one likes."""
    total_points: Mapped[int | None]
    """None is the sum of its questions' points."""
    weight: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class Question(Identified, Tenant, Created, Base):
    """One question; `correct_answer` never leaves for a learner before the attempt is in."""

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("question_type in ('mcq', 'true_false', 'essay', 'coding')", name="question_type"),
        CheckConstraint("points >= 0", name="points"),
        Index("idx_questions_assessment", "assessment_id"),
    )

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessments.id", ondelete="CASCADE"))
    question_text: Mapped[str]
    question_type: Mapped[str] = mapped_column(String(50))
    options: Mapped[list[dict[str, Any]] | None]
    """For mcq: a list of `{"key", "text"}`."""
    correct_answer: Mapped[str | None]
    points: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    order_index: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class Submission(Identified, Tenant, Created, Base):
    """One attempt: begun, handed in, graded. `score` is percent; `grade_revision` 0 means not graded yet."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("assessment_id", "enrollment_id", "attempt"),
        CheckConstraint("attempt >= 1", name="attempt"),
        CheckConstraint("score between 0 and 100", name="score"),
        Index("idx_submissions_enrollment", "enrollment_id"),
        Index("idx_submissions_student", "student_id"),
    )

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("assessments.id"))
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id"))
    student_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    attempt: Mapped[int]
    started_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    """None while the attempt is under way."""
    banked: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    score: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    graded_at: Mapped[datetime | None]
    grade_revision: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class StudentAnswer(Identified, Tenant, Base):
    """One answer in an attempt; `is_correct` and `points_earned` are None until somebody graded it."""

    __tablename__ = "student_answers"
    __table_args__ = (
        UniqueConstraint("submission_id", "question_id"),
        Index("idx_student_answers_student", "student_id"),
        Index("idx_student_answers_question", "question_id"),
    )

    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    student_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    question_id: Mapped[UUID] = mapped_column(ForeignKey("questions.id"))
    answer_text: Mapped[str | None]
    is_correct: Mapped[bool | None]
    points_earned: Mapped[int | None]
    submitted_at: Mapped[datetime] = mapped_column(server_default=func.now())
