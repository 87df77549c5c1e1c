"""What the supervisor starts to have serving."""

import sys

from stack.local.processes import Process, answers
from stack.settings import Settings

ORDER = 60
"""Last of all: nothing waits for it, and the LMS has words for its absence."""


def serving(settings: Settings) -> Process | None:
    """None where serving stands elsewhere, by URL."""
    if settings.serving_url:
        return None
    return Process(
        name="serving",
        argv=(sys.executable, "-m", "serving"),
        ready=lambda: answers(f"http://{settings.host}:{settings.serving_port}/readyz"),
        order=ORDER,
        port=settings.serving_port,
        patience=120.0,
    )
