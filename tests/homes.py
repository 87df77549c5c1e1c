"""Homes for tests: an empty folder and free ports each, and this process's environment at one of them."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.local.home import ensure_home, outside_folder
from stack.settings import TELEMETRY_OFF, Settings, get_settings

PORTS = 7
"""One campus listens on the base port and the six after it."""

homes: list[Settings] = []
"""Every one that was made; their logs go into the bundle of a failure."""
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


@contextmanager
def empty_folder() -> Iterator[Settings]:
    """Where a campus may be made."""
    home = Path(tempfile.mkdtemp(prefix="campus-"))
    home.chmod(0o755)  # PostgreSQL's own user has to pass
    settings = Settings(home=home, port=free_port_base())
    homes.append(settings)
    try:
        yield settings
    finally:
        for folder in (home, outside_folder(settings)):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def home_of_its_own() -> Iterator[Settings]:
    """A campus to itself, with nothing in it and nothing started. Tests that make the same marts want one each."""
    with empty_folder() as settings:
        yield ensure_home(settings)


@contextmanager
def at_home(settings: Settings, **environment: str) -> Iterator[None]:
    """The environment of this process and of its children names that campus; afterwards it is what it was before."""
    before = dict(os.environ)
    os.environ |= {**TELEMETRY_OFF, "LMS_HOME": str(settings.home), "LMS_PORT": str(settings.port), **environment}
    get_settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
        get_settings.cache_clear()
