"""The LMS's rows of the nouns, as its tables have them."""

from uuid import UUID

import polars as pl

from contracts.events import EnrollmentStatus
from lms_api.imports.oulad.nouns import Nouns

Rows = tuple[tuple[str, pl.DataFrame], ...]


def rows(found: Nouns, organization_id: UUID, *, instructor_id: str) -> Rows:
    """In the order of the foreign keys; users come before them."""
    owner = pl.lit(str(organization_id)).alias("organization_id")
    return (
        ("courses", _courses(found.courses, owner, instructor_id)),
        ("lessons", _lessons(found.pages, owner)),
        ("assessments", _assessments(found.assessments, owner)),
        ("enrollments", _enrollments(found.enrollments, owner)),
        ("course_results", _results(found.enrollments, owner)),
        ("submissions", _submissions(found.submissions, owner)),
    )


def _courses(courses: pl.DataFrame, owner: pl.Expr, instructor_id: str) -> pl.DataFrame:
    return courses.select(
        owner,
        id="course_id",
        instructor_id=pl.lit(instructor_id),
        title=pl.format("{}, presentation {}", "code_module", "code_presentation"),
        slug=pl.format("{}-{}", "family", pl.col("code_presentation").str.to_lowercase()),
        family="family",
        is_published=pl.lit(True),
        starts_at="starts_at",
        ends_at="ends_at",
        created_at="scheduled_at",
        updated_at="scheduled_at",
    )


def _lessons(pages: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    return pages.select(
        owner,
        "course_id",
        "order_index",
        "activity_type",
        "week_from",
        "week_to",
        id="lesson_id",
        title=pl.format("{} {}", pl.col("activity_type").str.to_titlecase(), "id_site"),
        created_at="scheduled_at",
        updated_at="scheduled_at",
    )


def _assessments(assessments: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    return assessments.select(
        owner,
        "course_id",
        "weight",
        id="assessment_id",
        title=pl.format("{} {}", "assessment_type", "number"),
        type="kind",
        due_date="due_at",
        max_attempts=pl.lit(1),
        total_points=pl.lit(100),
        created_at="scheduled_at",
    )


def _enrollments(enrollments: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    status = pl.col("later_status").fill_null(EnrollmentStatus.ACTIVE.value)
    completed = status == EnrollmentStatus.COMPLETED.value
    return enrollments.select(
        owner,
        "course_id",
        "enrolled_at",
        "ended_at",
        id="enrollment_id",
        student_id="user_id",
        completed_at=pl.when(completed).then("ended_at"),
        progress_percentage=pl.when(completed).then(100).otherwise(0),
        status=status,
        previous_attempts="num_of_prev_attempts",
        credits="studied_credits",
        revision=pl.when(pl.col("later_status").is_null()).then(1).otherwise(2),
    )


def _results(enrollments: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    return enrollments.select(owner, "enrollment_id", "outcome", recorded_at="result_at")


def _submissions(submissions: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    graded = pl.col("score").is_not_null()
    return submissions.select(
        owner,
        "assessment_id",
        "enrollment_id",
        "submitted_at",
        "banked",
        "score",
        id="submission_id",
        student_id="user_id",
        attempt=pl.lit(1),
        graded_at=pl.when(graded).then("graded_at"),
        grade_revision=graded.cast(pl.Int32),
        created_at="known_at",
    )
