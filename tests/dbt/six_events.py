"""One learner's six events: on time, late, twice, corrected, imported with an old date, deleted.

The course runs from Monday 1 January 2024 for eight weeks; closed rows stand at each Monday, 00:00.
"""

from typing import Any

import pytest

from contracts.events import (
    ActivityViewed,
    AssessmentChanged,
    AssessmentKind,
    AssessmentSubmitted,
    CourseChanged,
    EnrollmentChanged,
    EnrollmentStatus,
    LessonChanged,
    SubmissionGraded,
)
from contracts.ids import derived_id
from tests.dbt.conftest import Said, Warehouse, at

ENROLLMENT = derived_id("test", "enrollment")
PAGE, FORUM = derived_id("test", "page"), derived_id("test", "forum")
ESSAY, QUIZ = derived_id("test", "essay"), derived_id("test", "quiz")
ATTEMPT = derived_id("test", "attempt")
SELF_PACED, ALONE = derived_id("test", "self-paced"), derived_id("test", "alone")

BEFORE = at("2023-12-01")


def viewed(when: str, *, lesson=PAGE, views: int = 1, enrollment=ENROLLMENT, **said: Any) -> Said:
    event = ActivityViewed(enrollment_id=enrollment, lesson_id=lesson, views=views)
    return Said(event=event, recorded_at=at(when), **said)


def assessment(
    assessment_id, due: str, *, revision: int = 1, deleted: bool = False, recorded: str = "2023-12-01"
) -> Said:
    event = AssessmentChanged(
        revision=revision,
        deleted=deleted,
        assessment_id=assessment_id,
        kind=AssessmentKind.ASSIGNMENT,
        due_at=at(due),
        weight=50,
    )
    return Said(event=event, recorded_at=at(recorded))


def graded(when: str, *, revision: int, score: float) -> Said:
    event = SubmissionGraded(
        revision=revision, enrollment_id=ENROLLMENT, assessment_id=ESSAY, submission_id=ATTEMPT, score=score
    )
    return Said(event=event, recorded_at=at(when))


def nouns() -> list[Said]:
    """The course, its two pages and two assessments, and the learner in it."""
    starts, ends = at("2024-01-01"), at("2024-02-26")
    course = CourseChanged(revision=1, family="maths", published=True, starts_at=starts, ends_at=ends)
    enrollment = EnrollmentChanged(
        revision=1, enrollment_id=ENROLLMENT, status=EnrollmentStatus.ACTIVE, enrolled_at=at("2023-12-20")
    )
    pages = [
        LessonChanged(revision=1, lesson_id=PAGE, activity_type="lesson", order_index=1),
        LessonChanged(revision=1, lesson_id=FORUM, activity_type="forum", order_index=2),
    ]
    return [
        Said(event=course, recorded_at=BEFORE),
        *(Said(event=page, recorded_at=BEFORE) for page in pages),
        assessment(ESSAY, "2024-01-19"),
        assessment(QUIZ, "2024-01-20"),
        Said(event=enrollment, recorded_at=at("2023-12-20")),
    ]


def self_paced() -> list[Said]:
    """A course without dates; its learner starts on a Tuesday at 09:30."""
    course = CourseChanged(revision=1, family="knots", published=True)
    enrollment = EnrollmentChanged(
        revision=1, enrollment_id=ALONE, status=EnrollmentStatus.ACTIVE, enrolled_at=at("2024-01-02T09:30")
    )
    return [
        Said(event=course, recorded_at=BEFORE),
        Said(event=enrollment, recorded_at=at("2024-01-02T09:30")),
        viewed("2024-01-02T09:40", enrollment=ALONE),
        viewed("2024-01-10T20:00", enrollment=ALONE, views=2),
    ]


ON_TIME = viewed("2024-01-03T10:00", views=3)
LATE = viewed("2024-01-12T09:00", lesson=FORUM, views=2, occurred_at=at("2024-01-05T12:00"))
TWICE = viewed("2024-01-16T08:00", copies=2)
HANDED_IN = Said(
    event=AssessmentSubmitted(enrollment_id=ENROLLMENT, assessment_id=ESSAY, submission_id=ATTEMPT, attempt=1),
    recorded_at=at("2024-01-17T12:00"),
)
GRADE, CORRECTED = graded("2024-01-18T12:00", revision=1, score=40), graded("2024-01-25T12:00", revision=2, score=70)
OLD_DATE = viewed("2024-01-10T23:59:59", views=4, source="import")
DELETED = assessment(QUIZ, "2024-01-20", revision=2, deleted=True, recorded="2024-01-22T10:00")


def rows(warehouse: Warehouse, *, enrollment=ENROLLMENT, condition: str = "is_open = 0") -> dict[str, dict[str, Any]]:
    found = warehouse.query(
        f"select * from marts.ftr_enrollment_week where enrollment_id = '{enrollment}' and {condition} order by as_of"
    )
    return {row["as_of"].isoformat(): row for row in found}


NAMES = (
    "views_total",
    "views_last_7_days",
    "active_days_total",
    "never_viewed",
    "days_since_last_view",
    "lessons_viewed",
    "forum_views_last_28_days",
    "assessments_due",
    "assessments_missed",
    "mean_score",
)
EXPECTED = {
    "2024-01-01": (0, 0, 0, 1, None, 0, 0, 0, 0, None),
    # the forum was visited on the 5th, but that is not known before the 12th
    "2024-01-08": (3, 3, 1, 0, 4.583333, 1, 0, 0, 0, None),
    # the import of the 10th counts in this week and in none before
    "2024-01-15": (9, 4, 3, 0, 4.000012, 2, 2, 0, 0, None),
    # one visit, though two copies of it landed; the quiz is still due, for its deletion is said later this day
    "2024-01-22": (10, 1, 4, 0, 5.666667, 2, 2, 2, 1, 40),
    "2024-01-29": (10, 0, 4, 0, 12.666667, 2, 2, 1, 0, 70),
}
"""The values of NAMES as of each Monday."""


def assert_as_expected(found: dict[str, dict[str, Any]]) -> None:
    assert list(found) == [at(day).isoformat() for day in EXPECTED]
    for day, values in EXPECTED.items():
        row = found[at(day).isoformat()]
        got = {name: row[name] for name in NAMES}
        assert got == pytest.approx(dict(zip(NAMES, values, strict=True)), abs=1e-5), day
