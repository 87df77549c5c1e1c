"""One learner and six events, each wrong in its own way, and the rows that a person would write down."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.events import EnrollmentChanged, EnrollmentStatus
from tests.dbt.conftest import Said, at
from tests.dbt.six_events import (
    ALONE,
    CORRECTED,
    DELETED,
    ENROLLMENT,
    GRADE,
    HANDED_IN,
    LATE,
    OLD_DATE,
    ON_TIME,
    SELF_PACED,
    TWICE,
    nouns,
    rows,
    self_paced,
    viewed,
)

# dbt leaves its log file to the garbage collector
pytestmark = pytest.mark.filterwarnings(r"ignore:.*dbt\.log:pytest.PytestUnraisableExceptionWarning")

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


def assert_as_expected(found: dict[str, dict[str, Any]], expected: dict[str, tuple[float | None, ...]]) -> None:
    assert list(found) == [at(day).isoformat() for day in expected]
    for day, values in expected.items():
        row = found[at(day).isoformat()]
        got = {name: row[name] for name in NAMES}
        assert got == pytest.approx(dict(zip(NAMES, values, strict=True)), abs=1e-5), day


class TestSixEvents:
    def test_give_the_rows_a_person_would_write(self, warehouse):
        warehouse.land([*nouns(), ON_TIME, LATE, TWICE, HANDED_IN, GRADE, DELETED, CORRECTED, OLD_DATE])
        warehouse.refresh("2024-01-30", command=("build",))
        assert_as_expected(rows(warehouse), EXPECTED)
        [open_row] = rows(warehouse, condition="is_open = 1").values()
        assert open_row["as_of"] == at("2024-01-30")
        assert (open_row["course_week"], open_row["days_left"], open_row["last_event_id"]) == (
            4,
            27,
            CORRECTED.event_id,
        )

    def test_give_the_same_rows_when_some_land_later(self, warehouse):
        warehouse.land([*nouns(), ON_TIME, LATE, TWICE, HANDED_IN, GRADE, DELETED])
        warehouse.refresh("2024-01-23", command=("run",))
        before = rows(warehouse)
        warehouse.land([CORRECTED, OLD_DATE])
        warehouse.refresh("2024-01-30")
        after = rows(warehouse)
        assert_as_expected(after, EXPECTED)
        # rows whose cut-off lies before the import's date were not touched; those after it were made again
        made_again = {day for day in before if before[day]["refreshed_at"] != after[day]["refreshed_at"]}
        assert made_again == {at("2024-01-15").isoformat(), at("2024-01-22").isoformat()}

    def test_an_event_that_landed_before_its_moment_is_read_once_that_has_come(self, warehouse):
        warehouse.land([*nouns(), viewed("2024-01-09T12:00:01")])
        warehouse.refresh("2024-01-09T12:00", command=("run",))
        [early] = rows(warehouse, condition="is_open = 1").values()
        warehouse.refresh("2024-01-09T12:01")
        [later] = rows(warehouse, condition="is_open = 1").values()
        assert (early["views_total"], later["views_total"]) == (0, 1)


class TestSelfPaced:
    def test_weeks_count_from_enrollment(self, warehouse):
        warehouse.land(self_paced(), course_id=SELF_PACED)
        warehouse.refresh("2024-01-17", command=("run",))
        found = list(rows(warehouse, enrollment=ALONE).values())
        assert [row["as_of"] for row in found] == [at("2024-01-02T09:30") + timedelta(weeks=week) for week in (1, 2)]
        assert [row["views_total"] for row in found] == [1, 3]
        assert {(row["is_self_paced"], row["days_left"]) for row in found} == {(1, None)}


class TestLeaving:
    def test_ends_the_rows(self, warehouse):
        left = EnrollmentChanged(
            revision=2,
            enrollment_id=ENROLLMENT,
            status=EnrollmentStatus.DROPPED,
            enrolled_at=at("2023-12-20"),
            ended_at=at("2024-01-16"),
        )
        warehouse.land(nouns())
        warehouse.refresh("2024-01-15T12:00", command=("run",))
        warehouse.land([Said(event=left, recorded_at=at("2024-01-16T12:00"))])
        warehouse.refresh("2024-01-23")
        assert list(rows(warehouse, condition="1")) == [at(f"2024-01-{day}").isoformat() for day in ("01", "08", "15")]
        [label] = warehouse.query("select * from marts.ftr_enrollment_labels")
        assert (label["outcome"], label["fails_or_withdraws"]) == ("withdrawn", 1)
        assert label["withdrew_at"] == at("2024-01-16T12:00")
