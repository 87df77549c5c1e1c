from datetime import UTC, date, datetime

import dagster as dg
import pytest

from pipelines import turn
from pipelines.turn import LoopBusy, Turn, only_loop
from stack import clock
from tests.fixtures_loop import Living


class TestOnlyLoop:
    def test_refuses_a_second_turn_at_once_and_makes_no_run(self, living: Living) -> None:
        with living.dagster() as dagster, only_loop(living.settings):
            runs = dagster.get_runs_count()
            with pytest.raises(LoopBusy, match="wait for it to end"):
                living.turn()
            assert dagster.get_runs_count() == runs

    def test_is_free_again_afterwards_also_after_a_failure(self, living: Living) -> None:
        with pytest.raises(ZeroDivisionError), only_loop(living.settings):
            raise ZeroDivisionError
        with only_loop(living.settings):
            pass


class TestTurn:
    def test_of_a_schedule_holds_the_lock_while_it_runs(self, living: Living) -> None:
        with dg.build_resources({"turn": Turn()}), pytest.raises(LoopBusy), only_loop(living.settings):
            pass
        with only_loop(living.settings):
            pass

    def test_of_a_schedule_waits_for_the_one_that_runs(self, living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(turn, "PATIENCE", 0.5)
        with only_loop(living.settings), pytest.raises(dg.DagsterError) as refused:
            dg.build_resources({"turn": Turn()}).__enter__()
        assert isinstance(refused.value.__cause__, LoopBusy)
        with dg.build_resources({"turn": Turn()}):
            pass

    def test_stands_at_one_moment(self, living: Living) -> None:
        before = clock.now()
        with dg.build_resources({"turn": Turn()}) as resources:
            cutoff = resources.turn.cutoff
            assert before <= cutoff <= clock.now()
            assert resources.turn.cutoff == cutoff
            assert resources.turn.replay is None
            assert resources.turn.dbt_variables() == {"cutoff": cutoff.isoformat(), "replay": ""}

    def test_of_a_replay_stands_at_the_end_of_its_day(self, living: Living) -> None:
        with dg.build_resources({"turn": Turn(replay_as_of="2014-06-30")}) as resources:
            assert resources.turn.replay == date(2014, 6, 30)
            assert resources.turn.cutoff == datetime(2014, 7, 1, tzinfo=UTC)
            assert resources.turn.dbt_variables()["replay"] == "2014-06-30"
