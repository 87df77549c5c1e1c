"""What is read back of a run, from runs of small assets on the campus's own Dagster."""

import json
from collections.abc import Iterator
from uuid import uuid4

import dagster as dg
import pytest

from contracts.loop import LoopReport, StageReport
from pipelines.reporting import LEDGER, report_of
from tests.fixtures_loop import Living

TABLE = StageReport(stage="facts fct_two", rows_in=5, rows_out=3, merged=1, waiting=1, seconds=0, clicks=9)


@dg.asset
def one() -> dg.MaterializeResult:
    return dg.MaterializeResult(
        metadata={"rows_in": 3, "rows_out": 2, "merged": 1, "position": "1/2/3", "note": "a note", "lag_events": 4}
    )


@dg.asset(deps=[one])
def fct_two() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"seconds": 1.5, "position": "1/2/4"})


@dg.asset(deps=[fct_two])
def table() -> dg.MaterializeResult:
    versions = json.dumps({"risk.x": "3"})
    return dg.MaterializeResult(
        metadata={LEDGER: json.dumps([TABLE.model_dump(mode="json")]), "model_versions": versions}
    )


@dg.asset(deps=[one])
def broken() -> None:
    raise ValueError("no such\n   thing")


@dg.asset(check_specs=[dg.AssetCheckSpec("all_is_well", asset="checked", blocking=True)])
def checked() -> dg.MaterializeResult:
    return dg.MaterializeResult(
        metadata={"rows_in": 1, "rows_out": 1}, check_results=[dg.AssetCheckResult(passed=False)]
    )


@dg.asset(deps=[checked])
def after() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows_in": 1, "rows_out": 1})


@pytest.fixture
def dagster(living: Living) -> Iterator[dg.DagsterInstance]:
    with living.dagster() as persistent:
        yield persistent


def reported(dagster: dg.DagsterInstance, *assets: dg.AssetsDefinition) -> LoopReport:
    """Under a job's name of its own: the campus's status must not take it for a turn."""
    job = dg.Definitions(assets=assets, jobs=[dg.define_asset_job("small", selection="*")])
    run = job.resolve_job_def("small").execute_in_process(instance=dagster, raise_on_error=False)
    return report_of(dagster, run.run_id, replay=None)


class TestReportOf:
    def test_gives_the_stages_in_the_order_of_the_road(self, dagster: dg.DagsterInstance) -> None:
        report = reported(dagster, one, fct_two, table)
        first, second = report.stages
        assert (first.stage, first.rows_in, first.rows_out, first.merged) == ("one", 3, 2, 1)
        assert (first.position, first.note) == ("1/2/3", "a note")
        assert first.seconds > 0
        assert (second.stage, second.rows_in, second.clicks) == ("facts fct_two", 5, 9)
        assert report.reconciles
        assert report.failure is None
        assert report.started_at < report.finished_at

    def test_gives_a_table_its_own_seconds_and_position(self, dagster: dg.DagsterInstance) -> None:
        counted = reported(dagster, one, fct_two, table).stages[-1]
        assert (counted.seconds, counted.position) == (1.5, "1/2/4")

    def test_takes_lag_and_versions_from_whoever_knew_them(self, dagster: dg.DagsterInstance) -> None:
        report = reported(dagster, one, fct_two, table)
        assert report.lag_events == 4
        assert report.model_versions == {"risk.x": "3"}

    def test_says_which_step_failed_and_why(self, dagster: dg.DagsterInstance) -> None:
        report = reported(dagster, one, broken)
        assert [stage.stage for stage in report.stages] == ["one"]
        assert report.failure is not None
        assert report.failure.startswith("broken: ")
        assert "no such thing" in report.failure

    def test_says_which_check_does_not_hold(self, dagster: dg.DagsterInstance) -> None:
        report = reported(dagster, checked, after)
        assert [stage.stage for stage in report.stages] == ["checked"]
        assert report.failure is not None
        assert "checked" in report.failure
        assert "all_is_well" in report.failure

    def test_refuses_a_run_that_is_not_there(self, dagster: dg.DagsterInstance) -> None:
        with pytest.raises(LookupError):
            report_of(dagster, str(uuid4()), replay=None)
