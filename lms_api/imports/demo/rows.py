"""The LMS's rows of the demo, as its tables have them."""

from uuid import UUID

import polars as pl

from contracts.events import AssessmentKind, EnrollmentStatus
from lms_api.imports.demo.calendar import moment
from lms_api.imports.demo.content import QUIZ_ATTEMPTS
from lms_api.imports.demo.nouns import Nouns

Rows = tuple[tuple[str, pl.DataFrame], ...]
HOURS = 20


def rows(found: Nouns, organization: UUID) -> Rows:
    """In the order of the foreign keys; users come before them."""
    owner = pl.lit(str(organization)).alias("organization_id")
    return (
        ("courses", _courses(found.courses, owner)),
        ("lessons", _lessons(found.lessons, owner)),
        ("assessments", _assessments(found.assessments, owner)),
        ("questions", _questions(found.questions, owner)),
        ("enrollments", _enrollments(found.enrollments, owner)),
        ("course_results", _results(found.enrollments, owner)),
        ("lesson_progress", _progress(found.completions, owner)),
        ("submissions", _submissions(found.submissions, owner)),
    )


def _courses(courses: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    return courses.select(
        owner,
        "instructor_id",
        "title",
        "slug",
        "description",
        "category",
        "starts_at",
        "ends_at",
        id="course_id",
        family="code",
        # an array's text for COPY; slugs need no quotes
        tags=pl.concat_str(pl.lit("{"), pl.col("tags").list.join(","), pl.lit("}")),
        difficulty_level="difficulty",
        duration_hours=pl.lit(HOURS),
        is_published=pl.lit(True),
        created_at="announced_at",
        updated_at="announced_at",
    )


def _lessons(lessons: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    return lessons.select(
        owner,
        "course_id",
        "title",
        "content",
        "duration_minutes",
        "activity_type",
        "week_from",
        id="lesson_id",
        order_index="page",
        week_to="week_from",
        is_free=pl.col("page") == 0,
        created_at="announced_at",
        updated_at="announced_at",
    )


def max_attempts() -> pl.Expr:
    """Quizzes may be tried again."""
    return pl.when(pl.col("kind") == AssessmentKind.QUIZ.value).then(QUIZ_ATTEMPTS).otherwise(1)


def _assessments(assessments: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    quiz = pl.col("kind") == AssessmentKind.QUIZ.value
    return assessments.select(
        owner,
        "course_id",
        "title",
        "weight",
        id="assessment_id",
        type="kind",
        instructions=pl.when(quiz)
        .then(pl.lit("Six short questions about the lessons so far. The best attempt counts."))
        .otherwise(pl.lit("One page in your own words, with an example of your own.")),
        due_date="due_at",
        max_attempts=max_attempts(),
        total_points=pl.col("total_points").cast(pl.Int32),
        created_at="announced_at",
    )


def _questions(questions: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    return questions.select(
        owner,
        "assessment_id",
        "question_text",
        "question_type",
        "options",
        "correct_answer",
        "order_index",
        id="question_id",
        points=pl.lit(1),
    )


def _enrollments(enrollments: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    status = pl.col("later_status").fill_null(EnrollmentStatus.ACTIVE.value)
    return enrollments.select(
        owner,
        "course_id",
        "enrolled_at",
        "ended_at",
        "progress_percentage",
        id="enrollment_id",
        student_id="user_id",
        completed_at=pl.when(status == EnrollmentStatus.COMPLETED.value).then("ended_at"),
        status=status,
        previous_attempts="tries",
        revision=pl.when(pl.col("later_status").is_null()).then(1).otherwise(2),
    )


def _results(enrollments: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    known = enrollments.filter(pl.col("outcome").is_not_null())
    return known.select(owner, "enrollment_id", "outcome", recorded_at="result_at")


def _progress(completions: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    return completions.select(
        owner,
        "enrollment_id",
        "lesson_id",
        completed_at=moment("second"),
        time_spent_seconds="spent",
        created_at=moment("second"),
    )


def _submissions(submissions: pl.DataFrame, owner: pl.Expr) -> pl.DataFrame:
    return submissions.select(
        owner,
        "assessment_id",
        "enrollment_id",
        "attempt",
        "submitted_at",
        "score",
        "graded_at",
        id="submission_id",
        student_id="user_id",
        grade_revision=pl.col("graded_at").is_not_null().cast(pl.Int32),
        created_at="submitted_at",
    )
