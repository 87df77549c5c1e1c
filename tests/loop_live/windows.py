"""What people have open in a browser: a learner reading, and an instructor's board that moves by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from playwright.sync_api import Browser, Locator, Page, expect

from tests.lms_api.web.browser import errors_of

LONGEST = 60_000
"""Milliseconds within which a click has to be on the board: the aim of the first release at its p95."""

_MOVED_ON = """([id, before]) => {
    const row = document.querySelector(`[data-enrollment-id="${id}"]`);
    return row !== null && row.dataset.computedAt !== undefined && row.dataset.predictionId !== before;
}"""


@dataclass(frozen=True)
class SignIn:
    """As `sign-ins.json` has it."""

    organization: str
    email: str
    password: str

    def given(self) -> dict[str, str]:
        """What the API is sent."""
        return {"organization": self.organization, "email": self.email, "password": self.password}


class Window:
    """One person's browser, apart from everybody else's."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors = errors_of(page)

    @classmethod
    @contextmanager
    def opened(cls, browser: Browser, address: str) -> Iterator[Self]:
        context = browser.new_context(base_url=address, viewport={"width": 1200, "height": 900})
        context.set_default_timeout(20_000)
        try:
            yield cls(context.new_page())
        finally:
            context.close()

    def sign_in(self, who: SignIn) -> None:
        self.page.goto("/sign-in")
        self.page.get_by_label("Organization").fill(who.organization)
        self.page.get_by_label("E-mail address").fill(who.email)
        self.page.get_by_label("Password").fill(who.password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def turn_the_page(self) -> None:
        """A click on the next lesson; from the course's page on the first one, from the last one back."""
        onward = self.page.locator("a[rel=next]")
        (onward if onward.count() else self.page.locator("main a[href*='/lessons/']")).first.click()


@dataclass(frozen=True)
class Flag:
    """One learner's row as the page has it."""

    prediction_id: UUID
    features_as_of: datetime
    computed_at: datetime
    value: float

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        as_of, computed_at = (datetime.fromisoformat(said[name]) for name in ("featuresAsOf", "computedAt"))
        return cls(UUID(said["predictionId"]), as_of, computed_at, float(said["value"]))


class BoardWindow:
    """A board with one learner looked at; it is never loaded again."""

    def __init__(self, window: Window, course_id: UUID, enrollment_id: UUID) -> None:
        self.window, self.page, self._enrollment_id = window, window.page, str(enrollment_id)
        self.page.goto(f"/courses/{course_id}/board?all=1")
        self.page.evaluate("window.untouched = true")

    @property
    def row(self) -> Locator:
        return self.page.locator(f"[data-enrollment-id='{self._enrollment_id}']")

    @property
    def untouched(self) -> bool:
        """Whether it is still the page that was opened."""
        return bool(self.page.evaluate("window.untouched === true"))

    def flag(self) -> Flag:
        said: dict[str, Any] = self.row.evaluate("row => ({...row.dataset})")
        return Flag.of(said)

    def next_flag(self, before: Flag) -> Flag:
        """Waits until another prediction stands there. Raises playwright's TimeoutError after LONGEST."""
        given = [self._enrollment_id, str(before.prediction_id)]
        self.page.wait_for_function(_MOVED_ON, arg=given, timeout=LONGEST)
        return self.flag()
