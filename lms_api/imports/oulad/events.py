"""The nouns as events, each with the moments of what was known when."""

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
    LearnerAttributesRecorded,
    LessonChanged,
    SubmissionGraded,
)
from lms_api.imports.campus import Said
from lms_api.imports.events import event_frame
from lms_api.imports.oulad.layout import (
    ASSESSMENTS,
    COURSES,
    STUDENT_ASSESSMENT,
    STUDENT_INFO,
    STUDENT_REGISTRATION,
    STUDENT_VLE,
    VLE,
    WITHIN,
    Table,
)
from lms_api.imports.oulad.nouns import Nouns
from lms_api.imports.oulad.relations import ENROLLMENT, ENROLLMENT_ROW, PAGE_ROW

CHUNK = 200_000
"""Rows of studentVle made into events at once: about 100 MB."""


def events(found: Nouns, organization_id: UUID) -> Iterator[Said]:
    """Schedules, people, results, then what learners did; one event per row of the file but where `further`."""
    say = _Speaker(organization_id)
    yield say(COURSES, CourseChanged, _courses(found.courses), WITHIN)
    yield say(VLE, LessonChanged, _pages(found.pages), ("id_site",))
    yield say(ASSESSMENTS, AssessmentChanged, _assessments(found.assessments), ("id_assessment",))
    yield say(STUDENT_REGISTRATION, EnrollmentChanged, _registered(found.enrollments), (*ENROLLMENT, "revision"))
    yield say(
        STUDENT_REGISTRATION, EnrollmentChanged, _ended(found.enrollments), (*ENROLLMENT, "revision"), further=True
    )
    yield say(STUDENT_INFO, CourseResultRecorded, _results(found.enrollments), ENROLLMENT)
    yield say(STUDENT_INFO, LearnerAttributesRecorded, _attributes(found.enrollments), ENROLLMENT, further=True)
    yield say(STUDENT_ASSESSMENT, AssessmentSubmitted, _submitted(found.submissions), STUDENT_ASSESSMENT.key)
    yield say(STUDENT_ASSESSMENT, SubmissionGraded, _graded(found.submissions), STUDENT_ASSESSMENT.key, further=True)
    for viewed in _viewed(found):
        yield say(STUDENT_VLE, ActivityViewed, viewed, ("id_student", "id_site", "date"))


class _Speaker:
    """Says events of one organization."""

    def __init__(self, organization_id: UUID) -> None:
        self._organization_id = organization_id

    def __call__(
        self, table: Table, kind: type[Event], rows: pl.DataFrame, key: tuple[str, ...], *, further: bool = False
    ) -> Said:
        frame = event_frame(kind, rows, organization_id=self._organization_id, file=table.file, key=key)
        return Said(frame, table=table.name, further=further)


def _courses(courses: pl.DataFrame) -> pl.DataFrame:
    return courses.select(
        *WITHIN,
        "course_id",
        "family",
        "starts_at",
        "ends_at",
        revision=pl.lit(1),
        published=pl.lit(True),
        occurred_at="scheduled_at",
    )


def _pages(pages: pl.DataFrame) -> pl.DataFrame:
    return pages.select(
        "id_site",
        "course_id",
        "lesson_id",
        "activity_type",
        "order_index",
        "week_from",
        "week_to",
        revision=pl.lit(1),
        occurred_at="scheduled_at",
    )


def _assessments(assessments: pl.DataFrame) -> pl.DataFrame:
    return assessments.select(
        "id_assessment",
        "course_id",
        "assessment_id",
        "kind",
        "due_at",
        "weight",
        total_points=pl.lit(100.0),
        max_attempts=pl.lit(1),
        revision=pl.lit(1),
        occurred_at="scheduled_at",
    )


_STATE = (*ENROLLMENT, "actor_id", "course_id", "enrollment_id", "enrolled_at")


def _registered(enrollments: pl.DataFrame) -> pl.DataFrame:
    return enrollments.select(
        *_STATE,
        status=pl.lit(EnrollmentStatus.ACTIVE.value),
        ended_at=pl.lit(None, pl.String),
        previous_attempts="num_of_prev_attempts",
        credits="studied_credits",
        revision=pl.lit(1),
        occurred_at="enrolled_at",
    )


def _ended(enrollments: pl.DataFrame) -> pl.DataFrame:
    """Left, or passed at the end; who failed just stays until the course is over."""
    return enrollments.filter(pl.col("later_status").is_not_null()).select(
        *_STATE,
        "ended_at",
        status="later_status",
        previous_attempts="num_of_prev_attempts",
        credits="studied_credits",
        revision=pl.lit(2),
        occurred_at="ended_at",
    )


def _results(enrollments: pl.DataFrame) -> pl.DataFrame:
    return enrollments.select(
        *ENROLLMENT, "actor_id", "course_id", "enrollment_id", "outcome", revision=pl.lit(1), occurred_at="result_at"
    )


def _attributes(enrollments: pl.DataFrame) -> pl.DataFrame:
    return enrollments.select(
        *ENROLLMENT,
        "actor_id",
        "course_id",
        "enrollment_id",
        gender=_word("gender"),
        age_band=_word("age_band"),
        region=_word("region"),
        education=_word("highest_education"),
        deprivation_band=_word("imd_band"),
        disability=pl.col("disability") == "Y",
        occurred_at="enrolled_at",
    )


def _word(name: str) -> pl.Expr:
    """A word as contracts want it: "East Anglian Region" → east-anglian-region, "10-20%" → 10-20, "55<=" → 55+."""
    lower = pl.col(name).str.strip_chars().str.to_lowercase().str.replace_all("%", "", literal=True)
    return lower.str.replace(r"<=$", "+").str.replace_all(r"[^a-z0-9_.+-]+", "-").str.strip_chars("-").str.head(64)


def _submitted(submissions: pl.DataFrame) -> pl.DataFrame:
    return submissions.select(
        *STUDENT_ASSESSMENT.key,
        "actor_id",
        "course_id",
        "enrollment_id",
        "assessment_id",
        "submission_id",
        "banked",
        attempt=pl.lit(1),
        occurred_at="submitted_at",
        recorded_at="known_at",
    )


def _graded(submissions: pl.DataFrame) -> pl.DataFrame:
    return submissions.filter(pl.col("score").is_not_null()).select(
        *STUDENT_ASSESSMENT.key,
        "actor_id",
        "course_id",
        "enrollment_id",
        "assessment_id",
        "submission_id",
        "score",
        revision=pl.lit(1),
        occurred_at="graded_at",
    )


def _viewed(found: Nouns) -> Iterator[pl.DataFrame]:
    """In the order of the days within their presentations, a chunk at a time."""
    enrollments = found.enrollments.select(
        ENROLLMENT_ROW, "id_student", "enrollment_id", "actor_id", "course_id", "starts_at"
    )
    pages = found.pages.select("lesson_id", "id_site").with_row_index(PAGE_ROW)
    for chunk in found.clicks.iter_slices(CHUNK):
        placed = chunk.join(enrollments, on=ENROLLMENT_ROW, maintain_order="left").join(
            pages, on=PAGE_ROW, maintain_order="left"
        )
        yield placed.select(
            "id_student",
            "id_site",
            "date",
            "actor_id",
            "course_id",
            "enrollment_id",
            "lesson_id",
            views="clicks",
            occurred_at=pl.col("starts_at") + pl.duration(days="date", seconds=86_399),
        )
