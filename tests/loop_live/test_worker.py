"""The worker as a process: what it costs while nothing happens, how it ends, and how it begins."""

from time import monotonic

import psutil

from lms_api.enrollments import lessons
from stack.local import running
from stack.local.running import living_pid
from tests.loop_live.conftest import Live

IDLE_SECONDS = 8.0
QUICK = 8.0
"""Seconds for its end; the supervisor kills after ten."""


class TestWorker:
    def test_costs_next_to_nothing_while_idle(self, live: Live) -> None:
        pid = living_pid(live.settings, "worker")
        assert pid is not None
        with live.board(live.busy):  # an open board is polled and shown, which is no news
            assert psutil.Process(pid).cpu_percent(IDLE_SECONDS) < 10

    def test_ends_when_asked_and_makes_up_for_what_it_missed(self, live: Live) -> None:
        village = live.village
        with live.board(village.watched) as board:
            before = board.flag()
            assert _seconds_to_stop(live, "worker") < QUICK
            with village.campus.writing(village.learner) as session:
                lessons.open_lesson(session, village.lesson.id)
            _seconds_to_stop(live, "lms")
            live.supervisor.start([live.process("worker")])  # which needs the LMS, and starts what it needs
            assert board.next_flag(before).features_as_of > before.computed_at
            assert board.untouched


def _seconds_to_stop(live: Live, name: str) -> float:
    (child,) = [child for child in live.supervisor.children if child.process.name == name]
    live.supervisor.children.remove(child)
    begun = monotonic()
    running.stop(child, live.settings)
    assert child.popen.returncode == 0
    return monotonic() - begun
