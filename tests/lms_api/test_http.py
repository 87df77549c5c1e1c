"""The API as a client meets it: sign-in, problems, traces, tenancy."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from contracts.events import Role
from lms_api.db import WriteSession
from lms_api.identity import service as identity
from lms_api.principal import Principal
from tests.lms_api.conftest import PASSWORD, Campus

API = "/api/v1"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def maria(campus: Campus) -> tuple[Principal, dict[str, str]]:
    """A learner who can sign in, and what they type."""
    who = campus.open_account(Role.STUDENT, password=PASSWORD)
    with campus.reading(who) as session:
        email = identity.profile(session).email
    return who, {"organization": campus.slug, "email": email, "password": PASSWORD}


def problem(response: Any, status: int) -> dict[str, Any]:
    """Every refusal is a problem document with a title, what to do, and a trace."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    assert said["status"] == status
    assert said["title"]
    assert said["detail"]
    assert said["trace_id"] in response.headers["traceparent"]
    return said


class TestSignIn:
    def test_bearer_refresh_and_logout(
        self, client: TestClient, maria: tuple[Principal, dict[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tokens = client.post(f"{API}/auth/login", json=maria[1]).json()
        client.cookies.clear()
        me = client.get(f"{API}/auth/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
        assert me.json()["id"] == str(maria[0].user_id)
        assert "password_hash" not in me.json()
        second = client.post(f"{API}/auth/refresh", json={"refresh_token": tokens["refresh_token"]}).json()
        client.cookies.clear()
        monkeypatch.setattr("lms_api.identity.tokens.REUSE_GRACE", timedelta(0))
        problem(client.post(f"{API}/auth/refresh", json={"refresh_token": tokens["refresh_token"]}), 401)
        problem(client.post(f"{API}/auth/refresh", json={"refresh_token": second["refresh_token"]}), 401)
        assert client.post(f"{API}/auth/logout", json={"refresh_token": second["refresh_token"]}).status_code == 204

    def test_cookies_that_no_script_reads(self, client: TestClient, maria: tuple[Principal, dict[str, str]]) -> None:
        signed_in = client.post(f"{API}/auth/login", json=maria[1])
        for cookie in signed_in.headers.get_list("set-cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
        assert client.get(f"{API}/auth/me").json()["id"] == str(maria[0].user_id)
        assert client.post(f"{API}/auth/refresh").status_code == 200
        client.post(f"{API}/auth/logout")
        assert dict(client.cookies) == {}
        problem(client.get(f"{API}/auth/me"), 401)

    @pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
    def test_another_site_s_form_is_refused(
        self, client: TestClient, maria: tuple[Principal, dict[str, str]], headers: dict[str, str]
    ) -> None:
        client.post(f"{API}/auth/login", json=maria[1])
        problem(client.put(f"{API}/auth/profile", json={"first_name": "Eve"}, headers=headers), 403)
        problem(client.post(f"{API}/auth/refresh", headers=headers), 403)
        assert client.put(f"{API}/auth/profile", json={"first_name": "Mia"}).json()["first_name"] == "Mia"

    def test_a_wrong_password_says_no_more_than_that(
        self, client: TestClient, maria: tuple[Principal, dict[str, str]]
    ) -> None:
        said = [
            problem(client.post(f"{API}/auth/login", json={**maria[1], **wrong}), 401)
            for wrong in ({"password": "x"}, {"email": "x"}, {"organization": "x"})
        ]
        assert len({(one["title"], one["detail"]) for one in said}) == 1

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp4", "Bearer a.b.c"])
    def test_every_other_header_is_nobody(self, client: TestClient, header: str) -> None:
        response = client.get(f"{API}/auth/me", headers={"Authorization": header})
        assert "login" in problem(response, 401)["remedy"]
        assert response.headers["www-authenticate"] == "Bearer"

    def test_a_closed_account_is_out_at_the_next_request(self, client: TestClient, campus: Campus) -> None:
        headers = campus.token(campus.learner)
        assert client.get(f"{API}/courses", headers=headers).status_code == 200
        path = f"{API}/organizations/{campus.organization_id}/users/{campus.learner.user_id}"
        assert client.put(path, json={"status": "inactive"}, headers=campus.token(campus.admin)).status_code == 200
        problem(client.get(f"{API}/courses", headers=headers), 401)


class TestProblems:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"slug": "x"}, "title"),
            ({"title": "x", "slug": "no spaces"}, "slug"),
            ({"title": "x", "slug": "x", "surprise": 1}, "surprise"),
            ({"title": "x", "slug": "x", "starts_at": "2026-03-01T00:00:00"}, "starts_at"),
            ({"title": "x", "slug": "x", "enrollment_limit": 2**31}, "enrollment_limit"),
            ({"title": "x", "slug": "x", "price": 1e300}, "price"),
            ({"title": "x" * 256, "slug": "x"}, "title"),
        ],
    )
    def test_name_the_field_the_value_and_what_to_do(
        self, client: TestClient, campus: Campus, body: dict[str, Any], field: str
    ) -> None:
        said = problem(client.post(f"{API}/courses", json=body, headers=campus.token(campus.instructor)), 422)
        assert said["field"] == field
        assert said["errors"][0]["field"] == field
        assert (said.get("value") is None) == (field == "title" and "title" not in body)

    @pytest.mark.parametrize(
        "title", ['"a\\u0000b"', '"\\ud800"', '"a\\udfffb"', str(2**70), "1e999", "NaN", '{"\\u0000": 1}', "[" * 3000]
    )
    def test_what_postgresql_can_not_store_stops_at_the_edge(
        self, client: TestClient, campus: Campus, title: str
    ) -> None:
        body = '{"slug": "x", "title": ' + title + "}"
        headers = {**campus.token(campus.instructor), "Content-Type": "application/json"}
        response = client.post(f"{API}/courses", content=body, headers=headers)
        assert response.status_code in (400, 422), response.text
        assert response.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("path", ["/courses?category=%00", "/courses?limit=99999999999999999999", "/courses/%00"])
    def test_so_do_queries_and_paths(self, client: TestClient, campus: Campus, path: str) -> None:
        problem(client.get(API + path, headers=campus.token(campus.learner)), 422)

    def test_an_unknown_path_and_a_wrong_method(self, client: TestClient) -> None:
        assert "openapi" in problem(client.get(f"{API}/nothing"), 404)["remedy"]
        problem(client.patch(f"{API}/courses"), 405)

    def test_a_refusal_tells_what_to_do_instead(self, client: TestClient, campus: Campus) -> None:
        course = campus.course(enrollment_limit=0)
        path = f"{API}/courses/{course.id}/enroll"
        said = problem(client.post(path, headers=campus.token(campus.learner)), 409)
        assert said["title"] == "All seats of this course are taken"
        assert (said["field"], said["value"]) == ("course_id", str(course.id))
        assert "ask the instructor" in said["remedy"]

    def test_a_mistake_of_ours_says_nothing_of_itself(
        self, client: TestClient, campus: Campus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError("secret")

        monkeypatch.setattr("lms_api.courses.service.list_courses", broken)
        response = client.get(f"{API}/courses", headers=campus.token(campus.learner))
        assert "secret" not in response.text
        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"


class TestTenancy:
    def test_another_organization_s_row_is_not_found(
        self, client: TestClient, campus: Campus, other_campus: Campus
    ) -> None:
        course = other_campus.course()
        lesson, enrollment = other_campus.lesson(course), other_campus.enrolled(course)
        quiz = other_campus.quiz(course)
        headers = campus.token(campus.admin)
        for path in (
            f"/courses/{course.id}",
            f"/courses/{course.id}/lessons",
            f"/courses/{course.id}/enrollments",
            f"/courses/{course.id}/assessments",
            f"/lessons/{lesson.id}",
            f"/enrollments/{enrollment.id}",
            f"/enrollments/{enrollment.id}/progress",
            f"/assessments/{quiz.id}",
            f"/assessments/{quiz.id}/results",
            f"/organizations/{other_campus.organization_id}",
            f"/organizations/{other_campus.organization_id}/users",
        ):
            theirs = problem(client.get(API + path, headers=headers), 404)
            nobodys = problem(client.get(_with_another_id(API + path), headers=headers), 404)
            assert theirs["title"] == nobodys["title"]
        assert client.get(f"{API}/courses", headers=headers).json() == []
        listed = client.get(f"{API}/organizations", headers=headers).json()
        assert [one["id"] for one in listed] == [str(campus.organization_id)]


def _with_another_id(path: str) -> str:
    parts = path.split("/")
    parts[4] = str(uuid4())
    return "/".join(parts)


class TestTrace:
    def test_goes_from_the_header_to_the_log_and_back(self, client: TestClient, campus: Campus) -> None:
        course = campus.course()
        lesson, _ = campus.lesson(course), campus.enrolled(course)
        given = {**campus.token(campus.learner), "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        response = client.get(f"{API}/lessons/{lesson.id}", headers=given)
        assert response.json()["content"] == "# Mean"
        assert response.headers["traceparent"].split("-")[1] == TRACE
        assert campus.said("activity.viewed")[0]["trace_id"] == TRACE

    @pytest.mark.parametrize(
        "given", ["", "nonsense", f"ff-{TRACE}-00f067aa0ba902b7-01", f"00-{'0' * 32}-00f067aa0ba902b7-01"]
    )
    def test_is_made_where_none_is_given(self, client: TestClient, given: str) -> None:
        made = client.get(f"{API}/health/live", headers={"traceparent": given}).headers["traceparent"].split("-")
        assert len(made[1]) == 32
        assert made[1] not in (TRACE, "0" * 32)


class TestCommit:
    def test_comes_before_the_answer(
        self, client: TestClient, campus: Campus, lms_app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What can't be committed is not announced as made."""

        def broken(self: WriteSession) -> None:
            raise OperationalError("commit", {}, Exception("gone"))

        monkeypatch.setattr(WriteSession, "commit", broken)
        body = {"title": "Gone", "slug": "gone"}
        problem(client.post(f"{API}/courses", json=body, headers=campus.token(campus.instructor)), 503)
        monkeypatch.undo()
        assert campus.said("course.changed") == []

    def test_many_requests_at_once_share_few_connections(self, client: TestClient, campus: Campus) -> None:
        """More clients than threads and connections; none waits for ever, none is refused."""
        headers = campus.token(campus.learner)
        with client, ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(lambda _: client.get(f"{API}/courses", headers=headers).status_code, range(240)))
        assert set(answers) == {200}


class TestTrackEvent:
    @pytest.fixture
    def view(self, campus: Campus) -> dict[str, Any]:
        course = campus.course()
        lesson, enrollment = campus.lesson(course), campus.enrolled(course)
        payload = {"enrollment_id": str(enrollment.id), "lesson_id": str(lesson.id)}
        return {"event_id": str(uuid4()), "name": "activity.viewed", "payload": payload}

    def test_takes_one_or_a_batch(self, client: TestClient, campus: Campus, view: dict[str, Any]) -> None:
        headers, path = campus.token(campus.learner), f"{API}/analytics/track-event"
        one = client.post(path, json=view, headers=headers)
        assert (one.status_code, one.json()) == (202, {"received": 1, "recorded": 1, "repeated": 0})
        batch = [view, {**view, "event_id": str(uuid4())}]
        many = client.post(path, json={"events": batch}, headers=headers)
        assert many.json() == {"received": 2, "recorded": 1, "repeated": 1}

    @pytest.mark.parametrize(("batch", "field"), [(False, "event_id"), (True, "events.0.event_id")])
    def test_names_the_field_that_is_wrong(
        self, client: TestClient, campus: Campus, view: dict[str, Any], batch: bool, field: str
    ) -> None:
        wrong = {**view, "event_id": "x"}
        body = {"events": [wrong]} if batch else wrong
        said = problem(
            client.post(f"{API}/analytics/track-event", json=body, headers=campus.token(campus.learner)), 422
        )
        assert [one["field"] for one in said["errors"]] == [field]

    @pytest.mark.parametrize("count", [0, 501])
    def test_a_batch_has_one_to_five_hundred(
        self, client: TestClient, campus: Campus, view: dict[str, Any], count: int
    ) -> None:
        events = [{**view, "event_id": str(uuid4())} for _ in range(count)]
        problem(
            client.post(f"{API}/analytics/track-event", json={"events": events}, headers=campus.token(campus.learner)),
            422,
        )

    def test_five_hundred_are_taken(self, client: TestClient, campus: Campus, view: dict[str, Any]) -> None:
        events = [{**view, "event_id": str(uuid4())} for _ in range(500)]
        said = client.post(
            f"{API}/analytics/track-event", json={"events": events}, headers=campus.token(campus.learner)
        )
        assert said.json()["recorded"] == 500


class TestHealth:
    def test_lives_and_is_ready(self, client: TestClient) -> None:
        assert client.get(f"{API}/health/live").json() == {"status": "live"}
        assert client.get(f"{API}/health/ready").json() == {"status": "ready"}

    def test_is_not_ready_with_another_schema(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("lms_api.health.head", lambda: "9999")
        assert "campus migrate" in problem(client.get(f"{API}/health/ready"), 503)["remedy"]


class TestWalk:
    """One learner through the whole API, as a script would do it."""

    @pytest.fixture
    def roles(self, campus: Campus) -> dict[Role, dict[str, str]]:
        return {role: campus.token(who) for role, who in campus.people.items()}

    def test_from_a_course_to_a_result(
        self, client: TestClient, campus: Campus, roles: dict[Role, dict[str, str]]
    ) -> None:
        teacher, learner = roles[Role.INSTRUCTOR], roles[Role.STUDENT]

        def made(path: str, body: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
            response = client.post(API + path, json=body, headers=who)
            assert response.status_code < 300, response.text
            said: dict[str, Any] = response.json()
            return said

        course = made(
            "/courses", {"title": "Statistics", "slug": "stat", "price": "9.90", "is_published": True}, teacher
        )
        lesson = made(f"/courses/{course['id']}/lessons", {"title": "Means", "content": "# Mean"}, teacher)
        quiz = made(f"/courses/{course['id']}/assessments", {"title": "Quiz", "max_attempts": None}, teacher)
        question = {"question_text": "True?", "question_type": "true_false", "correct_answer": "true"}
        asked = made(f"/assessments/{quiz['id']}/questions", question, teacher)
        enrollment = made(f"/courses/{course['id']}/enroll", {}, learner)
        assert client.get(f"{API}/lessons/{lesson['id']}", headers=learner).json()["content"] == "# Mean"
        assert made(f"/lessons/{lesson['id']}/complete", {}, learner)["progress_percentage"] == "100.00"
        answers = {"answers": [{"question_id": asked["id"], "answer_text": "true"}]}
        assert made(f"/assessments/{quiz['id']}/submit", answers, learner)["score"] == "100.00"
        path = f"{API}/enrollments/{enrollment['id']}/result"
        assert client.put(path, json={"outcome": "pass"}, headers=teacher).json()["revision"] == 1
        names = [event["name"] for event in campus.said() if event["actor_id"] == campus.learner.actor_id]
        assert names == [
            "user.changed",
            "enrollment.changed",
            "activity.viewed",
            "lesson.completed",
            "assessment.submitted",
            "submission.graded",
            "enrollment.changed",
            "course_result.recorded",
        ]

    def test_the_log_s_place_grows_with_each_event(self, campus: Campus) -> None:
        campus.enrolled(campus.course())
        with campus.reading(campus.admin) as session:
            rows = session.execute(text("select txid::text::bigint, seq from learning_events order by seq")).all()
        assert [tuple(row) for row in rows] == sorted(tuple(row) for row in rows)
