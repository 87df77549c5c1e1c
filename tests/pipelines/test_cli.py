"""`campus loop` and `campus status` as a person calls them; the stores are up already, so they start none."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from pipelines import cli
from pipelines.turn import only_loop
from stack.cli import as_command
from stack.clickhouse import client
from stack.settings import get_settings
from tests.fixtures_loop import OULAD, Living, campus_command
from tests.homes import free_port_base

LOST = "marts.fct_learner_attributes"
"""Without clicks: their sum has a check of its own, which stops the turn."""


def loop(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(cli.loop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # see fixtures_loop.turned
        return CliRunner(env={"COLUMNS": "240"}).invoke(app, list(arguments), catch_exceptions=False)


@contextmanager
def one_fact_lost(living: Living) -> Iterator[None]:
    """A row of a mart is gone, and comes back at the end."""
    with client(settings=living.settings) as warehouse:
        warehouse.command(f"create table raw.lost as {LOST} engine = Memory")
        warehouse.command(f"insert into raw.lost select * from {LOST} order by event_id limit 1")
        warehouse.command(
            f"alter table {LOST} delete where event_id in (select event_id from raw.lost) settings mutations_sync = 2"
        )
        yield
        warehouse.command(f"insert into {LOST} select * from raw.lost")
        warehouse.command("drop table raw.lost")


class TestLoop:
    def test_exits_with_20_when_a_stage_does_not_reconcile(self, living: Living) -> None:
        with one_fact_lost(living):
            ended = loop()
        assert ended.exit_code == cli.DID_NOT_RECONCILE == 20
        (broken,) = [line for line in ended.output.splitlines() if "does not reconcile" in line]
        assert LOST.replace("marts.", "facts ") in broken

    def test_exits_with_21_when_the_circle_does_not_close(
        self, living: Living, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LMS_LMS_URL", f"http://127.0.0.1:{free_port_base()}")
        get_settings.cache_clear()
        ended = loop()
        assert ended.exit_code == cli.FAILED == 21
        assert "facts fct_activity_views" in ended.output
        assert "The circle did not close." in ended.output
        assert "The LMS has not taken the report." in ended.output

    def test_prints_the_table_and_exits_with_0(self, living: Living) -> None:
        ended = loop()
        assert ended.exit_code == 0
        assert f"{living.oulad.clicks:,}" in ended.output
        assert "does not reconcile" not in ended.output

    def test_says_in_one_line_that_another_turn_runs(self, living: Living) -> None:
        with only_loop(living.settings):
            ended = campus_command(living.settings, "loop")
        assert ended.returncode == 22
        assert ended.stderr.splitlines()[-1].startswith("campus: Another turn of the loop is running")


class TestStatus:
    def test_says_lag_versions_and_the_last_run(self, living: Living) -> None:
        ended = campus_command(living.settings, "status", "--json")
        assert ended.returncode == 0, ended.stderr
        told = json.loads(ended.stdout)
        assert told["lag_news"] == 0
        assert told["model_versions"][f"risk.{OULAD}"] == "2"
        assert told["last_run"]["stages"]
        with living.dagster() as dagster:
            assert dagster.get_run_by_id(told["last_run"]["run_id"]) is not None

    def test_is_read_by_people_too(self, living: Living) -> None:
        app = typer.Typer()
        app.command()(cli.status)
        shown = CliRunner(env={"COLUMNS": "240"}).invoke(app).output
        assert f"risk.{OULAD}: version 2" in shown
        assert "not yet landed: 0 events" in shown


class TestCommands:
    def test_are_declared(self) -> None:
        assert {as_command(each).name for each in (cli.loop, cli.status, cli.worker)} == {"loop", "status", "worker"}
