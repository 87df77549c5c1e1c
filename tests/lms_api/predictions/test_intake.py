"""A batch comes in once, only for those it may be about, and never as something it isn't."""

import time
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.predictions import Reason
from lms_api.errors import Invalid, NotFound
from lms_api.organizations import service as organizations
from lms_api.predictions import intake, service
from lms_api.predictions.errors import BatchChanged, BatchTooLarge
from lms_api.unit_of_work import writing
from tests.lms_api.predictions.conftest import NOW, Campus, recommendation, risk


def stored(campus: Campus) -> int:
    with campus.session() as session:
        return int(session.execute(text("select count(*) from predictions")).scalar_one())


class TestAcceptBatch:
    def test_stores_each_kind_with_its_subject(self, campus: Campus) -> None:
        maria, enrollment = campus.learner("Maria")
        batch = campus.batch(
            risk(enrollment, 0.7),
            recommendations=(
                recommendation(maria.actor_id, campus.course_id),
                recommendation(enrollment, *campus.lesson_ids, kind="activities"),
            ),
        )
        receipt = campus.post(batch)
        assert (receipt.received, receipt.stored, receipt.repeated, receipt.refused) == (3, 3, 0, 0)
        with campus.session() as session:
            rows = session.execute(text("select kind, enrollment_id, user_id, trace_id, band from predictions")).all()
        assert {(row.kind, row.enrollment_id, row.user_id) for row in rows} == {
            ("risk", enrollment, None),
            ("courses", None, maria.user_id),
            ("activities", enrollment, None),
        }

    def test_the_same_batch_twice_changes_nothing(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        batch = campus.batch(risk(enrollment, 0.7), risk(uuid4(), 0.5))
        campus.post(batch)
        again = campus.post(batch)
        assert (again.received, again.stored, again.repeated, again.refused) == (2, 0, 1, 1)
        assert stored(campus) == 1

    def test_the_same_predictions_in_another_batch_are_repeated(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        said = risk(enrollment, 0.7)
        campus.post(campus.batch(said))
        again = campus.post(campus.batch(said, said))
        assert (again.received, again.stored, again.repeated) == (2, 0, 2)
        assert stored(campus) == 1

    def test_refuses_a_batch_id_with_another_body(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        batch = campus.batch(risk(enrollment, 0.7))
        campus.post(batch)
        with pytest.raises(BatchChanged):
            campus.post(batch.model_copy(update={"risks": (risk(enrollment, 0.2),)}))
        assert stored(campus) == 1

    def test_refuses_subjects_of_another_organization(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        with writing(campus.engine) as session:
            other = organizations.make(session, name="other", slug=f"o-{uuid4().hex[:12]}")
            other_id = other.id
        receipt = campus.post(campus.batch(risk(enrollment, 0.7), organization_id=other_id))
        assert (receipt.stored, receipt.refused) == (0, 1)
        assert stored(campus) == 0

    def test_refuses_those_who_opted_out(self, campus: Campus) -> None:
        maria, enrollment = campus.learner("Maria")
        campus.set_column("users", maria.user_id, "predictions_opt_out = true")
        receipt = campus.post(
            campus.batch(risk(enrollment, 0.7), recommendations=(recommendation(maria.actor_id, campus.course_id),))
        )
        assert (receipt.stored, receipt.refused) == (0, 2)

    def test_the_kill_switch_refuses_everything(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        campus.set_column("organizations", campus.organization_id, """settings = '{"predictions_enabled": false}'""")
        receipt = campus.post(campus.batch(risk(enrollment, 0.7)))
        assert (receipt.received, receipt.stored, receipt.refused) == (1, 0, 1)

    def test_refuses_an_unknown_organization(self, campus: Campus) -> None:
        with pytest.raises(NotFound):
            campus.post(campus.batch(organization_id=uuid4()))

    def test_names_the_field_that_is_wrong(self, campus: Campus) -> None:
        body = campus.batch(risk(uuid4(), 0.5)).model_dump_json().replace('"value":0.5', '"value":1.5').encode()
        with writing(campus.engine) as session, pytest.raises(Invalid) as refused:
            intake.accept_batch(session, body)
        assert refused.value.field == "risks.0.value"

    def test_takes_twenty_thousand_in_seconds_and_no_more(self, campus: Campus) -> None:
        enrollments = self._crowd(campus, 2_000)
        reasons = tuple(Reason(feature=f"feature_{n}", value=n, contribution=0.1) for n in range(5))
        risks = tuple(risk(enrollments[n % 2_000], 0.3, reasons=reasons) for n in range(intake.MOST))
        body = campus.batch(*risks).model_dump_json().encode()
        started = time.perf_counter()
        with writing(campus.engine) as session:
            receipt = intake.accept_batch(session, body)
        assert receipt.stored == intake.MOST
        assert time.perf_counter() - started < 20
        with pytest.raises(BatchTooLarge):
            campus.post(campus.batch(*risks, risk(enrollments[0], 0.1)))

    @staticmethod
    def _crowd(campus: Campus, count: int) -> list[UUID]:
        with campus.session() as session:
            return list(
                session.execute(
                    text(
                        """
with people as (
    insert into users (id, organization_id, email, role)
    select gen_random_uuid(), :organization, n || '@example.org', 'student' from generate_series(1, :count) n
    returning id
)
insert into enrollments (organization_id, student_id, course_id) select :organization, id, :course from people
returning id"""
                    ),
                    {"organization": campus.organization_id, "course": campus.course_id, "count": count},
                ).scalars()
            )


class TestReplay:
    def test_is_kept_and_never_shown_as_current(self, campus: Campus) -> None:
        maria, enrollment = campus.learner("Maria")
        day = date(2014, 6, 30)
        batch = campus.batch(
            risk(enrollment, 0.9),
            replay_as_of=day,
            recommendations=(recommendation(maria.actor_id, campus.course("Logic")),),
        )
        assert campus.post(batch).stored == 2
        with campus.session(campus.instructor) as session:
            board = service.board(session, campus.course_id)
        assert board.rows == ()
        assert [learner.learner for learner in board.without_data] == ["Maria"]
        assert "30 June 2014" in board.message
        with campus.session(maria) as session:
            home = service.home_recommendations(session)
            own = service.own_predictions(session)
        assert home.courses.prediction_id is None
        assert own.risks == ()

    def test_does_not_hide_the_current_one(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        campus.post(campus.batch(risk(enrollment, 0.2)))
        campus.post(campus.batch(risk(enrollment, 0.9), replay_as_of=date(2014, 6, 30), computed_at=NOW))
        with campus.session(campus.instructor) as session:
            board = service.board(session, campus.course_id)
        assert [row.value for row in board.rows] == [0.2]
