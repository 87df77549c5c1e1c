"""A campus on which the loop turns: real stores, the LMS as a process, OULAD in small beside a course of today.

What is heavy (Dagster, the LMS) is imported where it is used: this module is loaded for every test of the repository.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.events import Role
from contracts.ids import derived_id
from stack.clickhouse import client
from stack.local.supervisor import stores as running_stores
from stack.settings import Settings, child_environment
from tests.fixtures_oulad import SmallOulad, make_small_oulad
from tests.homes import at_home, home_of_its_own

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from dagster import DagsterInstance

    from contracts.loop import LoopReport, StageReport
    from lms_api.courses.tables import Course, Lesson
    from lms_api.enrollments.tables import Enrollment
    from lms_api.principal import Principal
    from tests.lms_api.conftest import Campus

CAMPUS = Path(sys.executable).with_name("campus")
OULAD = derived_id("organization", "oulad")
API = "/api/v1"
STUDENTS = 120
"""Of each presentation: enough for a model to be fitted, tuned and judged on different learners."""
SMALL_BUDGET = {"LMS_OPTUNA_TRIALS": "2"}


@dataclass(frozen=True)
class Today:
    """A self-paced course that runs now: its people can sign in, and nobody has opened anything yet."""

    campus: Campus
    course: Course
    lessons: tuple[Lesson, ...]
    instructor: Principal
    learners: tuple[Principal, ...]
    enrollments: tuple[Enrollment, ...]


@dataclass(frozen=True)
class Living:
    """The campus and the ways to it."""

    settings: Settings
    oulad: SmallOulad
    today: Today
    first: LoopReport
    """The turn after the import: in it the first versions were learnt and registered."""

    def turn(self, *, replay: date | None = None, **how: Any) -> LoopReport:
        """One turn of the circle in this process."""
        return turned(self.settings, replay=replay, **how)

    @contextmanager
    def signed_in(self, who: Principal) -> Iterator[httpx.Client]:
        """Somebody of the running course at the real LMS, over HTTP."""
        from lms_api.identity import service as identity
        from tests.lms_api.conftest import PASSWORD

        with self.today.campus.reading(who) as session:
            email = identity.profile(session).email
        given = {"organization": self.today.campus.slug, "email": email, "password": PASSWORD}
        with signed_in(self.settings, given) as http:
            yield http

    def ask(self, query: str, **given: Any) -> list[tuple[Any, ...]]:
        """The warehouse."""
        with client(settings=self.settings) as connection:
            return [tuple(row) for row in connection.query(query, parameters=given).result_rows]

    @contextmanager
    def dagster(self) -> Iterator[DagsterInstance]:
        from pipelines.instance import instance

        with instance(self.settings) as persistent:
            yield persistent


def turned(settings: Settings, **how: Any) -> LoopReport:
    """The libraries warn of their own future at their import, which is not what these tests are about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pipelines.circle import turn_the_loop

        return turn_the_loop(settings, **how)


@contextmanager
def signed_in(settings: Settings, given: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of the real LMS with the bearer token of a sign-in."""
    with httpx.Client(base_url=settings.lms_base_url + API, timeout=30) as http:
        tokens = http.post("/auth/login", json=given).raise_for_status().json()
        http.cookies.clear()
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        yield http


def stage(report: LoopReport, name: str, organization: UUID | None = None) -> StageReport:
    """The row of that name in the report's table; exactly one."""
    of_it = "" if organization is None else f"organization {str(organization)[:8]}"
    (found,) = [one for one in report.stages if one.stage == name and of_it in one.note]
    return found


def campus_command(settings: Settings, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed program, at that campus."""
    given = child_environment(LMS_HOME=str(settings.home), LMS_PORT=str(settings.port), **environment)
    return subprocess.run([CAMPUS, *arguments], env=given, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="session")
def living_campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """Imported and turned once. Its marts are its own: other tests make theirs in the session's campus."""
    oulad = make_small_oulad(tmp_path_factory.mktemp("living") / "oulad.zip", students=STUDENTS)
    with home_of_its_own() as settings, running_stores(settings):
        imported = campus_command(settings, "import", "oulad", str(oulad.path))
        assert imported.returncode == 0, imported.stdout + imported.stderr
        today = _today(settings)
        with running_stores(settings, ("lms",)):
            with at_home(settings, **SMALL_BUDGET):
                first = turned(settings)
            yield Living(settings, oulad, today, first)


@pytest.fixture
def living(living_campus: Living) -> Iterator[Living]:
    """This process is at that campus for the test, and only for it."""
    with at_home(living_campus.settings, **SMALL_BUDGET):
        yield living_campus


def _today(settings: Settings) -> Today:
    from lms_api.db import application_engine
    from tests.lms_api.conftest import PASSWORD, make_campus

    campus = make_campus(application_engine(settings.application_url), settings)
    campus.people[Role.INSTRUCTOR] = campus.open_account(Role.INSTRUCTOR, password=PASSWORD)
    learners = tuple(campus.open_account(Role.STUDENT, password=PASSWORD) for _ in range(5))
    course = campus.course()
    lessons = tuple(campus.lesson(course, title=f"Lesson {at}") for at in range(3))
    enrollments = tuple(campus.enrolled(course, learner) for learner in learners)
    return Today(campus, course, lessons, campus.instructor, learners, enrollments)
