"""What every test may use: a campus of its own in a folder of its own, with real stores. One per pytest process."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.local.home import ensure_home, outside_folder
from stack.local.supervisor import stores as running_stores
from stack.settings import Settings, get_settings

pytest_plugins = ["tests.fixtures_oulad"]

BUNDLE = Path(__file__).parent.parent / "test-failure"
PORTS = 7
"""One campus listens on the base port and the six after it."""

homes: list[Path] = []
bases: set[int] = set()


def free_port_base() -> int:
    """A base whose ports are all free now; below the range that the kernel hands out for outgoing connections."""
    for base in range(20_000 + (os.getpid() * 10) % 8_000, 32_000, 10):
        if base not in bases and all(_free(base + offset) for offset in range(PORTS)):
            bases.add(base)
            return base
    raise RuntimeError("no free ports between 20000 and 32000")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def campus_home() -> Iterator[Settings]:
    """An empty LMS_HOME and free ports, for this process and its children; nothing is started."""
    home = Path(tempfile.mkdtemp(prefix="campus-"))
    home.chmod(0o755)  # PostgreSQL's own user has to pass
    homes.append(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMS_HOME", str(home))
        patch.setenv("LMS_PORT", str(free_port_base()))
        get_settings.cache_clear()
        settings = ensure_home(get_settings())
        yield settings
    get_settings.cache_clear()
    for folder in (home, outside_folder(settings)):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stores(campus_home: Settings) -> Iterator[Settings]:
    """The three embedded stores are up, with nothing in them."""
    with running_stores(campus_home):
        yield campus_home


@pytest.fixture
def new_home() -> Iterator[Settings]:
    """Another campus beside the session's, not made yet; for tests of starting and stopping."""
    home = Path(tempfile.mkdtemp(prefix="campus-"))
    home.chmod(0o755)
    homes.append(home)
    settings = Settings(home=home, port=free_port_base())
    yield settings
    for folder in (home, outside_folder(settings)):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """When a test fails, the logs of its campus's processes are kept beside the test's own words."""
    if not report.failed:
        return
    folder = BUNDLE / "".join(letter if letter.isalnum() else "-" for letter in report.nodeid)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure.txt").write_text(report.longreprtext)
    for home in homes:
        if (home / "logs").exists():
            shutil.copytree(home / "logs", folder / f"logs-{home.name}", dirs_exist_ok=True)


def pytest_sessionstart(session: pytest.Session) -> None:
    """An old bundle would be read as this run's."""
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(BUNDLE, ignore_errors=True)
