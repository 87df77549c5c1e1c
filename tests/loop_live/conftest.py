"""A campus as it stands in front of people: the LMS, the warm worker and Chromium, and the loop closed once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Browser

from contracts.events import Role
from contracts.ids import OrganizationId, derived_id
from lms_api.courses.tables import Course, Lesson
from lms_api.db import application_engine
from lms_api.enrollments.tables import Enrollment
from lms_api.identity import service as identity
from lms_api.identity.tables import User
from lms_api.identity.tokens import hash_password
from lms_api.principal import Principal
from lms_api.unit_of_work import writing
from stack.clickhouse import client
from stack.local.processes import Process, named
from stack.local.supervisor import ALL_STORES, Supervisor
from stack.settings import Settings
from tests.fixtures_loop import SMALL_BUDGET, campus_command, signed_in
from tests.homes import home_of_its_own
from tests.lms_api.conftest import PASSWORD, Campus, make_campus
from tests.lms_api.web.browser import started
from tests.loop_live.windows import BoardWindow, SignIn, Window

DEMO = OrganizationId(derived_id("organization", "demo"))
SILENT_DAYS = 9


@dataclass(frozen=True)
class Watched:
    """An enrollment that somebody's board is open on, and the two who sign in."""

    enrollment_id: UUID
    course_id: UUID
    learner: SignIn
    instructor: SignIn


@dataclass(frozen=True)
class Village:
    """An organization too young for a model: one course at one's own pace, whose learner was last here long ago."""

    campus: Campus
    course: Course
    lesson: Lesson
    learner: Principal
    enrollment: Enrollment
    watched: Watched


@dataclass(frozen=True)
class Live:
    """What runs, and the people in it."""

    settings: Settings
    supervisor: Supervisor
    browser: Browser
    busy: Watched
    village: Village
    seconds: dict[str, float]
    """What the parts of the start took."""

    @contextmanager
    def window(self, who: SignIn) -> Iterator[Window]:
        """A browser of somebody's own, past the sign-in page."""
        with Window.opened(self.browser, self.settings.lms_base_url) as window:
            window.sign_in(who)
            yield window

    @contextmanager
    def board(self, watched: Watched) -> Iterator[BoardWindow]:
        """The whole board, opened once; whatever it shows afterwards came by itself."""
        with self.window(watched.instructor) as window:
            yield BoardWindow(window, watched.course_id, watched.enrollment_id)

    def ask(self, query: str, **given: Any) -> list[tuple[Any, ...]]:
        """The warehouse."""
        with client(settings=self.settings) as connection:
            return [tuple(row) for row in connection.query(query, parameters=given).result_rows]

    def process(self, name: str) -> Process:
        process = named(name, self.settings)
        assert process is not None
        return process

    def longest_silent(self) -> Watched:
        """Of the demo's open rows the one whose learner has been away longest, and a sign-in for them."""
        ((enrollment_id, course_id),) = self.ask(
            "select enrollment_id, course_id from marts.ftr_enrollment_week "
            "where organization_id = {demo:UUID} and is_open and replay = '' and days_since_last_view > 7 "
            "order by days_since_last_view desc, enrollment_id limit 1",
            demo=DEMO,
        )
        with writing(application_engine(self.settings.application_url), DEMO) as session:
            enrollment = session.get_one(Enrollment, enrollment_id)
            user = session.get_one(User, enrollment.student_id)
            user.password_hash = hash_password(PASSWORD)
            learner = SignIn("demo", user.email, PASSWORD)
        return Watched(enrollment_id, course_id, learner, _demo_sign_in(self.settings, "administrator"))


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """The demo campus beside a village, both turned once with few trials; from then on only the worker turns."""
    seconds: dict[str, float] = {}
    with home_of_its_own() as settings, Supervisor(settings) as supervisor:
        with _timed(seconds, "stores"):
            _start(supervisor, *ALL_STORES)
        with _timed(seconds, "demo campus"):
            _command(settings, "import", "demo", "--size", "S")
        with _timed(seconds, "LMS"):
            _start(supervisor, "lms")
        village = _village(settings)
        with _timed(seconds, "first loop"):
            _command(settings, "loop", **SMALL_BUDGET)
        _start(supervisor, "worker")
        with started() as browser:
            yield Live(settings, supervisor, browser, _busy(settings), village, seconds)


@contextmanager
def _timed(seconds: dict[str, float], what: str) -> Iterator[None]:
    begun = monotonic()
    yield
    seconds[what] = monotonic() - begun


def _start(supervisor: Supervisor, *names: str) -> None:
    supervisor.start([process for name in names if (process := named(name, supervisor.settings))])


def _command(settings: Settings, *arguments: str, **environment: str) -> None:
    done = campus_command(settings, *arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


def _demo_sign_in(settings: Settings, role: str) -> SignIn:
    return SignIn(**json.loads((settings.home / "sign-ins.json").read_text())[role])


def _busy(settings: Settings) -> Watched:
    """The demo's learner, in the course that the demo's instructor teaches."""
    learner, instructor = _demo_sign_in(settings, "learner"), _demo_sign_in(settings, "instructor")
    with signed_in(settings, learner.given()) as theirs, signed_in(settings, instructor.given()) as teaching:
        for enrollment in theirs.get("/users/me/enrollments").raise_for_status().json():
            board = teaching.get(f"/courses/{enrollment['course_id']}/risk")
            if board.is_success and _ranks(board, enrollment["id"]):
                return Watched(UUID(enrollment["id"]), UUID(enrollment["course_id"]), learner, instructor)
    raise AssertionError("the demo's learner is on no board of the demo's instructor")


def _ranks(board: httpx.Response, enrollment_id: str) -> bool:
    return any(row["enrollment_id"] == enrollment_id for row in board.json()["rows"])


def _village(settings: Settings) -> Village:
    campus = make_campus(application_engine(settings.application_url), settings)
    instructor = campus.people[Role.INSTRUCTOR] = campus.open_account(Role.INSTRUCTOR, password=PASSWORD)
    learner = campus.open_account(Role.STUDENT, password=PASSWORD)
    course = campus.course()
    lesson = campus.lesson(course)
    enrollment = campus.enrolled(course, learner)
    watched = Watched(enrollment.id, course.id, _sign_in(campus, learner), _sign_in(campus, instructor))
    village = Village(campus, course, lesson, learner, enrollment, watched)
    _report_an_old_view(settings, village)
    return village


def _sign_in(campus: Campus, who: Principal) -> SignIn:
    with campus.reading(who) as session:
        return SignIn(campus.slug, identity.profile(session).email, PASSWORD)


def _report_an_old_view(settings: Settings, village: Village) -> None:
    """A telephone that was offline says days later what was read on it."""
    seen = {"enrollment_id": str(village.enrollment.id), "lesson_id": str(village.lesson.id), "views": 1}
    then = datetime.now(UTC) - timedelta(days=SILENT_DAYS)
    event = {
        "event_id": str(uuid4()),
        "name": "activity.viewed",
        "occurred_at": then.isoformat(),
        "payload": seen,
    }
    with signed_in(settings, village.watched.learner.given()) as http:
        http.post("/analytics/track-event", json=event).raise_for_status()
