"""The demo's history with ids, names and moments, as the LMS and its events have them."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
import polars as pl

from contracts.events import EnrollmentStatus, Outcome, Role
from contracts.ids import derived_id
from lms_api.imports.demo.calendar import Today, moment, named
from lms_api.imports.demo.catalogue import Family
from lms_api.imports.demo.content import PAGES, TASKS, page_text, page_title, questions
from lms_api.imports.demo.history import Past
from lms_api.imports.demo.people import DOMAIN, names
from lms_api.imports.ids import derived_ids, seeded_ids

FILE = "demo"


@dataclass(frozen=True)
class Nouns:
    """Frames keyed by `course`, `learner` and `enrollment` numbers beside their ids."""

    courses: pl.DataFrame
    lessons: pl.DataFrame
    assessments: pl.DataFrame
    questions: pl.DataFrame
    learners: pl.DataFrame
    instructors: pl.DataFrame
    administrator: pl.DataFrame
    enrollments: pl.DataFrame
    views: pl.DataFrame
    completions: pl.DataFrame
    submissions: pl.DataFrame

    @property
    def people(self) -> pl.DataFrame:
        columns = ("user_id", "email", "first_name", "last_name", "role", "joined_at", "actor_id")
        return pl.concat([frame.select(columns) for frame in (self.administrator, self.instructors, self.learners)])


def nouns(
    courses: pl.DataFrame,
    past: Past,
    families: tuple[Family, ...],
    organization: UUID,
    *,
    instructors: int,
    learners: int,
    today: Today,
    rng: np.random.Generator,
) -> Nouns:
    """The same arguments and generator give the same frames, ids and pseudonyms included."""
    admin = _staff(organization, Role.ADMIN, 1, today, rng)
    teachers = _staff(organization, Role.INSTRUCTOR, instructors, today, rng)
    named_courses = _courses(courses, families, organization, teachers)
    lessons = _lessons(named_courses, families, organization)
    assessments = _assessments(named_courses, organization)
    people = _learners(past.enrollments, learners, organization, today, rng)
    enrollments = _enrollments(past, named_courses, people, organization)
    who = enrollments.select("enrollment", "enrollment_id", "user_id", "actor_id", "course_id", "course")
    pages = lessons.select("course", "page", "lesson_id")
    tasks = assessments.select("course", "task", "assessment_id")
    submissions = past.submissions.join(who, on="enrollment", maintain_order="left").join(
        tasks, on=("course", "task"), maintain_order="left"
    )
    return Nouns(
        courses=named_courses,
        lessons=lessons,
        assessments=assessments,
        questions=_questions(assessments, families, organization, rng),
        learners=people,
        instructors=teachers,
        administrator=admin,
        enrollments=enrollments,
        views=past.views.join(who, on="enrollment", maintain_order="left").join(
            pages, on=("course", "page"), maintain_order="left"
        ),
        completions=past.completions.join(who, on="enrollment", maintain_order="left").join(
            pages, on=("course", "page"), maintain_order="left"
        ),
        submissions=submissions.with_columns(
            derived_ids(submissions, (organization, "submissions"), "enrollment_id", "task", "attempt").alias(
                "submission_id"
            ),
            submitted_at=moment("second"),
            graded_at=moment("graded"),
        ),
    )


# ---------- people
def _staff(organization: UUID, role: Role, count: int, today: Today, rng: np.random.Generator) -> pl.DataFrame:
    first, last = names(count, rng)
    emails = [
        f"{role.value}{number}@{DOMAIN}" if count > 1 else f"{role.value}@{DOMAIN}" for number in range(1, count + 1)
    ]
    return pl.DataFrame({"email": emails, "first_name": first, "last_name": last}).with_columns(
        pl.Series("user_id", [str(derived_id(organization, "users", email)) for email in emails]),
        seeded_ids(rng, count).alias("actor_id"),
        role=pl.lit(role.value),
        joined_at=moment(pl.lit(today.beginning)),
    )


def _learners(
    enrollments: pl.DataFrame, count: int, organization: UUID, today: Today, rng: np.random.Generator
) -> pl.DataFrame:
    """They joined with their first course; who never took one, at some time in the past year."""
    first, last = names(count, rng)
    people = (
        pl.DataFrame({"first_name": first, "last_name": last})
        .with_row_index("learner")
        .with_columns(
            pl.format("{}.{}.{}@{}", "first_name", "last_name", pl.col("learner") + 1, pl.lit(DOMAIN))
            .str.to_lowercase()
            .alias("email"),
            anyway=pl.Series(rng.integers(today.second - 365 * 86_400, today.second, size=count)),
            role=pl.lit(Role.STUDENT.value),
        )
    )
    joined = (
        enrollments.group_by("learner").agg(pl.col("enrolled").min()).with_columns(pl.col("learner").cast(pl.UInt32))
    )
    return people.join(joined, on="learner", how="left", maintain_order="left").with_columns(
        derived_ids(people, (organization, "users"), "email").alias("user_id"),
        seeded_ids(rng, count).alias("actor_id"),
        joined_at=moment(pl.coalesce("enrolled", "anyway")),
    )


# ---------- courses and what is on them
def _courses(
    courses: pl.DataFrame, families: tuple[Family, ...], organization: UUID, teachers: pl.DataFrame
) -> pl.DataFrame:
    rows = courses.select("family", "start").iter_rows()
    told = [(families[family], start) for family, start in rows]
    when = [named(start) if start is not None else None for _, start in told]
    frame = courses.with_columns(
        code=pl.Series([family.code for family, _ in told]),
        title=pl.Series(
            [f"{family.title} · {at or 'at your own pace'}" for (family, _), at in zip(told, when, strict=True)]
        ),
        description=pl.Series(
            [f"{family.title}: {', '.join(term for term, _ in family.concepts)}." for family, _ in told]
        ),
        category=pl.Series([family.topic for family, _ in told]),
        tags=pl.Series([list(family.tags) for family, _ in told]),
        difficulty=pl.Series([family.difficulty.value for family, _ in told]),
        starts_at=moment("start"),
        ends_at=moment("end"),
        announced_at=moment("announced"),
        # a teacher keeps a family
        instructor_id=pl.Series([teachers["user_id"][family % teachers.height] for family in courses["family"]]),
    ).with_columns(slug=pl.format("{}-{}", "code", pl.col("starts_at").dt.strftime("%Y-%m-%d").fill_null("self-paced")))
    return frame.with_columns(derived_ids(frame, (organization, "courses"), "slug").alias("course_id"))


def _lessons(courses: pl.DataFrame, families: tuple[Family, ...], organization: UUID) -> pl.DataFrame:
    pages = pl.DataFrame(
        [(place, page.activity_type, page.minutes, page.week) for place, page in enumerate(PAGES)],
        schema=["page", "activity_type", "duration_minutes", "week_from"],
        orient="row",
    )
    written = pl.DataFrame(
        [
            (number, place, page_title(family, page), page_text(family, page))
            for number, family in enumerate(families)
            for place, page in enumerate(PAGES)
        ],
        schema=["family", "page", "title", "content"],
        orient="row",
    )
    known = courses.select("course", "course_id", "family", "announced_at")
    frame = known.join(pages, how="cross", maintain_order="left_right").join(
        written, on=("family", "page"), maintain_order="left"
    )
    return frame.with_columns(derived_ids(frame, (organization, "lessons"), "course_id", "page").alias("lesson_id"))


def _assessments(courses: pl.DataFrame, organization: UUID) -> pl.DataFrame:
    tasks = pl.DataFrame(
        [
            (place, task.title, task.kind.value, float(task.weight), task.week, 2 * len(task.concepts))
            for place, task in enumerate(TASKS)
        ],
        schema=["task", "title", "kind", "weight", "week", "questions"],
        orient="row",
    )
    known = courses.select("course", "course_id", "family", "announced_at", "start")
    frame = known.join(tasks, how="cross", maintain_order="left_right").with_columns(
        due_at=moment(pl.col("start") + pl.col("week") * 7 * 86_400 - 1),
        total_points=pl.when(pl.col("questions") > 0).then("questions").otherwise(100).cast(pl.Float64),
    )
    return frame.with_columns(
        derived_ids(frame, (organization, "assessments"), "course_id", "task").alias("assessment_id")
    )


def _questions(
    assessments: pl.DataFrame, families: tuple[Family, ...], organization: UUID, rng: np.random.Generator
) -> pl.DataFrame:
    quizzes = assessments.filter(pl.col("questions") > 0)
    frames = [
        questions(families[family], TASKS[task], rng).with_columns(assessment_id=pl.lit(assessment))
        for family, task, assessment in quizzes.select("family", "task", "assessment_id").iter_rows()
    ]
    frame = pl.concat(frames)
    return frame.with_columns(
        derived_ids(frame, (organization, "questions"), "assessment_id", "order_index").alias("question_id")
    )


# ---------- enrollments
def _enrollments(past: Past, courses: pl.DataFrame, people: pl.DataFrame, organization: UUID) -> pl.DataFrame:
    progress = past.completions.group_by("enrollment").agg(pl.len().alias("lessons"))
    outcome, every = pl.col("outcome"), sum(page.concept is not None for page in PAGES)
    dropped = outcome == Outcome.WITHDRAWN.value
    passed = outcome.is_in([Outcome.PASS.value, Outcome.DISTINCTION.value])
    frame = (
        past.enrollments.drop("family", "slot")
        .with_columns(pl.col("learner").cast(pl.UInt32))
        .join(
            courses.select("course", "course_id", "slug", "slot", "instructor_id"), on="course", maintain_order="left"
        )
        .join(people.select("learner", "user_id", "actor_id", "email"), on="learner", maintain_order="left")
        .join(progress, on="enrollment", how="left", maintain_order="left")
        .with_columns(
            enrolled_at=moment("enrolled"),
            result_at=moment("result"),
            later_status=pl.when(dropped)
            .then(pl.lit(EnrollmentStatus.DROPPED.value))
            .when(passed)
            .then(pl.lit(EnrollmentStatus.COMPLETED.value)),
            progress_percentage=(pl.col("lessons").fill_null(0) * 100 / every).round(2),
        )
        .with_columns(ended_at=pl.when(pl.col("later_status").is_not_null()).then("result_at"))
    )
    return frame.with_columns(derived_ids(frame, (organization, "enrollments"), "email", "slug").alias("enrollment_id"))
