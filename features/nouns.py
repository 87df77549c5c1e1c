"""What there is to learn for and to recommend: organizations, courses and lessons as the marts know them now."""

from uuid import UUID

import polars as pl

from features import marts
from stack.settings import Settings


def organizations(settings: Settings) -> list[UUID]:
    """Every organization whose events have landed, in a stable order."""
    found = marts.read(
        "SELECT DISTINCT toString(organization_id) AS id FROM marts.dim_organizations ORDER BY id", {}, settings
    )
    return [UUID(each) for each in found["id"]]


def courses(organization_id: UUID, settings: Settings) -> pl.DataFrame:
    """course_id, family, category, tags (a list), published, starts_at, ends_at."""
    query = (
        "SELECT toString(course_id) AS course_id, toString(family) AS family, toString(category) AS category, tags, "
    )
    query += "published, starts_at, ends_at FROM marts.dim_courses AS mart "
    query += "WHERE mart.organization_id = {organization_id:UUID} AND NOT deleted ORDER BY course_id"
    return marts.read(query, {"organization_id": organization_id}, settings)


def lessons(organization_id: UUID, settings: Settings) -> pl.DataFrame:
    """course_id, lesson_id, order_index."""
    query = "SELECT toString(course_id) AS course_id, toString(lesson_id) AS lesson_id, order_index "
    query += "FROM marts.dim_lessons AS mart WHERE mart.organization_id = {organization_id:UUID} AND NOT deleted "
    query += "ORDER BY course_id, order_index, lesson_id"
    return marts.read(query, {"organization_id": organization_id}, settings)
