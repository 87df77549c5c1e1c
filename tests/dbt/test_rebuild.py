"""However the events came, the marts are those of a full rebuild."""

import pytest

from tests.dbt.conftest import Warehouse
from tests.dbt.six_events import (
    CORRECTED,
    DELETED,
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
)

# dbt leaves its log file to the garbage collector
pytestmark = pytest.mark.filterwarnings(r"ignore:.*dbt\.log:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def grown(warehouse_home) -> Warehouse:
    """A refresh on the 23rd; then what came later, among it the import of the 10th, and a refresh on the 30th."""
    made = Warehouse(warehouse_home)
    made.empty()
    made.land([*nouns(), ON_TIME, LATE, TWICE, HANDED_IN, GRADE, DELETED])
    made.land(self_paced(), course_id=SELF_PACED)
    made.refresh("2024-01-23", command=("run",))
    made.land([CORRECTED, OLD_DATE])
    made.refresh("2024-01-30")
    return made


class TestFullRebuild:
    def test_gives_the_same_marts(self, grown):
        before = grown.contents()
        grown.refresh("2024-01-30", command=("run", "--full-refresh"))
        assert grown.contents() == before
        assert before["ftr_enrollment_week"][0] == 5 + 3 + 2
        assert before["fct_activity_views"][0] == 6

    def test_repeating_a_refresh_that_died_doubles_nothing(self, grown):
        finished = grown.contents()
        # as if the run of the 30th had made its rows and had died before it said so
        grown.query("truncate table intermediate.watermarks")
        grown.refresh("2024-01-30")
        assert grown.contents() == finished


class TestReplay:
    def test_stands_beside_the_live_rows(self, grown):
        live = grown.contents()
        grown.refresh("2024-01-16", replay="2024-01-15")
        [replayed] = rows(grown, condition="replay != ''").values()
        assert (replayed["replay"], replayed["is_open"], replayed["views_total"]) == ("2024-01-15", 1, 9)
        changed = {table for table, content in grown.contents().items() if content != live[table]}
        # the ledger is as of the replay's day
        assert changed <= {"rpt_ledger"}

    def test_counts_what_is_not_yet_known_as_waiting(self, grown):
        grown.refresh("2024-01-11", replay="2024-01-10")
        [views] = grown.query("select * from marts.rpt_ledger where table = 'fct_activity_views'")
        assert (views["rows_in"], views["rows_out"], views["waiting"], views["clicks"]) == (6, 4, 2, 13)
