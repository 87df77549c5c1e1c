"""What was done about a flag: beside the flag, in the log, and once however often it was pressed."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from contracts.events import Act, Role
from contracts.ids import EnrollmentId
from lms_api.errors import NotAllowed
from lms_api.predictions import service
from lms_api.predictions.errors import InterventionIdTaken, NotThisPrediction
from lms_api.predictions.schemas import InterventionReceipt, InterventionRequest
from lms_api.principal import Principal
from tests.lms_api.predictions.conftest import Campus, risk


def press(
    campus: Campus, enrollment: EnrollmentId, act: Act, *, who: Principal | None = None, own: UUID | None = None
) -> InterventionReceipt:
    with campus.session(who or campus.instructor) as session:
        return service.record_intervention(session, enrollment, InterventionRequest(act=act, intervention_id=own))


class TestRecordIntervention:
    def test_stands_beside_the_flag_and_in_the_log(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        said = risk(enrollment, 0.7)
        campus.post(campus.batch(said))
        with campus.session(campus.instructor) as session:
            receipt = service.record_intervention(
                session,
                enrollment,
                InterventionRequest(act=Act.CONTACTED, prediction_id=said.prediction_id),
            )
        (event,) = campus.events("intervention.recorded")
        assert event == {
            "intervention_id": str(receipt.intervention_id),
            "enrollment_id": str(enrollment),
            "act": "contacted",
            "prediction_id": str(said.prediction_id),
            "actor": campus.instructor.actor_id,
            "course": campus.course_id,
        }
        with campus.session(campus.instructor) as session:
            last = service.board(session, campus.course_id).rows[0].last_intervention
        assert last is not None
        assert (last.act, last.by, last.at) == (Act.CONTACTED, "Ida Instructor", receipt.recorded_at)

    def test_says_nothing_when_rolled_back(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        with campus.session(campus.instructor) as session:
            service.record_intervention(session, enrollment, InterventionRequest(act=Act.NO_NEED))
            session.rollback()
        assert campus.events("intervention.recorded") == []

    def test_refuses_somebody_else_s_prediction(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        _, other = campus.learner("Otto")
        said = risk(other, 0.7)
        campus.post(campus.batch(said))
        request = InterventionRequest(act=Act.CONTACTED, prediction_id=said.prediction_id)
        with campus.session(campus.instructor) as session, pytest.raises(NotThisPrediction):
            service.record_intervention(session, enrollment, request)

    def test_refuses_learners(self, campus: Campus) -> None:
        maria, enrollment = campus.learner("Maria")
        with campus.session(maria) as session, pytest.raises(NotAllowed):
            service.record_intervention(session, enrollment, InterventionRequest(act=Act.NO_NEED))


class TestPressedTwice:
    def test_two_presses_within_a_minute_are_one(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        first, second = (press(campus, enrollment, Act.CONTACTED) for _ in range(2))
        assert first == second
        assert len(campus.events("intervention.recorded")) == 1

    def test_two_presses_at_once_are_one(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        with ThreadPoolExecutor(4) as fingers:
            pressed = list(fingers.map(lambda _: press(campus, enrollment, Act.CONTACTED), range(4)))
        assert len({receipt.intervention_id for receipt in pressed}) == 1
        assert len(campus.events("intervention.recorded")) == 1

    def test_another_act_person_or_time_is_another(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        first = press(campus, enrollment, Act.CONTACTED)
        press(campus, enrollment, Act.EXTENSION_GIVEN)
        press(campus, enrollment, Act.CONTACTED, who=campus.person(Role.TA, "Tea"))
        campus.set_column("interventions", first.intervention_id, "created_at = created_at - interval '61 seconds'")
        press(campus, enrollment, Act.CONTACTED)
        assert len(campus.events("intervention.recorded")) == 4

    def test_a_client_s_own_id_decides_alone(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        own = uuid4()
        first = press(campus, enrollment, Act.CONTACTED, own=own)
        campus.set_column("interventions", own, "created_at = created_at - interval '1 day'")
        again = press(campus, enrollment, Act.CONTACTED, own=own)
        press(campus, enrollment, Act.CONTACTED, own=uuid4())
        assert first.intervention_id == again.intervention_id == own
        assert len(campus.events("intervention.recorded")) == 2

    def test_an_id_stands_for_one_act(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        own = press(campus, enrollment, Act.CONTACTED, own=uuid4()).intervention_id
        with pytest.raises(InterventionIdTaken):
            press(campus, enrollment, Act.NO_NEED, own=own)
