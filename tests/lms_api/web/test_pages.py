"""Every page for its role, without a line of JavaScript: what works here works in any browser."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from contracts.events import Role
from lms_api.predictions.schemas import SystemStatus
from lms_api.web.app import ROUTERS
from lms_api.web.templates import environment
from lms_api.web.viewer import nobody

if TYPE_CHECKING:
    from tests.lms_api.web.conftest import School, Visitor

    SignedIn = Callable[[Role], Visitor]

LIMIT = 60_000
"""Bytes of one page on the wire, with everything that it loads."""


class TestHome:
    def test_shows_the_next_step_and_no_risk(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.72)
        page = signed_in(Role.STUDENT).open("/")
        assert "Next step" in page.text
        assert "What a number says" in page.text
        assert "Statistics for everyone" in page.text
        main = page.text[page.text.index("<main") :]
        for word in ("risk", "72 %", "attention", "average", 'class="tag high'):
            assert word not in main.lower()

    def test_a_recommendation_says_its_source_and_is_followed(self, school: "School", signed_in: "SignedIn") -> None:
        prediction_id = school.recommend()
        visitor = signed_in(Role.STUDENT)
        page = visitor.open("/")
        address = f"/go/{prediction_id}/{school.other_course.id}"
        assert "From the last run" in page.text
        assert address in page.text
        assert visitor.open(address).url.path == f"/courses/{school.other_course.id}"
        followed = school.campus.said("prediction.followed")
        assert [event["prediction_id"] for event in followed] == [str(prediction_id)]

    def test_without_recommendations_the_popular_ones_say_so(self, signed_in: "SignedIn") -> None:
        assert "Popular here" in signed_in(Role.STUDENT).open("/").text

    def test_who_teaches_starts_at_the_boards(self, signed_in: "SignedIn") -> None:
        assert signed_in(Role.INSTRUCTOR).open("/").url.path == "/boards"


class TestCourse:
    def test_a_stranger_enrolls_and_reads(self, school: "School", signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        address = f"/courses/{school.other_course.id}"
        assert "You are not in this course yet" in visitor.open(address).text
        assert "You are enrolled" in visitor.send(f"{address}/enroll").text

    def test_a_lesson_is_read_and_finished(self, school: "School", signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        address = f"/courses/{school.course.id}/lessons/{school.lessons[0].id}"
        page = visitor.open(address)
        assert "<h3>Why it misleads</h3>" in page.text
        assert "<script>alert" not in page.text
        done = visitor.send(f"{address}/complete")
        assert "Finished; well done." in done.text
        assert "I have finished this" not in done.text
        assert "33 % of the lessons" in visitor.open(f"/courses/{school.course.id}").text

    def test_opening_is_an_event_like_any_other(self, school: "School", signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        visitor.open(f"/courses/{school.course.id}")
        visitor.open(f"/courses/{school.course.id}/lessons/{school.lessons[1].id}")
        viewed = school.campus.said("page.viewed")
        assert [event["page"] for event in viewed] == ["home", "course"]
        assert viewed[1]["course_id"] == school.course.id
        assert [event["lesson_id"] for event in school.campus.said("activity.viewed")] == [str(school.lessons[1].id)]

    def test_a_quiz_is_handed_in_and_its_result_read(self, school: "School", signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        address = f"/courses/{school.course.id}/assessments/{school.quiz_id}"
        page = visitor.open(address)
        assert "2 attempts left" in page.text
        first, second = dict.fromkeys(re.findall(r'name="(q-[^"]+)"', page.text))
        result = visitor.send(address, {first: "b", second: "false"})
        assert "75 %" in result.text
        assert "Right" in result.text
        assert "Not right" in result.text
        assert len(school.campus.said("assessment.submitted")) == 1
        assert "Handed in, 75 %" in visitor.open(f"/courses/{school.course.id}").text

    def test_attempts_run_out_politely(self, school: "School", signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        address = f"/courses/{school.course.id}/assessments/{school.quiz_id}"
        for _ in range(2):
            assert visitor.send(address).status_code == 200
        assert "You have used all your attempts." in visitor.open(address).text
        refused = visitor.send(address)
        assert refused.status_code == 409
        assert "All attempts are used" in refused.text
        assert refused.headers["content-type"].startswith("text/html")

    def test_a_time_limit_begins_with_a_press(self, school: "School", signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        quiz = school.campus.quiz(school.course, title="Quick one", time_limit_minutes=5)
        address = f"/courses/{school.course.id}/assessments/{quiz.id}"
        assert "5 minutes from the moment you start" in visitor.open(address).text
        assert "1 + 1?" in visitor.send(f"{address}/start").text

    def test_answers_to_nothing_are_refused(self, school: "School", signed_in: "SignedIn") -> None:
        address = f"/courses/{school.course.id}/assessments/{school.quiz_id}"
        for name in ("q-nonsense", "q-00000000-0000-0000-0000-000000000000"):
            assert signed_in(Role.STUDENT).send(address, {name: "a"}).status_code == 422
        assert school.campus.said("assessment.submitted") == []


class TestSystem:
    def test_says_what_the_loop_did(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62)
        school.report()
        page = signed_in(Role.ADMIN).open("/system").text
        assert "raw to marts" in page
        assert "1,180" in page
        assert "reconciles" in page
        assert "does not answer" in page

    def test_before_the_first_run_it_says_so(self) -> None:
        status = SystemStatus(
            loop=None, serving_ready=False, serving_versions={}, stored=(), switched_off=False, message="Nothing yet."
        )
        rows: dict[str, list[str]] = {"model_heads": [], "model_rows": [], "stage_rows": [], "stored_rows": []}
        page = environment().get_template("system.html").render({**nobody(status=status), **rows})
        assert "The loop has not run yet" in page
        assert "not known" in page


class TestMyData:
    def test_tells_what_is_known_and_predicted(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62)
        page = signed_in(Role.STUDENT).open("/my-data").text
        assert school.emails[Role.STUDENT] in page
        assert "about 6 did not finish" in page

    def test_one_press_ends_the_predicting(self, school: "School", signed_in: "SignedIn") -> None:
        school.predict(0.62)
        visitor = signed_in(Role.STUDENT)
        assert "nothing be predicted about you" in visitor.send("/my-data/opt-out", {"opted_out": "true"}).text
        board = signed_in(Role.INSTRUCTOR).open(f"/courses/{school.course.id}/board").text
        assert f'id="flag-{school.enrollment_id}"' not in board
        assert "1 learner asked not to be predicted" in board


def _addresses(school: "School") -> dict[str, tuple[str, set[Role]]]:
    """Every page with a fixed place, and who may open it."""
    everybody, course = set(Role), f"/courses/{school.course.id}"
    teaching = {Role.ADMIN, Role.INSTRUCTOR, Role.TA}
    return {
        "/": ("/", everybody),
        "/courses": ("/courses", everybody),
        "/courses/{course_id}": (course, everybody),
        "/courses/{course_id}/lessons/{lesson_id}": (f"{course}/lessons/{school.lessons[0].id}", everybody),
        "/courses/{course_id}/assessments/{assessment_id}": (f"{course}/assessments/{school.quiz_id}", {Role.STUDENT}),
        "/boards": ("/boards", teaching),
        "/courses/{course_id}/board": (f"{course}/board", teaching),
        "/system": ("/system", {Role.ADMIN}),
        "/my-data": ("/my-data", everybody),
        "/sign-in": ("/sign-in", everybody),
        "/patterns": ("/patterns", everybody),
    }


ELSEWHERE = {
    "/session/renew",  # only leads on
    "/go/{prediction_id}/{item_id}",  # only leads on
    "/courses/{course_id}/assessments/{assessment_id}/results/{submission_id}",  # the quiz's own test
}


class TestEveryPage:
    def test_is_on_the_walk(self, lms_app: FastAPI, school: "School") -> None:
        routes = {route.path for router in ROUTERS for route in router.routes if "GET" in route.methods}
        assert routes == set(_addresses(school)) | ELSEWHERE

    @pytest.mark.parametrize("role", list(Role))
    def test_opens_for_its_roles_and_refuses_others(self, school: "School", signed_in: "SignedIn", role: Role) -> None:
        school.predict(0.62)
        visitor = signed_in(role)
        for address, roles in _addresses(school).values():
            page = visitor.open(address)
            assert page.status_code == (200 if role in roles else 403), (role, address)
            assert page.headers["content-security-policy"].startswith("default-src 'self'")
            assert page.headers["content-type"].startswith("text/html")
            assert "total;dur=" in page.headers["server-timing"]

    def test_shows_nothing_to_another_organization(
        self, lms_app: FastAPI, school: "School", signed_in: "SignedIn", other_campus: object
    ) -> None:
        from tests.lms_api.conftest import PASSWORD, Campus

        assert isinstance(other_campus, Campus)
        foreign = other_campus.open_account(Role.ADMIN, password=PASSWORD)
        visitor = signed_in(Role.STUDENT)
        visitor.http.cookies.clear()
        token = other_campus.token(foreign)["Authorization"].removeprefix("Bearer ")
        visitor.http.cookies.set(visitor.cookie("access"), token)
        for pattern, (address, _) in _addresses(school).items():
            if "{" in pattern:
                assert visitor.open(address).status_code == 404, address

    def test_says_that_the_campus_is_made_up(self, school: "School", signed_in: "SignedIn") -> None:
        for address, roles in _addresses(school).values():
            if Role.INSTRUCTOR in roles:
                assert "A made-up campus" in signed_in(Role.INSTRUCTOR).open(address).text, address

    @pytest.mark.parametrize("role", [Role.STUDENT, Role.INSTRUCTOR, Role.ADMIN])
    def test_weighs_little_with_all_that_it_loads(self, school: "School", signed_in: "SignedIn", role: Role) -> None:
        school.predict(0.62)
        visitor = signed_in(role)
        for address, roles in _addresses(school).values():
            if role in roles:
                assert _weight(visitor, address) <= LIMIT, address

    def test_an_unknown_address_is_a_page_too(self, signed_in: "SignedIn") -> None:
        for address in ("/nowhere", "/courses/not-an-id", "/courses/00000000-0000-0000-0000-000000000000"):
            page = signed_in(Role.STUDENT).open(address)
            assert page.status_code == 404
            assert "No such page" in page.text
            assert "A made-up campus" in page.text

    def test_the_api_still_answers_in_its_own_way(self, signed_in: "SignedIn") -> None:
        answer = signed_in(Role.STUDENT).open("/api/v1/nowhere")
        assert answer.headers["content-type"] == "application/problem+json"


def _weight(visitor: "Visitor", address: str) -> int:
    page = visitor.open(address)
    loads = re.findall(r'(?:<script src|<link [^>]*href)="(/static/[^"]+)"', page.text)
    return _sent(visitor, address) + sum(_sent(visitor, urlsplit(one).path) for one in loads)


def _sent(visitor: "Visitor", address: str) -> int:
    with visitor.http.stream("GET", address) as answer:
        return len(b"".join(answer.iter_raw()))
