"""What every test may use: a campus of its own in a folder of its own, with real stores. One per pytest process."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.local.supervisor import stores as running_stores
from stack.settings import Settings
from tests.bundle import keep
from tests.homes import at_home, empty_folder, home_of_its_own

pytest_plugins = ["tests.fixtures_oulad", "tests.fixtures_loop"]  # the second imports the first

BUNDLE = Path(__file__).parent.parent / "test-failure"


@pytest.fixture(scope="session")
def campus_home() -> Iterator[Settings]:
    """The session's own campus, which this process and its children are at; nothing is started."""
    with home_of_its_own() as settings, at_home(settings):
        yield settings


@pytest.fixture(scope="session")
def stores(campus_home: Settings) -> Iterator[Settings]:
    """The three embedded stores are up, with nothing in them."""
    with running_stores(campus_home):
        yield campus_home


@pytest.fixture
def new_home() -> Iterator[Settings]:
    """Another campus beside the session's, not made yet; for tests of starting and stopping."""
    with empty_folder() as settings:
        yield settings


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """When a test fails, what is known of its campus is kept beside the test's own words."""
    if report.failed:
        keep(BUNDLE / "".join(letter if letter.isalnum() else "-" for letter in report.nodeid), report.longreprtext)


def pytest_sessionstart(session: pytest.Session) -> None:
    """An old bundle would be read as this run's."""
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(BUNDLE, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests measured and noted with `record_property`, for whoever reads the run."""
    passed = terminalreporter.getreports("passed")
    measured = [f"{name}: {value}" for report in passed for name, value in report.user_properties]
    if measured:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(measured))
