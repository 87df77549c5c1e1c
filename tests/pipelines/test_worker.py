"""The worker, one look at a time, on the campus as it stands."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import dagster as dg
import pytest

from pipelines.worker import TurnFailed, Worker
from stack.settings import get_settings
from tests.fixtures_loop import Living
from tests.homes import free_port_base

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def dagster(living: Living) -> Iterator[dg.DagsterInstance]:
    with living.dagster() as persistent:
        yield persistent


def row_on_the_board(living: Living, at: int) -> dict[str, Any]:
    today = living.today
    with living.signed_in(today.instructor) as http:
        board = http.get(f"/courses/{today.course.id}/risk").raise_for_status().json()
    (row,) = [row for row in board["rows"] if row["enrollment_id"] == str(today.enrollments[at].id)]
    return row


def open_a_lesson(living: Living, at: int, *, trace: str = TRACE) -> None:
    today = living.today
    payload = {"enrollment_id": str(today.enrollments[at].id), "lesson_id": str(today.lessons[0].id), "views": 1}
    with living.signed_in(today.learners[at]) as http:
        event = {"event_id": str(uuid4()), "name": "activity.viewed", "payload": payload}
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        http.post("/analytics/track-event", json=event, headers=headers).raise_for_status()


class TestTick:
    def test_makes_up_for_a_post_that_failed(
        self, living: Living, dagster: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_a_lesson(living, 3)
        worker = Worker(living.settings)
        assert worker.tick()
        before = row_on_the_board(living, 3)

        open_a_lesson(living, 3, trace=TRACE[::-1])
        monkeypatch.setenv("LMS_LMS_URL", f"http://127.0.0.1:{free_port_base()}")  # where nobody answers
        get_settings.cache_clear()
        worker._settings = get_settings()
        with pytest.raises(TurnFailed, match=r"^posted_predictions: .*PostRefused: POST .*refused"):
            worker.tick()
        assert row_on_the_board(living, 3)["prediction_id"] == before["prediction_id"]

        monkeypatch.delenv("LMS_LMS_URL")
        get_settings.cache_clear()
        worker._settings = get_settings()
        assert worker.tick()  # no news since, yet something is left to do
        after = row_on_the_board(living, 3)
        assert after["trace_id"] == TRACE[::-1]
        assert after["features_as_of"] > before["features_as_of"]

        runs = dagster.get_runs_count()
        assert not worker.tick()
        assert dagster.get_runs_count() == runs

    def test_of_a_new_process_turns_once_for_what_may_be_left(
        self, living: Living, dagster: dg.DagsterInstance
    ) -> None:
        runs = dagster.get_runs_count()
        worker = Worker(living.settings)
        assert worker.tick()
        assert not worker.tick()
        assert dagster.get_runs_count() == runs + 1
