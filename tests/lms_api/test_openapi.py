"""What the API says of itself holds: each operation has its line, its roles, and refusals in one shape."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from contracts.events import Role
from lms_api.api_page import PAGE, page, who
from lms_api.assessments import attempts
from lms_api.assessments import service as assessments
from lms_api.assessments.schemas import HandIn
from lms_api.openapi import ANYBODY, NEEDS, PREFIX, SIGNED, first_sentence, operations
from lms_api.problems import MEDIA_TYPE
from tests.lms_api.conftest import Campus

BODIES: dict[str, dict[str, Any]] = {
    "POST /organizations/{organization_id}/users": {"email": "ben@example.org"},
    "POST /courses": {"title": "Logic", "slug": "logic"},
    "POST /courses/{course_id}/lessons": {"title": "Means"},
    "PUT /enrollments/{enrollment_id}/result": {"outcome": "pass"},
    "POST /courses/{course_id}/assessments": {"title": "Quiz"},
    "POST /assessments/{assessment_id}/questions": {"question_text": "Why?", "question_type": "essay"},
    "PUT /assessments/{assessment_id}/questions/{question_id}": {"question_text": "Why?", "question_type": "essay"},
    "POST /submissions/{submission_id}/grade": {"score": 50},
    "POST /enrollments/{enrollment_id}/interventions": {"act": "contacted"},
}
"""The smallest valid body, where an empty one is not."""


@pytest.fixture
def things(campus: Campus) -> dict[str, UUID]:
    """One of everything that a path may name; the submission is the learner's."""
    course = campus.course()
    enrollment, quiz = campus.enrolled(course), campus.quiz(course)
    with campus.writing(campus.learner) as session:
        submission = attempts.hand_in(session, quiz.id, HandIn())
    with campus.reading(campus.instructor) as session:
        question = assessments.list_questions(session, quiz.id)[0]
    return {
        "organization_id": campus.organization_id,
        "user_id": campus.learner.user_id,
        "course_id": course.id,
        "lesson_id": campus.lesson(course).id,
        "enrollment_id": enrollment.id,
        "assessment_id": quiz.id,
        "question_id": question.id,
        "submission_id": submission.id,
        "prediction_id": uuid4(),
    }


def ask(client: TestClient, key: str, things: dict[str, UUID], headers: dict[str, str] | None = None) -> Any:
    method, path = key.split(" ")
    body = None if method in {"GET", "DELETE"} else BODIES.get(key, {})
    return client.request(method, PREFIX + path.format(**things), json=body, headers=headers)


class TestPage:
    def test_is_current(self, lms_app: FastAPI) -> None:
        assert PAGE.read_text() == page(lms_app), "run `python -m lms_api.api_page`"


class TestOperations:
    def test_each_says_what_it_does(self, lms_app: FastAPI) -> None:
        for key, operation in operations(lms_app.openapi()):
            assert operation.get("description"), key
            assert operation["summary"] == first_sentence(operation["description"]), key

    def test_each_refusal_is_a_problem_document(self, client: TestClient) -> None:
        schema = client.get(f"{PREFIX}/openapi.json").json()
        for key, operation in operations(schema):
            refusals = {status: told for status, told in operation["responses"].items() if status[0] in "45"}
            assert refusals or key == "GET /health/live", key
            for told in refusals.values():
                assert told["description"]
                assert told["content"] == {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}, key
        assert "HTTPValidationError" not in schema["components"]["schemas"]

    def test_what_has_an_id_in_its_path_may_not_be_found(self, lms_app: FastAPI) -> None:
        for key, operation in operations(lms_app.openapi()):
            assert "{" not in key or "404" in operation["responses"], key

    def test_every_list_names_what_there_is(self, lms_app: FastAPI) -> None:
        known = {key for key, _ in operations(lms_app.openapi())}
        assert known >= ANYBODY | SIGNED | NEEDS.keys()
        assert not ANYBODY & SIGNED
        assert not NEEDS.keys() & (ANYBODY | SIGNED)


class TestWho:
    def test_without_a_token_only_what_is_for_anybody_answers(
        self, client: TestClient, lms_app: FastAPI, things: dict[str, UUID]
    ) -> None:
        for key, _ in operations(lms_app.openapi()):
            answer = ask(client, key, things)
            if key not in ANYBODY:
                assert answer.status_code == 401, (key, answer.text)
                assert answer.headers["content-type"] == MEDIA_TYPE

    @pytest.mark.parametrize("role", list(Role))
    def test_those_who_are_not_named_are_refused(
        self, client: TestClient, campus: Campus, things: dict[str, UUID], role: Role
    ) -> None:
        stranger = campus.open_account(role)  # so that nothing is the caller's own
        refused = {key for key in NEEDS if role.value not in who(key).split(", ")}
        found = {key: ask(client, key, things, campus.token(stranger)).status_code for key in refused}
        # to learners, somebody else's row does not even exist
        assert {key: status for key, status in found.items() if status not in (403, 404)} == {}
        assert role is Role.STUDENT or set(found.values()) <= {403}

    def test_those_who_are_named_are_not(self, client: TestClient, campus: Campus, things: dict[str, UUID]) -> None:
        reading = [key for key in NEEDS if key.startswith("GET ")]
        for key in reading:
            for role, person in campus.people.items():
                allowed = role.value in who(key).split(", ")
                assert (ask(client, key, things, campus.token(person)).status_code == 200) is allowed, (key, role)
