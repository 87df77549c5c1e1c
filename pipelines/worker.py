"""The warm process that turns the loop by itself: idle it compares positions, with news it turns at once."""

import logging
import signal
import threading
from datetime import date
from types import FrameType

from contracts.loop import LoopReport
from pipelines.circle import definitions, turn_the_loop
from pipelines.posting import post_report
from pipelines.turn import LoopBusy
from stack import clock
from stack.event_log.carry import lag
from stack.settings import Settings

_log = logging.getLogger(__name__)

MISSES = 30
"""Failures in a row before the worker exits and the supervisor starts it afresh: by then it isn't a passing fault."""


class TurnFailed(RuntimeError):
    """A stage failed; its events wait, and the next turn makes up for it."""


class Worker:
    """One turn at a time. Only events that a feature reads are news: a prediction's being shown must not wake it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._whole_turn_on: date | None = None
        # at the start too: an earlier process may have died between the features and the LMS
        self._unfinished = True
        self._misses = 0

    def run(self) -> None:
        """Until SIGTERM or SIGINT; a turn that is under way is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        definitions()  # imports and dbt's manifest now, not at the first event
        while not self._stop.is_set():
            if not self._tried():
                self._stop.wait(self._settings.worker_poll_seconds)

    def _tried(self) -> bool:
        """Whether a turn was made; then the next look is at once, for more may have come meanwhile."""
        try:
            turned = self.tick()
        except LoopBusy:
            return False
        except Exception:  # a store may be down for a while; events wait in the log
            self._misses += 1
            _log.exception("turn failed, %d in a row", self._misses)
            if self._misses >= MISSES:
                raise
            return False
        self._misses = 0
        return turned

    def tick(self) -> bool:
        """Compares positions, and turns when there is news, a new day, or something left of an earlier turn."""
        today = clock.now().date()
        if not self._unfinished and self._whole_turn_on == today and not lag(self._settings).news:
            return False
        a_new_day = self._whole_turn_on not in (None, today)
        self._unfinished = True
        self._tell(turn_the_loop(self._settings, job="refresh", every_row=a_new_day, checks=False))
        self._unfinished, self._whole_turn_on = False, today
        return True

    def _tell(self, report: LoopReport) -> None:
        """The LMS may be what failed, and then doesn't take the report either: the first cause is the one to raise."""
        try:
            post_report(self._settings, report)
        finally:
            if report.failure:
                raise TurnFailed(report.failure)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
