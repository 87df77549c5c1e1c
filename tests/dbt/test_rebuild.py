"""However the events came, the marts are those of a full rebuild."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.dbt.conftest import Warehouse, at
from tests.dbt.six_events import (
    ALONE,
    CORRECTED,
    DELETED,
    GRADE,
    HANDED_IN,
    LATE,
    OLD_DATE,
    ON_TIME,
    SELF_PACED,
    TWICE,
    assert_as_expected,
    nouns,
    rows,
    self_paced,
)

# dbt leaves its log file to the garbage collector
pytestmark = pytest.mark.filterwarnings(r"ignore:.*dbt\.log:pytest.PytestUnraisableExceptionWarning")


@dataclass(frozen=True)
class Grown:
    """The warehouse after two refreshes, and the learner's rows as they stood between them."""

    warehouse: Warehouse
    on_the_23rd: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def grown(warehouse_home) -> Grown:
    """A refresh on the 23rd; then what came later, among it the import of the 10th, and a refresh on the 30th."""
    made = Warehouse(warehouse_home)
    made.empty()
    made.land([*nouns(), ON_TIME, LATE, TWICE, HANDED_IN, GRADE, DELETED])
    made.land(self_paced(), course_id=SELF_PACED)
    made.refresh("2024-01-23", command=("run",))
    before = rows(made)
    made.land([CORRECTED, OLD_DATE])
    made.refresh("2024-01-30")
    return Grown(made, before)


@pytest.fixture
def warehouse(grown: Grown) -> Warehouse:
    return grown.warehouse


class TestIncrements:
    def test_give_the_rows_a_person_would_write(self, warehouse):
        assert_as_expected(rows(warehouse))

    def test_leave_alone_what_lies_before_the_news(self, grown):
        before, after = grown.on_the_23rd, rows(grown.warehouse)
        made_again = {day for day in before if before[day]["refreshed_at"] != after[day]["refreshed_at"]}
        # the import is dated the 10th: the rows of the 1st and the 8th can't know it
        assert made_again == {at("2024-01-15").isoformat(), at("2024-01-22").isoformat()}

    def test_count_a_self_paced_course_s_weeks_from_enrollment(self, warehouse):
        found = list(rows(warehouse, enrollment=ALONE).values())
        assert [row["as_of"] for row in found] == [at("2024-01-02T09:30") + timedelta(weeks=week) for week in (1, 2, 3)]
        assert [row["views_total"] for row in found] == [1, 3, 3]
        assert {(row["is_self_paced"], row["days_left"]) for row in found} == {(1, None)}


class TestFullRebuild:
    def test_gives_the_same_marts(self, warehouse):
        before = warehouse.contents()
        warehouse.refresh("2024-01-30", command=("run", "--full-refresh"))
        assert warehouse.contents() == before
        assert before["ftr_enrollment_week"][0] == 5 + 3 + 2
        assert before["fct_activity_views"][0] == 6

    def test_repeating_a_refresh_that_died_doubles_nothing(self, warehouse):
        finished = warehouse.contents()
        # as if the run of the 30th had made its rows and had died before it said so
        warehouse.query("truncate table intermediate.watermarks")
        warehouse.refresh("2024-01-30")
        assert warehouse.contents() == finished


class TestReplay:
    def test_stands_beside_the_live_rows(self, warehouse):
        live = warehouse.contents()
        warehouse.refresh("2024-01-16", replay="2024-01-15")
        [replayed] = rows(warehouse, condition="replay != ''").values()
        assert (replayed["replay"], replayed["is_open"], replayed["views_total"]) == ("2024-01-15", 1, 9)
        changed = {table for table, content in warehouse.contents().items() if content != live[table]}
        # the ledger is as of the replay's day
        assert changed <= {"rpt_ledger"}

    def test_counts_what_is_not_yet_known_as_waiting(self, warehouse):
        warehouse.refresh("2024-01-11", replay="2024-01-10")
        [views] = warehouse.query("select * from marts.rpt_ledger where table = 'fct_activity_views'")
        assert (views["rows_in"], views["rows_out"], views["waiting"], views["clicks"]) == (6, 4, 2, 13)
