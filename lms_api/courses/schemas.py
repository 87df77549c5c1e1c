"""What courses and lessons take and give over HTTP."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from contracts.events import Difficulty
from contracts.ids import Slug
from lms_api.schemas import Answer, Body, Count

Title = Annotated[str, StringConstraints(min_length=1, max_length=255)]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]
CourseSlug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.+-]{0,254}$")]
LongText = Annotated[str, StringConstraints(max_length=200_000)]
Price = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]
Week = Annotated[int, Field(ge=-520, le=520)]


class _CourseFields(Body):
    description: LongText | None = None
    thumbnail_url: WebAddress | None = None
    category: Slug | None = None
    tags: Annotated[list[Slug], Field(max_length=30)] = Field(default_factory=list)
    difficulty_level: Difficulty | None = None
    duration_hours: Count | None = None
    price: Price | None = None
    is_published: bool = False
    enrollment_limit: Count | None = Field(default=None, description="Seats; null is as many as come.")
    starts_at: AwareDatetime | None = Field(default=None, description="Null for a self-paced course.")
    ends_at: AwareDatetime | None = None
    instructor_id: UUID | None = Field(default=None, description="An administrator may name one; else it is you.")


class NewCourse(_CourseFields):
    title: Title
    slug: CourseSlug
    family: Slug | None = Field(default=None, description="What repeats from term to term; the slug where left out.")


class CourseChange(_CourseFields):
    """Only what is given changes; null empties a field that may be empty."""

    title: Title | None = None
    slug: CourseSlug | None = None
    family: Slug | None = None

    def given(self) -> dict[str, Any]:
        """Names and values to set: a null for a field that can't be empty leaves it as it is."""
        kept = ("title", "slug", "family", "tags", "is_published")
        sent = self.model_dump(exclude_unset=True)
        return {name: value for name, value in sent.items() if value is not None or name not in kept}


class CourseShown(Answer):
    id: UUID
    instructor_id: UUID | None
    title: str
    slug: str
    family: str
    description: str | None
    thumbnail_url: str | None
    category: str | None
    tags: list[str]
    difficulty_level: Difficulty | None
    duration_hours: int | None
    price: Decimal | None
    is_published: bool
    enrollment_limit: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    updated_at: datetime


class _LessonFields(Body):
    content: LongText | None = Field(default=None, description="Markdown.")
    video_url: WebAddress | None = None
    duration_minutes: Count | None = None
    is_free: bool = Field(default=False, description="True: readable without being enrolled.")
    activity_type: Slug = "lesson"
    week_from: Week | None = Field(default=None, description="The course week in which it is meant to be used first.")
    week_to: Week | None = None

    @model_validator(mode="after")
    def _weeks_in_order(self) -> Self:
        if self.week_from is not None and self.week_to is not None and self.week_to < self.week_from:
            raise ValueError("week_to is before week_from; send them in order")
        return self


class NewLesson(_LessonFields):
    title: Title
    order_index: Count | None = Field(default=None, description="Left out: after the last one.")


class LessonChange(_LessonFields):
    """Only what is given changes; null empties a field that may be empty."""

    title: Title | None = None
    order_index: Count | None = None

    def given(self) -> dict[str, Any]:
        """Names and values to set: a null for a field that can't be empty leaves it as it is."""
        kept = ("title", "order_index", "is_free", "activity_type")
        sent = self.model_dump(exclude_unset=True)
        return {name: value for name, value in sent.items() if value is not None or name not in kept}


class LessonListed(Answer):
    """A lesson as the table of contents shows it."""

    id: UUID
    course_id: UUID
    title: str
    activity_type: str
    order_index: int
    duration_minutes: int | None
    is_free: bool
    week_from: int | None
    week_to: int | None


class LessonShown(LessonListed):
    content: str | None
    video_url: str | None
    created_at: datetime
    updated_at: datetime
