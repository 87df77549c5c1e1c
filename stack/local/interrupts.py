"""Ctrl-C and SIGTERM: when they may interrupt, when they wait, when they don't count."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT and SIGTERM become KeyboardInterrupt.

    A shell starts background jobs with SIGINT ignored, hence by hand.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handling(interrupt):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A second Ctrl-C must not leave processes behind; stopping is bounded by GRACE anyway."""
    with _handling(signal.SIG_IGN):
        yield


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """A signal that arrives inside is raised as KeyboardInterrupt at the end."""
    arrived = []

    def remember(number: int, frame: FrameType | None) -> None:
        arrived.append(number)

    with _handling(remember):
        yield
    if arrived:
        raise KeyboardInterrupt


@contextmanager
def _handling(handler: "Callable[[int, FrameType | None], None] | signal.Handlers") -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, and only it is interrupted
        return
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def wait_for_interrupt() -> None:
    """Returns at Ctrl-C or SIGTERM; to be used inside `interruptible`."""
    try:
        signal.pause()
    except KeyboardInterrupt:
        return
