"""The system page after a run that had nothing to do, and after one that scored."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.loop import StageReport
from lms_api.predictions.schemas import LoopSummary, Stored, SystemStatus
from lms_api.web.system import shown
from lms_api.web.templates import environment
from lms_api.web.viewer import nobody

NOW = datetime(2026, 11, 12, 14, 5, tzinfo=UTC)
STAGE = StageReport(stage="raw to marts", rows_in=9, rows_out=9, seconds=0.1)


def page(*, ran: dict[str, str], stages: tuple[StageReport, ...]) -> str:
    loop = LoopSummary(
        run_id=UUID(int=1),
        started_at=NOW,
        finished_at=NOW,
        replay_as_of=None,
        seconds=0.4,
        age_seconds=3.0,
        stages=stages,
        reconciles=True,
        failure=None,
        lag_seconds=None,
        lag_events=0,
        model_versions=ran,
    )
    status = SystemStatus(
        loop=loop,
        serving_ready=True,
        serving_versions={"risk.demo": "3", "courses.demo": "2"},
        stored=(Stored(kind="risk", predictions=1200, newest_as_of=NOW, newest_computed_at=NOW),),
        switched_off=False,
        message="",
    )
    return environment().get_template("system.html").render(nobody(**shown(status)))


class TestSystem:
    def test_a_run_with_nothing_to_do_leaves_the_page_whole(self) -> None:
        told = page(ran={}, stages=())
        assert "Serving now" in told
        assert "In the last run" not in told
        assert "not used" not in told
        assert "1,200" in told
        assert "nothing to do: no stage moved a row" in told

    @pytest.mark.parametrize(("name", "said"), [("risk", "<td>2</td>"), ("courses", "not used")])
    def test_a_run_that_scored_stands_beside_serving(self, name: str, said: str) -> None:
        told = page(ran={"risk.demo": "2"}, stages=(STAGE,))
        row = told[told.index(f"<td>{name}</td>") :]
        assert said in row[: row.index("</tr>")]
        assert "raw to marts" in told
