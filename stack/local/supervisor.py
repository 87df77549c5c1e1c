"""Starts processes in order, keeps them up, stops them all: `stores()` for any command, `serve()` for `campus up`."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from stack.local import running
from stack.local.home import ensure_home, run_folder
from stack.local.interrupts import deferred_interrupt, uninterrupted
from stack.local.processes import STORES, Process, named
from stack.local.running import Running
from stack.settings import Settings

ALL_STORES = ("postgres", "platform", "clickhouse")


@contextmanager
def stores(settings: Settings, names: Sequence[str] = ALL_STORES) -> Iterator[list[str]]:
    """The named stores are up inside; those that weren't are started, and exactly those are stopped at the end.

    A name may also be another declared process that the work needs, such as the LMS: it starts once the stores are up.
    Gives the names that were started. Two commands at once don't start the same store twice; the one that started it
    stops it, also while the other still uses it.
    """
    settings = ensure_home(settings)
    wanted = [process for name in names if (process := named(name, settings)) is not None]
    with Supervisor(settings) as supervisor:
        with one_at_a_time(settings):
            supervisor.start([process for process in wanted if process.name in STORES])
            supervisor.start([process for process in wanted if process.name not in STORES])
        yield [child.process.name for child in supervisor.children]


class Supervisor:
    """Holds what it started; leaving the context stops all of it, the last one first."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.children: list[Running] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with uninterrupted():
            while self.children:
                running.stop(self.children.pop(), self.settings)

    def start(self, processes: Sequence[Process], *, told: Callable[[str, float], None] | None = None) -> None:
        """Starts what isn't up; starts overlap, except after what a process needs. Raises PortTaken, ProcessFailed.

        `told` hears each name as it becomes ready, with its seconds.
        """
        missing = [process for process in processes if running.living_pid(self.settings, process.name) is None]
        for process in missing:
            running.refuse_taken_port(process, self.settings)
        waiting: dict[str, tuple[Running, float]] = {}

        def await_ready(name: str) -> None:
            child, begun = waiting.pop(name)
            running.await_ready(child)
            if told:
                told(name, time.monotonic() - begun)

        for process in missing:
            for need in [name for name in process.needs if name in waiting]:
                await_ready(need)
            with deferred_interrupt():  # between the start and the note of it, a Ctrl-C would lose the child
                self.children.append(running.start(process, self.settings))
            waiting[process.name] = (self.children[-1], time.monotonic())
        for name in list(waiting):
            await_ready(name)

    def restart(self, process: Process) -> None:
        """Stops what is left of it, if it was ours, and starts it anew. Raises PortTaken, ProcessFailed."""
        for child in [one for one in self.children if one.process.name == process.name]:
            with uninterrupted():
                running.stop(child, self.settings)
            self.children.remove(child)
        self.start([process])


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Held while starting, so that two commands don't start the same store twice."""
    descriptor = os.open(run_folder(settings) / "starting.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
