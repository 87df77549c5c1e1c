"""The door: who comes in, who is sent back to it, and a sign-in that renews itself."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from contracts.events import Role
from lms_api.app import create_app
from lms_api.web.sign_in import inside
from stack.settings import Settings
from tests.lms_api.web.conftest import ORIGIN, PASSWORD

if TYPE_CHECKING:
    from tests.lms_api.web.conftest import School, Visitor

    SignedIn = Callable[[Role], Visitor]


class TestSignIn:
    def test_leads_on_to_where_one_wanted(self, school: "School", visitor: "Visitor") -> None:
        asked = visitor.open("/my-data")
        assert asked.url.path == "/sign-in"
        assert 'value="/my-data"' in asked.text
        assert visitor.sign_in(school, Role.STUDENT, then="/my-data").url.path == "/my-data"

    def test_is_the_same_for_a_wrong_password_and_a_stranger(self, school: "School", visitor: "Visitor") -> None:
        given = {"organization": school.campus.slug, "email": school.emails[Role.STUDENT], "password": "x"}
        wrong = visitor.send("/sign-in", given)
        stranger = visitor.send("/sign-in", {**given, "email": "nobody@school.example"})
        assert wrong.status_code == stranger.status_code == 401
        assert re.findall(r'role="alert".*', wrong.text) == re.findall(r'role="alert".*', stranger.text)
        assert visitor.cookie("access") not in visitor.http.cookies

    def test_cookies_are_out_of_scripts_reach(self, school: "School", visitor: "Visitor") -> None:
        visitor.http.follow_redirects = False
        given = visitor.sign_in(school, Role.STUDENT).headers.get_list("set-cookie")
        names = {visitor.cookie("access"), visitor.cookie("refresh")}
        assert names <= {cookie.partition("=")[0] for cookie in given}
        assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in given)

    def test_two_campuses_on_one_host_leave_each_other_alone(
        self, school: "School", stores: Settings, signed_in: "SignedIn"
    ) -> None:
        visitor = signed_in(Role.STUDENT)
        beside = TestClient(create_app(stores.model_copy(update={"port": stores.port + 10})), base_url=ORIGIN)
        beside.cookies.update(visitor.http.cookies)
        given = {"organization": school.campus.slug, "email": school.emails[Role.INSTRUCTOR], "password": PASSWORD}
        beside.post("/sign-in", data=given, headers={"origin": ORIGIN})
        visitor.http.cookies.update(beside.cookies)
        assert visitor.open("/my-data").status_code == 200
        assert school.emails[Role.STUDENT] in visitor.open("/my-data").text

    def test_signing_out_ends_it(self, signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        refresh = visitor.http.cookies[visitor.cookie("refresh")]
        assert visitor.send("/sign-out").url.path == "/sign-in"
        visitor.http.cookies.set(visitor.cookie("refresh"), refresh)
        assert visitor.open("/").url.path == "/sign-in"

    def test_an_expired_access_renews_itself(self, signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        visitor.http.cookies.delete(visitor.cookie("access"))
        page = visitor.open("/my-data?saved=1")
        assert (page.status_code, page.url.path) == (200, "/my-data")
        assert "Saved." in page.text

    def test_a_form_survives_the_renewal(self, school: "School", signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.STUDENT)
        visitor.http.cookies.delete(visitor.cookie("access"))
        lesson = school.lessons[0]
        page = visitor.send(f"/courses/{school.course.id}/lessons/{lesson.id}/complete")
        assert page.status_code == 200
        assert [event["lesson_id"] for event in school.campus.said("lesson.completed")] == [str(lesson.id)]

    def test_a_poll_does_not_renew_but_asks_for_the_page(self, school: "School", signed_in: "SignedIn") -> None:
        visitor = signed_in(Role.INSTRUCTOR)
        visitor.http.cookies.delete(visitor.cookie("access"))
        answer = visitor.open(f"/courses/{school.course.id}/board", **{"hx-request": "true"})
        assert (answer.status_code, answer.headers["hx-refresh"]) == (401, "true")

    @pytest.mark.parametrize("address", ["//evil.test", "https://evil.test", "/\\evil.test", "/a\r\nx: y", "evil", ""])
    def test_sends_nobody_elsewhere(self, address: str) -> None:
        assert inside(address) == "/"

    def test_names_a_made_up_campus_before_anybody_signed_in(self, school: "School", visitor: "Visitor") -> None:
        page = visitor.open(f"/sign-in?organization={school.campus.slug}")
        assert "made-up campus" in page.text
