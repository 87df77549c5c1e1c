"""The screens in a real browser: scripts and policies in force, light and dark, and nothing to complain of."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.events import Role
from tests.lms_api.web.browser import errors_of, serious_violations, started, told
from tests.lms_api.web.conftest import PASSWORD

if TYPE_CHECKING:
    from tests.lms_api.web.conftest import School

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as chromium:
        yield chromium


class Window:
    """One person's browser window on the campus."""

    def __init__(self, browser: Browser, address: str, *, width: int = 1200) -> None:
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 800},
            reduced_motion="reduce",  # axe would measure colours on their way
        )
        context.set_default_timeout(10_000)
        self.page: Page = context.new_page()
        self.errors = errors_of(self.page)

    def sign_in(self, school: "School", role: Role) -> Page:
        self.page.goto("/sign-in")
        self.page.get_by_label("Organization").fill(school.campus.slug)
        self.page.get_by_label("E-mail address").fill(school.emails[role])
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
        return self.page


class TestLearner:
    def test_reads_a_lesson_and_hands_in_a_quiz(self, browser: Browser, address: str, school: "School") -> None:
        window = Window(browser, address)
        page = window.sign_in(school, Role.STUDENT)
        page.get_by_role("link", name="Go on").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What a number says")
        page.get_by_role("button", name="I have finished this").click()
        expect(page.get_by_role("status")).to_have_text("Finished; well done.")
        page.get_by_role("link", name="Statistics for everyone").click()
        page.get_by_role("link", name="Quiz 1").click()
        page.get_by_label("two").check()
        page.get_by_label("True").check()
        page.get_by_role("button", name="Hand in").click()
        expect(page.get_by_text("100 %")).to_be_visible()
        assert window.errors == []


class TestInstructor:
    def test_one_press_records_without_a_new_page(self, browser: Browser, address: str, school: "School") -> None:
        school.predict(0.62)
        window = Window(browser, address)
        page = window.sign_in(school, Role.INSTRUCTOR)
        page.get_by_role("link", name="Statistics for everyone").click()
        page.evaluate("window.untouched = true")
        row = page.locator(f"#flag-{school.enrollment_id}")
        row.get_by_role("button", name="Extension given").click()
        expect(row.locator(".done-before")).to_contain_text("Extension given")
        assert page.evaluate("window.untouched") is True
        assert [event["act"] for event in school.campus.said("intervention.recorded")] == ["extension_given"]
        assert window.errors == []

    def test_the_board_moves_by_itself(self, browser: Browser, address: str, school: "School") -> None:
        before = school.predict(0.62)
        window = Window(browser, address)
        page = window.sign_in(school, Role.INSTRUCTOR)
        page.goto(f"/courses/{school.course.id}/board")
        row = page.locator(f"#flag-{school.enrollment_id}")
        expect(row).to_have_attribute("data-prediction-id", str(before))
        after = school.predict(0.71)
        expect(row).to_have_attribute("data-prediction-id", str(after), timeout=8_000)
        expect(row).to_contain_text("Estimate 71 %")
        assert window.errors == []

    def test_nobody_looking_means_no_poll(self, browser: Browser, address: str, school: "School") -> None:
        window = Window(browser, address)
        page = window.sign_in(school, Role.INSTRUCTOR)
        page.add_init_script("Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'})")
        polls: list[str] = []
        page.goto(f"/courses/{school.course.id}/board")
        page.on("request", lambda request: polls.append(request.url))
        page.wait_for_timeout(4_000)  # the board polls every three seconds
        assert [url for url in polls if url.endswith("/board")] == []


class TestAccess:
    @pytest.mark.parametrize("role", [Role.STUDENT, Role.INSTRUCTOR, Role.ADMIN])
    def test_no_page_keeps_anybody_out(self, browser: Browser, address: str, school: "School", role: Role) -> None:
        school.predict(0.62)
        school.recommend()
        school.report()
        window = Window(browser, address)
        page = window.sign_in(school, role)
        for place in _places(school, role):
            page.goto(place)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                found = serious_violations(page)
                assert found == [], f"{place} in {scheme}: {told(found)}"
        assert [error for error in window.errors if "404" not in error] == []

    def test_nothing_is_wider_than_a_telephone(self, browser: Browser, address: str, school: "School") -> None:
        school.predict(0.62)
        window = Window(browser, address, width=360)
        page = window.sign_in(school, Role.INSTRUCTOR)
        for place in ("/patterns", "/boards", f"/courses/{school.course.id}/board", f"/courses/{school.course.id}"):
            page.goto(place)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, place


def _places(school: "School", role: Role) -> list[str]:
    course = f"/courses/{school.course.id}"
    lesson, quiz = f"{course}/lessons/{school.lessons[0].id}", f"{course}/assessments/{school.quiz_id}"
    return {
        Role.STUDENT: ["/", "/courses", course, lesson, quiz, "/my-data", "/patterns"],
        Role.INSTRUCTOR: ["/boards", f"{course}/board", course],
        Role.ADMIN: ["/system", "/nowhere"],
    }[role]
