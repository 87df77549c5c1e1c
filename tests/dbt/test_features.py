"""One learner and six events, each wrong in its own way, and the rows that a person would write down."""

import pytest

from contracts.events import EnrollmentChanged, EnrollmentStatus
from tests.dbt.conftest import Said, at
from tests.dbt.six_events import (
    CORRECTED,
    DELETED,
    ENROLLMENT,
    GRADE,
    HANDED_IN,
    LATE,
    OLD_DATE,
    ON_TIME,
    TWICE,
    assert_as_expected,
    nouns,
    rows,
    viewed,
)

# dbt leaves its log file to the garbage collector
pytestmark = pytest.mark.filterwarnings(r"ignore:.*dbt\.log:pytest.PytestUnraisableExceptionWarning")


class TestSixEvents:
    def test_give_the_rows_a_person_would_write(self, warehouse):
        warehouse.land([*nouns(), ON_TIME, LATE, TWICE, HANDED_IN, GRADE, DELETED, CORRECTED, OLD_DATE])
        warehouse.refresh("2024-01-30", command=("build",))
        assert_as_expected(rows(warehouse))
        [open_row] = rows(warehouse, condition="is_open = 1").values()
        assert open_row["as_of"] == at("2024-01-30")
        assert (open_row["course_week"], open_row["days_left"], open_row["last_event_id"]) == (
            4,
            27,
            CORRECTED.event_id,
        )

    def test_an_event_that_landed_before_its_moment_is_read_once_that_has_come(self, warehouse):
        warehouse.land([*nouns(), viewed("2024-01-09T12:00:01")])
        warehouse.refresh("2024-01-09T12:00", command=("run",))
        [early] = rows(warehouse, condition="is_open = 1").values()
        warehouse.refresh("2024-01-09T12:01")
        [later] = rows(warehouse, condition="is_open = 1").values()
        assert (early["views_total"], later["views_total"]) == (0, 1)


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
