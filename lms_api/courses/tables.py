"""Tables of courses and lessons."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lms_api.db import Base, Identified, Tenant, Updated


class Course(Identified, Tenant, Updated, Base):
    """One presentation of a module; `family` is the module's code. Without dates it is self-paced."""

    __tablename__ = "courses"
    __table_args__ = (
        UniqueConstraint("organization_id", "slug"),
        CheckConstraint("difficulty_level in ('beginner', 'intermediate', 'advanced')", name="difficulty_level"),
        CheckConstraint("enrollment_limit >= 0", name="enrollment_limit"),
        CheckConstraint("ends_at > starts_at", name="dates"),
        Index("idx_courses_organization", "organization_id"),
        Index("idx_courses_instructor", "instructor_id"),
        Index("idx_courses_published", "is_published", postgresql_where=text("is_published = true")),
    )

    instructor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(255))
    family: Mapped[str] = mapped_column(String(64))
    description: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    category: Mapped[str | None] = mapped_column(String(100))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    difficulty_level: Mapped[str | None] = mapped_column(String(20))
    duration_hours: Mapped[int | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    is_published: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    enrollment_limit: Mapped[int | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class Lesson(Identified, Tenant, Updated, Base):
    """A lesson, or any other page that a learner can open; `activity_type` says which kind."""

    __tablename__ = "lessons"
    __table_args__ = (Index("idx_lessons_course", "course_id", "order_index"),)

    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    content: Mapped[str | None]
    video_url: Mapped[str | None]
    duration_minutes: Mapped[int | None]
    order_index: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    is_free: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    activity_type: Mapped[str] = mapped_column(String(64), default="lesson", server_default="lesson")
    week_from: Mapped[int | None]
    week_to: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))
