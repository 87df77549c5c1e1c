"""The instructor's board: a work queue in the right order, with honest words and an act at the end of each row."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.events import Role
from contracts.ids import CourseId
from contracts.predictions import Band, ModelVersion, Reason
from lms_api.errors import NotAllowed, NotFound
from lms_api.predictions import service
from lms_api.predictions.schemas import Board, Movement
from lms_api.principal import Principal
from tests.lms_api.predictions.conftest import NOW, Campus, risk

WEEK = timedelta(days=7)


def board(campus: Campus, who: Principal | None = None, *, limit: int | None = None) -> Board:
    with campus.session(who or campus.instructor) as session:
        return service.board(session, campus.course_id, limit=limit)


class TestBoard:
    def test_ranks_by_risk_with_facts_age_and_version(self, campus: Campus) -> None:
        low, high, middle = (campus.learner(name)[1] for name in ("Lea Low", "Hana High", "Mia Middle"))
        ago = timedelta(hours=2)
        campus.post(campus.batch(risk(low, 0.1, ago=ago), risk(high, 0.8, ago=ago), risk(middle, 0.5, ago=ago)))
        shown = board(campus)
        assert [row.learner for row in shown.rows] == ["Hana High", "Mia Middle", "Lea Low"]
        first = shown.rows[0]
        assert [found.words for found in first.reasons] == ["Last here 9 days ago"]
        assert [found.words for found in first.contrary] == ["Mean grade 82 %"]
        assert first.band is Band.HIGH
        assert first.model_version == f"risk.{campus.organization_id}@3"
        assert first.age_seconds == pytest.approx((datetime.now(UTC) - NOW + ago).total_seconds(), abs=5)
        assert first.trace_id == "0af7651916cd43dd8448eb211c80319c"
        assert (shown.made_up, shown.stale, shown.message) == (True, False, "")

    def test_shows_the_newest_with_the_values_before_it(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        for days, value in ((15, 0.2), (8, 0.3), (0, 0.7)):
            ago = timedelta(days=days)
            campus.post(campus.batch(risk(enrollment, value, ago=ago), computed_at=NOW - ago))
        (row,) = board(campus).rows
        assert row.value == 0.7
        assert [point.value for point in row.trend] == [0.2, 0.3, 0.7]
        assert row.movement is Movement.NEW

    def test_tells_who_is_back_on_track(self, campus: Campus) -> None:
        _, back = campus.learner("Bea")
        _, still = campus.learner("Stella")
        campus.post(campus.batch(risk(back, 0.8, ago=WEEK), risk(still, 0.8, ago=WEEK), computed_at=NOW - WEEK))
        campus.post(campus.batch(risk(back, 0.1), risk(still, 0.7)))
        assert {row.learner: row.movement for row in board(campus).rows} == {
            "Bea": Movement.BACK,
            "Stella": Movement.UNCHANGED,
        }

    def test_everybody_has_a_place(self, campus: Campus) -> None:
        _, known = campus.learner("Known")
        _, never = campus.learner("Never")
        opted_out, opted_enrollment = campus.learner("Private")
        campus.learner("Without")
        gone = campus.person(Role.STUDENT, "Gone")
        campus.enroll(gone, status="dropped")
        campus.post(campus.batch(risk(known, 0.5), risk(never, 0.9, never_started=True), risk(opted_enrollment, 0.9)))
        campus.set_column("users", opted_out.user_id, "predictions_opt_out = true")
        shown = board(campus)
        assert [row.learner for row in shown.rows] == ["Known"]
        assert [learner.learner for learner in shown.never_started] == ["Never"]
        assert [learner.learner for learner in shown.without_data] == ["Without"]
        assert shown.opted_out == 1
        assert shown.learners == 4
        assert shown.message == "1 enrollment has no prediction yet."

    def test_who_never_started_is_told_by_the_prediction_and_not_by_its_reasons(self, campus: Campus) -> None:
        _, came = campus.learner("Came")
        _, never = campus.learner("Never")
        no_view_lately = (Reason(feature="days_since_last_view", value=None, contribution=0.9),)
        of_never = risk(never, 0.9, reasons=(), never_started=True)
        campus.post(campus.batch(risk(came, 0.5, reasons=no_view_lately), of_never))
        shown = board(campus)
        assert [row.learner for row in shown.rows] == ["Came"]
        (listed,) = shown.never_started
        assert (listed.learner, listed.prediction_id) == ("Never", of_never.prediction_id)
        assert (listed.features_as_of, listed.computed_at) == (NOW, NOW)

    def test_says_on_how_many_the_model_was_judged(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        campus.post(campus.batch(risk(enrollment, 0.5), judged_on=1280))
        assert [row.judged_on for row in board(campus).rows] == [1280]
        campus.post(campus.batch(risk(enrollment, 0.6), computed_at=NOW + timedelta(seconds=1)))
        assert [row.judged_on for row in board(campus).rows] == [None]

    def test_a_rule_s_score_is_no_earlier_estimate(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        rule = ModelVersion(name=f"risk.{campus.organization_id}", version=1, kind="rule")
        campus.post(campus.batch(risk(enrollment, 0.9, ago=WEEK), model=rule, computed_at=NOW - WEEK))
        campus.post(campus.batch(risk(enrollment, 0.4)))
        assert [point.value for point in board(campus).rows[0].trend] == [0.4]

    def test_nobody_is_scored_in_a_course_that_is_over(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        campus.set_column("courses", campus.course_id, "ends_at = '2026-03-05T12:00:00Z'")
        shown = board(campus)
        assert shown.ended
        assert shown.message == "This course ended on 5 March 2026; nobody is scored any more."
        campus.post(campus.batch(risk(enrollment, 0.5, ago=timedelta(days=3))))
        old = board(campus)
        assert (old.stale, [row.learner for row in old.rows]) == (False, ["Maria"])
        assert "nobody is scored any more; what stands here was said before" in old.message

    def test_lists_as_many_as_can_be_reached_and_counts_the_rest(self, campus: Campus) -> None:
        enrollments = [campus.learner(f"Learner {n}")[1] for n in range(4)]
        campus.post(campus.batch(*(risk(one, 0.1 * n) for n, one in enumerate(enrollments))))
        shown = board(campus, limit=3)
        assert [row.learner for row in shown.rows] == ["Learner 3", "Learner 2", "Learner 1"]
        assert shown.more == 1
        assert len(campus.events("prediction.shown")) == 3

    def test_says_that_a_prediction_is_old(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        campus.post(campus.batch(risk(enrollment, 0.5, ago=timedelta(days=3))))
        shown = board(campus)
        assert shown.stale
        assert "3 days old" in shown.message

    def test_says_when_there_is_nothing_yet(self, campus: Campus) -> None:
        campus.learner("Maria")
        assert "no prediction yet" in board(campus).message

    def test_the_kill_switch_hides_what_is_stored(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        campus.post(campus.batch(risk(enrollment, 0.9)))
        campus.set_column("organizations", campus.organization_id, """settings = '{"predictions_enabled": false}'""")
        shown = board(campus)
        assert shown.rows == ()
        assert "switched off" in shown.message
        assert campus.events("prediction.shown") == []

    def test_is_for_those_who_teach_the_course(self, campus: Campus) -> None:
        assistant, other = campus.person(Role.TA, "Tea"), campus.person(Role.INSTRUCTOR, "Otto")
        learner, _ = campus.learner("Maria")
        assert board(campus, assistant).learners == 1
        for who in (other, learner):
            with pytest.raises(NotAllowed):
                board(campus, who)
        with campus.session(campus.instructor) as session, pytest.raises(NotFound):
            service.board(session, CourseId(uuid4()))


class TestShown:
    def test_is_said_once_per_prediction_and_viewer(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        first = risk(enrollment, 0.7)
        campus.post(campus.batch(first))
        assistant = campus.person(Role.TA, "Tea")
        for who in (campus.instructor, campus.instructor, assistant):
            board(campus, who)
        said = campus.events("prediction.shown")
        assert [(event["prediction_id"], event["actor"], event["viewer_role"]) for event in said] == [
            (str(first.prediction_id), campus.instructor.actor_id, "instructor"),
            (str(first.prediction_id), assistant.actor_id, "ta"),
        ]
        assert {event["course"] for event in said} == {campus.course_id}
        campus.post(campus.batch(risk(enrollment, 0.8), computed_at=NOW + timedelta(seconds=1)))
        board(campus)
        assert len(campus.events("prediction.shown")) == 3
