"""What the tables tell of, with our ids and the moments of design: who knew what, when.

A presentation's day is a midnight in UTC and what happened on it is dated at its end, 23:59:59, but for registrations,
which are dated at its beginning, so that who registers and leaves on one day has been enrolled.
"""

from dataclasses import dataclass
from uuid import UUID

import polars as pl

from contracts.events import AssessmentKind, EnrollmentStatus, Outcome
from lms_api.imports.ids import derived_ids, random_ids
from lms_api.imports.oulad.layout import WITHIN
from lms_api.imports.oulad.relations import ENROLLMENT, ENROLLMENT_ROW, Tables

FIRST_MONTH = {"B": 2, "J": 10}
SCHEDULE_DAYS_BEFORE = 400
"""Schedules are recorded this long before the start; the real data's earliest event is 365 days before it."""
TUTOR_MARKED_DAYS = 14
KINDS = {"TMA": AssessmentKind.ASSIGNMENT, "CMA": AssessmentKind.QUIZ, "Exam": AssessmentKind.EXAM}
DOMAIN = "oulad.invalid"


@dataclass(frozen=True)
class Nouns:
    """Frames with ids, codes and moments; `clicks` still points into `enrollments` and `pages` by row."""

    courses: pl.DataFrame
    pages: pl.DataFrame
    assessments: pl.DataFrame
    learners: pl.DataFrame
    enrollments: pl.DataFrame
    submissions: pl.DataFrame
    clicks: pl.DataFrame


def nouns(tables: Tables, organization_id: UUID) -> Nouns:
    """Ids are the same for the same file; only pseudonyms are drawn anew."""
    courses = _courses(tables, organization_id)
    schedule = courses.select(*WITHIN, "course_id", "starts_at", "ends_at", "scheduled_at")
    learners = _learners(tables, organization_id)
    enrollments = _enrollments(tables, organization_id, schedule, learners)
    assessments = _assessments(tables, organization_id, schedule)
    joined = enrollments.group_by("id_student").agg(pl.col("enrolled_at").min().alias("joined_at"))
    return Nouns(
        courses=courses,
        pages=_pages(tables, organization_id, schedule),
        assessments=assessments,
        learners=learners.join(joined, on="id_student", maintain_order="left"),
        enrollments=enrollments,
        submissions=_submissions(tables, organization_id, assessments, enrollments),
        clicks=tables.clicks,
    )


def morning(day: str, start: str = "starts_at") -> pl.Expr:
    """The first moment of a presentation's day."""
    return pl.col(start) + pl.duration(days=pl.col(day))


def evening(day: str, start: str = "starts_at") -> pl.Expr:
    """23:59:59 of a presentation's day: when that day's happenings are known."""
    return morning(day, start) + pl.duration(seconds=86_399)


def _courses(tables: Tables, organization_id: UUID) -> pl.DataFrame:
    code = pl.col("code_presentation")
    start = pl.datetime(
        code.str.head(4).cast(pl.Int32),
        code.str.tail(1).replace_strict(FIRST_MONTH, return_dtype=pl.Int8),
        1,
        time_zone="UTC",
    )
    return (
        tables.courses.with_columns(
            derived_ids(tables.courses, (organization_id, "courses.csv"), *WITHIN).alias("course_id"),
            pl.col("code_module").str.to_lowercase().alias("family"),
            start.alias("starts_at"),
            _earliest_days(tables).alias("earliest"),
        )
        .with_columns(
            morning("module_presentation_length").alias("ends_at"),
            (morning("earliest") - pl.duration(days=1)).alias("scheduled_at"),
        )
        .sort("starts_at", "code_module")
    )


def _earliest_days(tables: Tables) -> pl.Series:
    """Per course: the day before which nothing of the presentation happened, 399 days before the start or earlier."""
    info = tables.student_info.select(WITHIN).with_row_index(ENROLLMENT_ROW)
    clicked = tables.clicks.join(info, on=ENROLLMENT_ROW).select(*WITHIN, "date")
    registered = tables.registration.select(
        *WITHIN, pl.min_horizontal("date_registration", "date_unregistration").alias("date")
    )
    submitted = tables.submissions.join(tables.assessments.select("id_assessment", *WITHIN), on="id_assessment").select(
        *WITHIN, pl.col("date_submitted").alias("date")
    )
    days = pl.concat([clicked, registered, submitted]).group_by(WITHIN).agg(pl.col("date").min())
    found = tables.courses.join(days, on=WITHIN, how="left", maintain_order="left")
    return found.select(pl.min_horizontal("date", pl.lit(1 - SCHEDULE_DAYS_BEFORE))).to_series()


def _pages(tables: Tables, organization_id: UUID, schedule: pl.DataFrame) -> pl.DataFrame:
    """In the order of the file's rows, to which `clicks` points."""
    return tables.vle.with_columns(
        derived_ids(tables.vle, (organization_id, "vle.csv"), "id_site").alias("lesson_id"),
        (pl.col("id_site").rank("ordinal").over(WITHIN) - 1).cast(pl.Int32).alias("order_index"),
    ).join(schedule, on=WITHIN, maintain_order="left")


def _assessments(tables: Tables, organization_id: UUID, schedule: pl.DataFrame) -> pl.DataFrame:
    return (
        tables.assessments.join(schedule, on=WITHIN, maintain_order="left")
        .with_columns(
            derived_ids(tables.assessments, (organization_id, "assessments.csv"), "id_assessment").alias(
                "assessment_id"
            ),
            pl.col("assessment_type").replace_strict({code: kind.value for code, kind in KINDS.items()}).alias("kind"),
            evening("date").alias("due_at"),
        )
        .with_columns(
            pl.int_range(1, pl.len() + 1)
            .over(*WITHIN, "assessment_type", order_by=["date", "id_assessment"])
            .alias("number")
        )
    )


def _learners(tables: Tables, organization_id: UUID) -> pl.DataFrame:
    """One account per student, across presentations."""
    students = tables.student_info.select("id_student").unique().sort("id_student")
    return students.with_columns(
        derived_ids(students, (organization_id, "studentInfo.csv"), "id_student").alias("user_id"),
        random_ids(students.height).alias("actor_id"),
        pl.format("{}@{}", "id_student", pl.lit(DOMAIN)).alias("email"),
    )


def _enrollments(tables: Tables, organization_id: UUID, schedule: pl.DataFrame, learners: pl.DataFrame) -> pl.DataFrame:
    """In the order of studentInfo's rows, to which `clicks` points."""
    first_clicks = tables.clicks.group_by(ENROLLMENT_ROW).agg(pl.col("date").min().alias("first_click"))
    left, ended = EnrollmentStatus.DROPPED.value, EnrollmentStatus.COMPLETED.value
    withdrawn = pl.col("final_result") == "Withdrawn"
    passed = pl.col("final_result").is_in(["Pass", "Distinction"])
    return (
        tables.student_info.drop("line")
        .with_row_index(ENROLLMENT_ROW)
        .join(tables.registration.drop("line"), on=ENROLLMENT, maintain_order="left")
        .join(first_clicks, on=ENROLLMENT_ROW, how="left", maintain_order="left")
        .join(schedule, on=WITHIN, maintain_order="left")
        .join(learners.select("id_student", "user_id", "actor_id"), on="id_student", maintain_order="left")
        .with_columns(
            derived_ids(tables.student_info, (organization_id, "studentRegistration.csv"), *ENROLLMENT).alias(
                "enrollment_id"
            ),
            # who has no registration date was there at the latest when something of theirs is dated
            pl.coalesce("date_registration", pl.min_horizontal(pl.lit(-1), "date_unregistration", "first_click")).alias(
                "enrolled_day"
            ),
        )
        .with_columns(
            morning("enrolled_day").alias("enrolled_at"),
            pl.when(withdrawn & pl.col("date_unregistration").is_null())
            .then(pl.col("ends_at"))
            .otherwise(evening("date_unregistration"))
            .alias("left_at"),
            pl.col("final_result")
            .str.to_lowercase()
            .cast(pl.Enum([outcome.value for outcome in Outcome]))
            .cast(pl.String)
            .alias("outcome"),
        )
        .with_columns(
            pl.when(pl.col("left_at").is_not_null())
            .then(pl.lit(left))
            .when(passed)
            .then(pl.lit(ended))
            .alias("later_status"),
            pl.when(pl.col("left_at").is_not_null()).then("left_at").when(passed).then("ends_at").alias("ended_at"),
            pl.when(withdrawn).then(pl.min_horizontal("left_at", "ends_at")).otherwise("ends_at").alias("result_at"),
        )
    )


def _submissions(
    tables: Tables, organization_id: UUID, assessments: pl.DataFrame, enrollments: pl.DataFrame
) -> pl.DataFrame:
    """`submitted_at` is when it was done, `known_at` when it was known to be, `graded_at` when its score was."""
    banked = pl.col("banked")
    return (
        tables.submissions.join(
            assessments.select("id_assessment", "assessment_id", "assessment_type", *WITHIN),
            on="id_assessment",
            maintain_order="left",
        )
        .join(
            enrollments.select(
                *ENROLLMENT, "enrollment_id", "user_id", "actor_id", "course_id", "starts_at", "ends_at"
            ),
            on=ENROLLMENT,
            maintain_order="left",
        )
        .with_columns(
            derived_ids(
                tables.submissions, (organization_id, "studentAssessment.csv"), "id_assessment", "id_student"
            ).alias("submission_id"),
            (pl.col("is_banked") == 1).alias("banked"),
            evening("date_submitted").alias("submitted_at"),
            (pl.col("starts_at") + pl.duration(seconds=86_399)).alias("first_evening"),
        )
        .with_columns(pl.when(banked).then("first_evening").otherwise("submitted_at").alias("known_at"))
        .with_columns(
            pl.when(banked)
            .then("known_at")
            .when(pl.col("assessment_type") == "TMA")
            .then(pl.col("submitted_at") + pl.duration(days=TUTOR_MARKED_DAYS))
            .when(pl.col("assessment_type") == "Exam")
            .then(pl.max_horizontal("ends_at", "submitted_at"))
            .otherwise("submitted_at")
            .alias("graded_at")
        )
        .sort("known_at", maintain_order=True)
    )
