"""`campus up` from outside: a program that is started, watched, killed at, and interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from stack.local import running
from stack.local.home import ensure_home
from stack.local.processes import Process, answers
from stack.local.serve import LONGEST_BACK_OFF, Watch, sign_ins
from stack.settings import Settings, child_environment

from_shell_in_background = ["sh", "-c", 'trap "" INT; exec "$0" "$@"']
"""A non-interactive shell starts its background jobs with SIGINT ignored."""
PROGRAM = Path(__file__).with_name("small_campus.py")


def until(condition: Callable[[], bool], *, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


class Served:
    """The program, what it prints, and what it runs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.output = settings.home.with_name(f"{settings.home.name}.out")
        environment = child_environment(LMS_HOME=str(settings.home), LMS_PORT=str(settings.port))
        with self.output.open("w") as output:
            command = [*from_shell_in_background, sys.executable, str(PROGRAM)]
            self.popen = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)

    def says(self, text: str) -> bool:
        return text in self.output.read_text()

    def until_ready(self) -> "Served":
        until(lambda: self.says("Ctrl-C stops") or self.popen.poll() is not None)
        return self

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(20)

    def address(self, offset: int) -> str:
        return f"http://127.0.0.1:{self.settings.port + offset}/"


@pytest.fixture
def serve(new_home: Settings) -> Iterator[Callable[[], Served]]:
    begun: list[Served] = []

    def start() -> Served:
        begun.append(Served(new_home))
        return begun[-1]

    yield start
    for served in begun:
        if served.popen.poll() is None:
            served.interrupt(signal.SIGTERM)
        served.output.unlink(missing_ok=True)


class TestUp:
    def test_starts_in_order_and_says_where(self, serve: Callable[[], Served]) -> None:
        served = serve().until_ready()
        names = re.findall(r"✓ (first|write once|second)", served.output.read_text())
        assert names == ["first", "write once", "second"]
        assert served.says(served.address(0))
        assert served.says(served.address(1))

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_leaves_nothing_running(self, serve: Callable[[], Served], number: signal.Signals) -> None:
        served = serve().until_ready()
        family = psutil.Process(served.popen.pid).children(recursive=True)
        assert len(family) == 2
        assert served.interrupt(number) == 0
        assert not any(process.is_running() for process in family)
        assert not list((served.settings.home / "run").glob("*.pid"))

    def test_the_second_start_skips_what_is_done(self, serve: Callable[[], Served]) -> None:
        serve().until_ready().interrupt()
        assert serve().until_ready().says("write once nothing to do")

    def test_a_crashed_process_is_started_again(self, serve: Callable[[], Served]) -> None:
        served = serve().until_ready()
        killed = running.living_pid(served.settings, "second")
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        until(lambda: running.living_pid(served.settings, "second") not in (None, killed))
        until(lambda: answers(served.address(1)))
        assert served.says("second ended")

    def test_a_second_supervisor_is_refused(self, serve: Callable[[], Served]) -> None:
        first = serve().until_ready()
        second = serve()
        assert second.popen.wait(20) == 6
        assert second.says(f"is already being served by pid {first.popen.pid}")
        assert answers(first.address(0))

    def test_clears_what_a_killed_supervisor_left(self, serve: Callable[[], Served]) -> None:
        killed = serve().until_ready()
        left = psutil.Process(killed.popen.pid).children(recursive=True)
        killed.interrupt(signal.SIGKILL)
        assert all(process.is_running() for process in left)
        again = serve().until_ready()
        assert again.says("stopped first, left over")
        assert not any(process.is_running() for process in left)
        assert answers(again.address(0))

    def test_shows_the_sign_ins_of_the_demo(self, serve: Callable[[], Served], new_home: Settings) -> None:
        ensure_home(new_home)
        maria = {"email": "maria@demo.invalid", "password": "walk-in-the-park", "organization": "demo"}
        another = {"oulad": {"learner": {"email": "one@oulad.invalid", "password": "not for the console"}}}
        (new_home.home / "sign-ins.json").write_text(json.dumps({"learner": maria, **another}))
        served = serve().until_ready()
        assert served.says("maria@demo.invalid")
        assert served.says("/sign-in?organization=demo")
        assert not served.says("oulad")


class TestSignIns:
    @pytest.mark.parametrize("content", ["", "{", "[1]", '{"learner": {"email": "a"}}'])
    def test_a_damaged_file_is_no_reason_to_stop(self, new_home: Settings, content: str) -> None:
        (new_home.home / "sign-ins.json").write_text(content)
        assert sign_ins(new_home) == []


class TestBackOff:
    def test_doubles_up_to_its_longest(self) -> None:
        watch = Watch(process=running_process())
        waits = [watch.back_off(100.0) for _ in range(7)]
        assert waits == [1, 2, 4, 8, 16, LONGEST_BACK_OFF, LONGEST_BACK_OFF]
        assert watch.retry_at == 100.0 + LONGEST_BACK_OFF


def running_process() -> Process:
    return Process(name="any", argv=(sys.executable, "-c", "pass"), ready=lambda: True, order=1)
