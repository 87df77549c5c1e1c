"""What the supervisor starts to have the LMS, and the step before it."""

import sys
from pathlib import Path

from stack.local.processes import Process, Step, answers
from stack.settings import Settings

PROGRAMS = Path(sys.executable).parent


def migrate(settings: Settings) -> Step:
    """The schema at this version's head, before anything reads or writes it."""
    return Step(name="migrate", argv=(str(PROGRAMS / "campus"), "migrate"), order=20)


def lms(settings: Settings) -> Process:
    """The LMS: its API and its pages."""
    base = f"http://{settings.host}:{settings.port}"
    return Process(
        name="lms",
        argv=(sys.executable, "-m", "lms_api"),
        ready=lambda: answers(f"{base}/api/v1/health/ready"),
        order=30,
        port=settings.port,
        address=base,
    )
