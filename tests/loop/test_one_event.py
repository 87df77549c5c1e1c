"""One event type walks every arrow: from a request to the LMS to a prediction on the board, and the act on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from contracts.loop import LoopReport
from lms_api.predictions.tables import Prediction
from pipelines.worker import Worker
from stack.event_log.carry import lag
from tests.fixtures_loop import SMALL_BUDGET, Living, stage
from tests.homes import at_home

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@dataclass(frozen=True)
class Walked:
    """What was on the board before a lesson was opened, what is on it one turn later, and that turn."""

    living: Living
    before: dict[str, Any]
    report: LoopReport
    board: dict[str, Any]

    @property
    def enrollment_id(self) -> str:
        return str(self.living.today.enrollments[0].id)

    @property
    def row(self) -> dict[str, Any]:
        (found,) = [row for row in self.board["rows"] if row["enrollment_id"] == self.enrollment_id]
        return found


def board(living: Living) -> dict[str, Any]:
    """As the instructor's browser gets it; that it was shown is said by the LMS."""
    with living.signed_in(living.today.instructor) as http:
        return http.get(f"/courses/{living.today.course.id}/risk").raise_for_status().json()


def open_a_lesson(living: Living, *, learner: int = 0, lesson: int = 0, trace: str = TRACE) -> None:
    """The learner signs in at the real LMS and their page reports a view."""
    today = living.today
    payload = {"enrollment_id": str(today.enrollments[learner].id), "lesson_id": str(today.lessons[lesson].id)}
    event = {"event_id": str(uuid4()), "name": "activity.viewed", "payload": {**payload, "views": 1}}
    with living.signed_in(today.learners[learner]) as http:
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        assert http.post("/analytics/track-event", json=event, headers=headers).json()["recorded"] == 1


@pytest.fixture(scope="module")
def walked(living_campus: Living) -> Iterator[Walked]:
    with at_home(living_campus.settings, **SMALL_BUDGET):
        before = board(living_campus)
        open_a_lesson(living_campus)
        report = living_campus.turn(job="refresh", every_row=False, checks=False)
        yield Walked(living_campus, before, report, board(living_campus))


class TestALessonOpened:
    def test_everybody_had_a_prediction_before(self, walked: Walked) -> None:
        assert [row["enrollment_id"] for row in walked.before["never_started"]].count(walked.enrollment_id) == 1
        assert walked.before["rows"] == []
        assert walked.before["without_data"] == []

    def test_every_stage_has_the_one_row(self, walked: Walked) -> None:
        today = walked.living.today.campus.organization_id
        assert walked.report.failure is None
        assert walked.report.reconciles
        for name in ("landed activity.viewed", "facts fct_activity_views", "features ftr_enrollment_lesson"):
            found = stage(walked.report, name, today)
            assert (found.rows_in, found.rows_out, found.clicks) == (1, 1, 1)
        assert stage(walked.report, "risk_predictions").rows_out >= 1

    def test_the_request_s_trace_is_on_the_board(self, walked: Walked) -> None:
        assert walked.row["trace_id"] == TRACE

    def test_the_row_says_its_reasons_version_and_age(self, walked: Walked) -> None:
        row, organization = walked.row, walked.living.today.campus.organization_id
        assert [fact["feature"] for fact in row["reasons"] + row["contrary"]] == ["days_since_last_view"]
        assert (row["model_version"], row["model_kind"]) == (f"risk.{organization}@1", "rule")
        as_of, computed_at = (datetime.fromisoformat(row[name]) for name in ("features_as_of", "computed_at"))
        assert walked.report.started_at <= as_of <= computed_at <= walked.report.finished_at
        assert 0 < row["age_seconds"] < 600

    def test_the_same_prediction_is_stored_with_the_trace(self, walked: Walked) -> None:
        with walked.living.today.campus.reading(None) as session:
            stored = session.get(Prediction, walked.row["prediction_id"])
            assert stored is not None
            assert (stored.trace_id, stored.kind, stored.value) == (TRACE, "risk", walked.row["value"])
            assert str(stored.enrollment_id) == walked.enrollment_id
            assert [reason["feature"] for reason in stored.reasons] == ["days_since_last_view"]

    def test_the_others_stay_as_they_were(self, walked: Walked) -> None:
        before, after = (
            {row["enrollment_id"]: row["prediction_id"] for row in at["never_started"]}
            for at in (walked.before, walked.board)
        )
        assert after.keys() == before.keys() - {walked.enrollment_id}


class TestTheNextClick:
    def test_advances_by_itself_and_being_shown_wakes_nobody(self, walked: Walked, living: Living) -> None:
        worker = Worker(living.settings)
        open_a_lesson(living, lesson=1, trace="00000000000000000000000000000abc")
        open_a_lesson(living, learner=1)
        assert worker.tick()
        shown = board(living)  # of the second learner a prediction is seen that nobody has seen before
        (row,) = [row for row in shown["rows"] if row["enrollment_id"] == walked.enrollment_id]
        assert row["trace_id"] == "00000000000000000000000000000abc"
        assert row["prediction_id"] != walked.row["prediction_id"]
        assert row["features_as_of"] > walked.row["features_as_of"]
        assert row["computed_at"] > walked.row["computed_at"]
        with living.dagster() as dagster:
            runs, behind = dagster.get_runs_count(), lag(living.settings)
            assert behind.events > 0
            assert behind.news == 0
            assert not worker.tick()
            assert dagster.get_runs_count() == runs


class TestOnePress:
    def test_is_an_event_and_reaches_the_mart(self, walked: Walked, living: Living) -> None:
        with living.signed_in(living.today.instructor) as http:
            given = {"act": "contacted", "prediction_id": walked.row["prediction_id"]}
            pressed = http.post(f"/enrollments/{walked.enrollment_id}/interventions", json=given)
        assert pressed.status_code == 201
        report = living.turn(job="refresh", every_row=False, checks=False)
        rows = living.ask(
            "select toString(intervention_id), act, toString(prediction_id) from marts.fct_interventions "
            "where enrollment_id = {enrollment:UUID}",
            enrollment=walked.enrollment_id,
        )
        assert report.failure is None
        assert rows == [(pressed.json()["intervention_id"], "contacted", walked.row["prediction_id"])]

    def test_stands_beside_the_flag(self, living: Living, walked: Walked) -> None:
        (row,) = [row for row in board(living)["rows"] if row["enrollment_id"] == walked.enrollment_id]
        assert row["last_intervention"]["act"] == "contacted"
