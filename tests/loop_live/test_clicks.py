"""From a click in one browser to a prediction in another, with nobody typing a command; and the worker between them.

One module, for the campus and the browser end with it: a browser's event loop would be in the way of later tests.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import monotonic

import psutil
import pytest
from playwright.sync_api import expect

from contracts.events import Act
from lms_api.enrollments import lessons
from lms_api.web import words
from pipelines.turn import only_loop
from stack.local import running
from stack.local.running import Running, living_pid
from tests.loop_live.conftest import SILENT_DAYS, Live, Watched
from tests.loop_live.windows import BoardWindow, Flag, Window

CLICKS = 10
IDLE_SECONDS = 8.0
QUICK = 8.0
"""Seconds for its end; the supervisor kills after ten."""

Tell = Callable[[str, object], None]


def one_click(learner: Window, board: BoardWindow, before: Flag) -> tuple[Flag, float]:
    """What the board then shows of a moment after the click, and the seconds until it did."""
    clicked_at, clicked = datetime.now(UTC), monotonic()
    learner.turn_the_page()
    after = board.next_flag(before)
    seconds = monotonic() - clicked
    assert before.features_as_of < clicked_at < after.features_as_of
    assert before.computed_at < after.features_as_of <= after.computed_at
    assert after.prediction_id != before.prediction_id
    return after, seconds


def read_once(live: Live, watched: Watched) -> tuple[Flag, Flag, float]:
    """The learner's row before and after one lesson, and the seconds between."""
    with live.board(watched) as board, live.window(watched.learner) as learner:
        learner.page.goto(f"/courses/{watched.course_id}")
        before = board.flag()
        after, seconds = one_click(learner, board, before)
        assert board.untouched
        return before, after, seconds


class TestACaseThatCrossesASplit:
    """Comes first, so that the ten clicks below meet a worker that is warm, as it is in a running campus."""

    def test_of_the_learned_model(self, live: Live, record_property: Tell) -> None:
        before, after, seconds = read_once(live, live.longest_silent())
        assert after.value != before.value
        record_property(
            "back after silence, learned model", f"{before.value:.3f} to {after.value:.3f} in {seconds:.1f} s"
        )

    def test_of_the_seven_day_rule(self, live: Live, record_property: Tell) -> None:
        before, after, seconds = read_once(live, live.village.watched)
        assert before.value == pytest.approx(SILENT_DAYS / (SILENT_DAYS + 7), abs=0.01)
        assert after.value == pytest.approx(0.25 / 7.25)  # somebody who is here now counts a quarter of a day
        record_property("back after silence, the rule", f"{before.value:.3f} to {after.value:.3f} in {seconds:.1f} s")


class TestTenClicks:
    def test_each_moves_the_board_by_itself(self, live: Live, record_property: Tell) -> None:
        seconds: list[float] = []
        with live.board(live.busy) as board, live.window(live.busy.learner) as learner:
            learner.page.goto(f"/courses/{live.busy.course_id}")
            flag = board.flag()
            for _ in range(CLICKS):
                flag, took = one_click(learner, board, flag)
                seconds.append(took)
            assert board.untouched
            assert board.window.errors == []
            assert learner.errors == []
        record_property("click to board", _spread(seconds))
        record_property(
            "start of the live campus", ", ".join(f"{what} {took:.0f} s" for what, took in live.seconds.items())
        )


def _spread(seconds: list[float]) -> str:
    least, middle, most = min(seconds), median(seconds), max(seconds)
    return f"{len(seconds)} clicks, min {least:.1f} s, median {middle:.1f} s, max {most:.1f} s"


class TestTheActAndItsTrace:
    def test_stays_beside_the_flag_and_reaches_the_mart(self, live: Live) -> None:
        with live.board(live.busy) as board, live.window(live.busy.learner) as learner:
            learner.page.goto(f"/courses/{live.busy.course_id}")
            acted_on = board.flag()
            board.row.get_by_role("button", name=words.ACTS[Act.CONTACTED]).click()
            expect(board.row.locator(".done-before")).to_contain_text("Contacted")
            after, _ = one_click(learner, board, acted_on)
            expect(board.row.locator(".done-before")).to_contain_text("Contacted")
            assert after.prediction_id != acted_on.prediction_id
        assert (str(acted_on.prediction_id), Act.CONTACTED) in live.ask(
            "select toString(prediction_id), act from marts.fct_interventions where enrollment_id = {enrollment:UUID}",
            enrollment=live.busy.enrollment_id,
        )


class TestLearnersHome:
    def test_offers_what_the_loop_recommends_and_says_why(self, live: Live) -> None:
        with live.window(live.busy.learner) as learner:
            courses = learner.page.locator("section:has(#further)")
            onward = learner.page.locator("section:has([id^=onward])")
            expect(courses.locator(".tag.source")).to_have_text("From the last run")
            assert "From the last run" in onward.locator(".tag.source").all_text_contents()
            reasons = [
                *courses.locator("article .meta").all_text_contents(),
                *onward.locator("li .meta").all_text_contents(),
            ]
            assert len(reasons) > 2
            assert all(reason.split(" · ")[0].strip() for reason in reasons)
            learner.page.get_by_role("link", name="Go on").click()
            expect(learner.page.locator("article.reading")).to_be_visible()
            assert learner.errors == []


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
