"""Over HTTP: a request without our signature changes nothing, and each answer goes to whom it is for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from contracts.events import Role
from contracts.loop import LoopReport, StageReport
from lms_api.app import create_app
from lms_api.identity.tokens import access_token
from lms_api.principal import Principal
from stack.settings import Settings
from stack.signing import SIGNATURE, TIMESTAMP, sign
from tests.lms_api.predictions.conftest import Campus, recommendation, risk

BATCHES = "/api/v1/predictions/batches"
REPORTS = "/api/v1/loop-reports"


@pytest.fixture(scope="module")
def http(stores: Settings, engine: object) -> Iterator[TestClient]:
    """The whole LMS; where it looks for serving, nothing listens."""
    with TestClient(create_app(stores.model_copy(update={"serving_url": "http://127.0.0.1:9"}))) as client:
        yield client


@pytest.fixture
def posted(http: TestClient, stores: Settings) -> Any:
    """Posts a body with its signature, or with headers changed after signing."""

    def post(path: str, body: bytes, **changed: str) -> Any:
        headers = {**sign(stores, method="POST", path=path, body=body), **changed}
        return http.post(path, content=body, headers=headers)

    return post


def bearer(settings: Settings, who: Principal) -> dict[str, str]:
    token = access_token(settings, user_id=who.user_id, organization_id=who.organization_id)
    return {"authorization": f"Bearer {token}"}


def report(run_id: UUID, *, failure: str | None = None, models: dict[str, str] | None = None) -> bytes:
    now = datetime.now(UTC)
    stage = StageReport(stage="raw", rows_in=10, rows_out=10, seconds=0.2, position="1/2/3")
    made = LoopReport(
        run_id=run_id,
        started_at=now,
        finished_at=now,
        stages=(stage,),
        lag_seconds=1.5,
        model_versions=models or {},
        failure=failure,
    )
    return made.model_dump_json().encode()


class TestBatches:
    def test_takes_what_is_signed(self, campus: Campus, posted: Any) -> None:
        _, enrollment = campus.learner("Maria")
        body = campus.batch(risk(enrollment, 0.7)).model_dump_json().encode()
        first, second = posted(BATCHES, body), posted(BATCHES, body)
        assert (first.status_code, first.json()["stored"]) == (200, 1)
        assert (second.status_code, second.json()["stored"], second.json()["repeated"]) == (200, 0, 1)

    def test_refuses_what_is_not(self, campus: Campus, posted: Any, http: TestClient) -> None:
        _, enrollment = campus.learner("Maria")
        body = campus.batch(risk(enrollment, 0.7)).model_dump_json().encode()
        assert http.post(BATCHES, content=body).status_code == 401
        for changed in ({SIGNATURE: "0" * 64}, {TIMESTAMP: "1"}):
            answer = posted(BATCHES, body, **changed)
            assert answer.status_code == 401
            assert answer.json()["title"] == "Not signed by this campus"
        assert posted(BATCHES, body).json()["stored"] == 1

    def test_refuses_a_nonce_that_was_used(self, campus: Campus, http: TestClient, stores: Settings) -> None:
        body = campus.batch().model_dump_json().encode()
        headers = sign(stores, method="POST", path=BATCHES, body=body)
        assert http.post(BATCHES, content=body, headers=headers).status_code == 200
        replayed = http.post(BATCHES, content=body, headers=headers)
        assert replayed.status_code == 401
        assert "nonce" in replayed.json()["detail"]

    def test_refuses_another_body_under_the_same_id(self, campus: Campus, posted: Any) -> None:
        batch = campus.batch()
        other = batch.model_copy(update={"risks": (risk(uuid4(), 0.5),)})
        assert posted(BATCHES, batch.model_dump_json().encode()).status_code == 200
        assert posted(BATCHES, other.model_dump_json().encode()).status_code == 409

    def test_names_what_is_wrong_with_it(self, posted: Any) -> None:
        answer = posted(BATCHES, b'{"batch_id": 1}')
        assert answer.status_code == 422
        assert answer.json()["field"] == "batch_id"


class TestLoopReports:
    def test_stands_on_the_system_page(self, campus: Campus, posted: Any, http: TestClient, stores: Settings) -> None:
        own = f"risk.{campus.organization_id}"
        body = report(uuid4(), models={own: "4", f"risk.{uuid4()}": "9"})
        assert posted(REPORTS, body).json()["stored"] is True
        assert posted(REPORTS, body).json()["stored"] is False
        admin = campus.person(Role.ADMIN, "Ada")
        shown = http.get("/api/v1/system/status", headers=bearer(stores, admin)).json()
        assert shown["loop"]["model_versions"] == {own: "4"}
        assert shown["loop"]["reconciles"] is True
        assert [stage["stage"] for stage in shown["loop"]["stages"]] == ["raw"]
        assert shown["serving_ready"] is False
        assert "Serving does not answer" in shown["message"]

    def test_a_failed_run_is_said(self, campus: Campus, posted: Any, http: TestClient, stores: Settings) -> None:
        posted(REPORTS, report(uuid4(), failure="transform: a test of dbt failed"))
        admin = bearer(stores, campus.person(Role.ADMIN, "Ada"))
        assert "transform: a test of dbt failed" in http.get("/api/v1/system/status", headers=admin).json()["message"]

    def test_is_for_administrators(self, campus: Campus, http: TestClient, stores: Settings) -> None:
        answer = http.get("/api/v1/system/status", headers=bearer(stores, campus.instructor))
        assert answer.status_code == 403


class TestPaths:
    def test_the_board_and_the_act(self, campus: Campus, posted: Any, http: TestClient, stores: Settings) -> None:
        _, enrollment = campus.learner("Maria")
        posted(BATCHES, campus.batch(risk(enrollment, 0.7)).model_dump_json().encode())
        signed_in = bearer(stores, campus.instructor)
        board = http.get(f"/api/v1/courses/{campus.course_id}/risk", headers=signed_in).json()
        request = {"act": "contacted", "prediction_id": board["rows"][0]["prediction_id"]}
        path = f"/api/v1/enrollments/{enrollment}/interventions"
        assert http.post(path, json=request, headers=signed_in).status_code == 201
        board = http.get(f"/api/v1/courses/{campus.course_id}/risk", headers=signed_in).json()
        assert board["rows"][0]["last_intervention"]["act"] == "contacted"
        assert len(campus.events("prediction.shown")) == 1

    def test_what_a_learner_may_ask(self, campus: Campus, posted: Any, http: TestClient, stores: Settings) -> None:
        maria, enrollment = campus.learner("Maria")
        logic = campus.course("Logic")
        said = recommendation(maria.actor_id, logic)
        batch = campus.batch(risk(enrollment, 0.7), recommendations=(said,))
        posted(BATCHES, batch.model_dump_json().encode())
        signed_in = bearer(stores, maria)
        home = http.get("/api/v1/users/me/recommendations", headers=signed_in).json()
        assert home["courses"]["source"] == "stored"
        live = http.post("/api/v1/ai/recommend-courses", json={"k": 2}, headers=signed_in).json()
        assert live["source"] == "stored"
        following = http.get(f"/api/v1/courses/{campus.course_id}/next-activities", headers=signed_in).json()
        assert following["source"] == "order"
        own = http.get("/api/v1/users/me/predictions", headers=signed_in).json()
        assert own["risks"][0]["value"] == 0.7
        followed = f"/api/v1/predictions/{said.prediction_id}/followed"
        assert http.post(followed, json={"item_id": str(logic)}, headers=signed_in).status_code == 204
        assert http.get(f"/api/v1/courses/{campus.course_id}/risk", headers=signed_in).status_code == 403
