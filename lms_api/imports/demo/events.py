"""The demo's history as events, each recorded when it happened."""

from collections.abc import Iterator
from uuid import UUID

import polars as pl

from contracts.events import (
    ActivityViewed,
    AssessmentChanged,
    AssessmentSubmitted,
    CourseChanged,
    CourseResultRecorded,
    EnrollmentChanged,
    EnrollmentStatus,
    Event,
    LessonChanged,
    LessonCompleted,
    SubmissionGraded,
)
from lms_api.imports.campus import Said
from lms_api.imports.demo.calendar import moment
from lms_api.imports.demo.nouns import FILE, Nouns
from lms_api.imports.demo.rows import HOURS, max_attempts
from lms_api.imports.events import event_frame

CHUNK = 200_000


def events(found: Nouns, organization: UUID) -> Iterator[Said]:
    """Courses first, then what people did."""

    def say(kind: type[Event], rows: pl.DataFrame, *key: str) -> Said:
        return Said(event_frame(kind, rows, organization_id=organization, file=FILE, key=key))

    yield say(CourseChanged, _courses(found.courses), "course_id")
    yield say(LessonChanged, _lessons(found.lessons), "lesson_id")
    yield say(AssessmentChanged, _assessments(found.assessments), "assessment_id")
    yield say(EnrollmentChanged, _enrolled(found.enrollments), "enrollment_id", "revision")
    yield say(EnrollmentChanged, _ended(found.enrollments), "enrollment_id", "revision")
    for views in found.views.iter_slices(CHUNK):
        yield say(ActivityViewed, _views(views), "enrollment_id", "lesson_id", "second")
    yield say(LessonCompleted, _completions(found.completions), "enrollment_id", "lesson_id")
    yield say(AssessmentSubmitted, _submitted(found.submissions), "submission_id")
    yield say(SubmissionGraded, _graded(found.submissions), "submission_id", "revision")
    yield say(CourseResultRecorded, _results(found.enrollments), "enrollment_id")


def _courses(courses: pl.DataFrame) -> pl.DataFrame:
    return courses.select(
        "course_id",
        "category",
        "tags",
        "difficulty",
        "starts_at",
        "ends_at",
        family="code",
        duration_hours=pl.lit(HOURS),
        published=pl.lit(True),
        revision=pl.lit(1),
        occurred_at="announced_at",
    )


def _lessons(lessons: pl.DataFrame) -> pl.DataFrame:
    return lessons.select(
        "course_id",
        "lesson_id",
        "activity_type",
        "duration_minutes",
        "week_from",
        order_index="page",
        week_to="week_from",
        is_free=pl.col("page") == 0,
        revision=pl.lit(1),
        occurred_at="announced_at",
    )


def _assessments(assessments: pl.DataFrame) -> pl.DataFrame:
    return assessments.select(
        "course_id",
        "assessment_id",
        "kind",
        "due_at",
        "weight",
        "total_points",
        "questions",
        max_attempts=max_attempts(),
        revision=pl.lit(1),
        occurred_at="announced_at",
    )


_STATE = ("actor_id", "course_id", "enrollment_id", "enrolled_at")


def _enrolled(enrollments: pl.DataFrame) -> pl.DataFrame:
    return enrollments.select(
        *_STATE,
        status=pl.lit(EnrollmentStatus.ACTIVE.value),
        previous_attempts="tries",
        revision=pl.lit(1),
        occurred_at="enrolled_at",
    )


def _ended(enrollments: pl.DataFrame) -> pl.DataFrame:
    return enrollments.filter(pl.col("later_status").is_not_null()).select(
        *_STATE,
        "ended_at",
        status="later_status",
        previous_attempts="tries",
        revision=pl.lit(2),
        occurred_at="ended_at",
    )


_WHO = ("actor_id", "course_id", "enrollment_id")


def _views(views: pl.DataFrame) -> pl.DataFrame:
    return views.select(*_WHO, "lesson_id", "second", occurred_at=moment("second"))


def _completions(completions: pl.DataFrame) -> pl.DataFrame:
    return completions.select(*_WHO, "lesson_id", seconds_spent="spent", occurred_at=moment("second"))


def _submitted(submissions: pl.DataFrame) -> pl.DataFrame:
    return submissions.select(*_WHO, "assessment_id", "submission_id", "attempt", occurred_at="submitted_at")


def _graded(submissions: pl.DataFrame) -> pl.DataFrame:
    return submissions.filter(pl.col("graded_at").is_not_null()).select(
        *_WHO, "assessment_id", "submission_id", "score", revision=pl.lit(1), occurred_at="graded_at"
    )


def _results(enrollments: pl.DataFrame) -> pl.DataFrame:
    return enrollments.filter(pl.col("outcome").is_not_null()).select(
        *_WHO, "outcome", revision=pl.lit(1), occurred_at="result_at"
    )
