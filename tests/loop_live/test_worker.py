"""The worker as a process: what it costs while nothing happens, how it ends, and how it begins."""

from time import monotonic

import psutil

from lms_api.enrollments import lessons
from pipelines.turn import only_loop
from stack.local import running
from stack.local.running import Running, living_pid
from tests.loop_live.conftest import Live

IDLE_SECONDS = 8.0
QUICK = 8.0
"""Seconds for its end; the supervisor kills after ten."""


class TestWorker:
    def test_costs_next_to_nothing_while_idle(self, live: Live) -> None:
        pid = living_pid(live.settings, "worker")
        assert pid is not None
        with live.board(live.village.watched) as board:  # it is polled and shown meanwhile, which is no news
            _open_a_lesson(live)
            board.next_flag(board.flag())
            _await_the_end_of_its_turn(live)
            assert psutil.Process(pid).cpu_percent(IDLE_SECONDS) < 10

    def test_ends_when_asked_and_makes_up_for_what_it_missed(self, live: Live) -> None:
        with live.board(live.village.watched) as board:
            before = board.flag()
            _await_the_end_of_its_turn(live)
            worker, seconds = _stopped(live, "worker")
            assert worker.popen.returncode == 0
            assert seconds < QUICK
            _open_a_lesson(live)
            _stopped(live, "lms")
            live.supervisor.start([live.process("worker")])  # it needs the LMS, and starts what it needs
            assert board.next_flag(before).features_as_of > before.computed_at
            assert board.untouched


def _open_a_lesson(live: Live) -> None:
    with live.village.campus.writing(live.village.learner) as session:
        lessons.open_lesson(session, live.village.lesson.id)


def _await_the_end_of_its_turn(live: Live) -> None:
    """There is no news left when it is called, so no other turn begins."""
    with only_loop(live.settings, patience=60):
        pass


def _stopped(live: Live, name: str) -> tuple[Running, float]:
    """The process as it ended, and the seconds that it took."""
    (child,) = [child for child in live.supervisor.children if child.process.name == name]
    live.supervisor.children.remove(child)
    begun = monotonic()
    running.stop(child, live.settings)
    return child, monotonic() - begun
