"""What assessments take and give over HTTP."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from contracts.events import AssessmentKind
from lms_api.schemas import Answer, Body, Count

Title = Annotated[str, StringConstraints(min_length=1, max_length=255)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
Minutes = Annotated[int, Field(ge=1, le=7 * 24 * 60)]
Attempts = Annotated[int, Field(ge=1, le=1000)]
Weight = Annotated[Decimal, Field(ge=0, le=1000, max_digits=6, decimal_places=2)]
Points = Annotated[int, Field(ge=0, le=10_000)]


class _AssessmentFields(Body):
    instructions: LongText | None = None
    due_date: AwareDatetime | None = None
    time_limit_minutes: Minutes | None = Field(default=None, description="From the start of an attempt.")
    max_attempts: Attempts | None = Field(default=1, description="Null is as many as one likes.")
    total_points: Count | None = Field(default=None, description="Null is the sum of its questions' points.")
    weight: Weight | None = Field(default=None, description="Percent of the course's result.")


class NewAssessment(_AssessmentFields):
    title: Title
    type: AssessmentKind = AssessmentKind.QUIZ


class AssessmentChange(_AssessmentFields):
    """Only what is given changes; null empties a field that may be empty."""

    title: Title | None = None
    type: AssessmentKind | None = None

    def given(self) -> dict[str, Any]:
        """Names and values to set: a null for a field that can't be empty leaves it as it is."""
        sent = self.model_dump(exclude_unset=True)
        return {name: value for name, value in sent.items() if value is not None or name not in ("title", "type")}


class AssessmentShown(Answer):
    id: UUID
    course_id: UUID
    title: str
    type: AssessmentKind
    instructions: str | None
    due_date: datetime | None
    time_limit_minutes: int | None
    max_attempts: int | None
    total_points: int | None
    weight: Decimal | None
    created_at: datetime


class QuestionKind(StrEnum):
    MCQ = "mcq"
    TRUE_FALSE = "true_false"
    ESSAY = "essay"
    CODING = "coding"

    @property
    def grades_itself(self) -> bool:
        return self in (QuestionKind.MCQ, QuestionKind.TRUE_FALSE)


class Option(Body):
    key: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class QuestionGiven(Body):
    """A question as it is made or replaced, whole."""

    question_text: LongText
    question_type: QuestionKind
    options: Annotated[list[Option], Field(min_length=2, max_length=50)] | None = Field(
        default=None, description="For mcq only."
    )
    correct_answer: LongText | None = Field(
        default=None, description="mcq: an option's key; true_false: true or false."
    )
    points: Points = 1
    order_index: Count | None = Field(default=None, description="Left out: after the last one, or where it was.")

    @model_validator(mode="after")
    def _key_fits(self) -> Self:
        if (self.question_type is QuestionKind.MCQ) != (self.options is not None):
            raise ValueError("options belong to mcq and only to it; send at least two, each with key and text")
        keys = self._keys()
        if len(set(keys)) != len(keys):
            raise ValueError("two options have the same key; give each its own")
        if keys and self.correct_answer not in keys:
            raise ValueError(f"correct_answer must be one of {', '.join(keys)}")
        return self

    def _keys(self) -> list[str]:
        if self.question_type is QuestionKind.TRUE_FALSE:
            return ["true", "false"]
        return [option.key for option in self.options or ()]


class QuestionShown(Answer):
    """`correct_answer` is null for learners."""

    id: UUID
    assessment_id: UUID
    question_text: str
    question_type: QuestionKind
    options: list[dict[str, Any]] | None
    correct_answer: str | None
    points: int
    order_index: int


class AnswerGiven(Body):
    question_id: UUID
    answer_text: Annotated[str, StringConstraints(max_length=50_000, strip_whitespace=False)] | None = None


class HandIn(Body):
    answers: Annotated[list[AnswerGiven], Field(max_length=500)] = Field(default_factory=list)


class PointsGiven(Body):
    question_id: UUID
    points: Points


class Grade(Body):
    """Either the score in percent, or points for the questions that don't grade themselves."""

    score: Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)] | None = None
    points: Annotated[list[PointsGiven], Field(max_length=500)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.score is None) == (self.points is None):
            raise ValueError("send either score or points")
        return self


class AnswerShown(Answer):
    question_id: UUID
    answer_text: str | None
    is_correct: bool | None
    points_earned: int | None


class SubmissionShown(Answer):
    """One attempt. `score` is percent, null until it is graded."""

    id: UUID
    assessment_id: UUID
    enrollment_id: UUID
    student_id: UUID
    attempt: int
    started_at: datetime | None
    submit_by: datetime | None = Field(default=None, description="While it is under way with a time limit.")
    submitted_at: datetime | None
    banked: bool
    score: Decimal | None
    graded_at: datetime | None
    grade_revision: int
    answers: list[AnswerShown] = Field(default_factory=list)
