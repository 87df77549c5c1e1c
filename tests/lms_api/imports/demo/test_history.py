"""The demo is seeded, and plausible in what the models and the screens need of it."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from lms_api.imports.demo.calendar import DAY, RUNNING, SELF_PACED, SOON, WEEK, Today
from lms_api.imports.demo.content import QUIZ_ATTEMPTS, TASKS
from lms_api.imports.demo.importer import demo_campus, demo_hash, demo_nouns
from lms_api.imports.demo.nouns import Nouns
from lms_api.imports.demo.sizes import SIZES

TODAY = date(2026, 3, 4)
MIDNIGHT = Today(TODAY).second


@pytest.fixture(scope="module")
def found() -> Nouns:
    return demo_nouns(SIZES["S"], seed=1, today=TODAY)


@pytest.fixture(scope="module")
def over(found: Nouns) -> pl.DataFrame:
    """Enrollments of presentations that have ended."""
    return found.enrollments.filter(pl.col("slot") < RUNNING)


class TestSeed:
    def test_makes_the_same_campus_again(self) -> None:
        first, again = (demo_campus(SIZES["S"], seed=5, today=TODAY) for _ in range(2))
        for (table, ours), (_, theirs) in zip(first.rows, again.rows, strict=True):
            assert ours.drop("password_hash", strict=False).equals(theirs.drop("password_hash", strict=False)), table
        for ours, theirs in zip(first.events, again.events, strict=True):
            assert ours.frame.equals(theirs.frame)

    def test_makes_another_campus_of_another_seed(self, found: Nouns) -> None:
        other = demo_nouns(SIZES["S"], seed=2, today=TODAY)
        assert not other.enrollments.select("email", "slug").equals(found.enrollments.select("email", "slug"))
        assert demo_hash(SIZES["S"], 1) != demo_hash(SIZES["S"], 2)


class TestCalendar:
    def test_has_ended_running_coming_and_self_paced_courses(self, found: Nouns) -> None:
        courses = found.courses.with_columns(
            week=(MIDNIGHT - pl.col("start")) // WEEK, ended=pl.col("end") < MIDNIGHT, coming=pl.col("start") > MIDNIGHT
        )
        running = courses.filter(pl.col("slot") == RUNNING)
        assert running.height == 12
        assert running["week"].is_between(3, 8).all()
        assert courses.filter(pl.col("slot") < RUNNING)["ended"].all()
        assert courses.filter(pl.col("slot") == SOON)["coming"].all()
        assert courses.filter(pl.col("slot") == SELF_PACED)["starts_at"].null_count() == 2

    def test_ends_at_the_midnight_of_the_day(self, found: Nouns) -> None:
        for frame in (found.views, found.completions, found.submissions):
            assert frame["second"].max() < MIDNIGHT
        assert found.enrollments["enrolled"].max() < MIDNIGHT
        assert found.submissions["graded"].max() < MIDNIGHT

    def test_announces_a_course_before_anybody_enrolls(self, found: Nouns) -> None:
        both = found.enrollments.join(found.courses.select("course", "announced"), on="course")
        assert (both["announced"] < both["enrolled"]).all()


class TestBehaviour:
    def test_has_the_size_that_was_asked_for(self, found: Nouns) -> None:
        assert found.learners.height == 500
        assert 70_000 < found.views.height < 200_000

    def test_follows_the_week_and_the_day(self, found: Nouns, over: pl.DataFrame) -> None:
        views = found.views.join(over.select("enrollment", "origin"), on="enrollment").with_columns(
            weekend=(pl.col("second") // DAY + 3) % 7 >= 5,
            due=((pl.col("second") - pl.col("origin")) // WEEK + 1).is_in([task.week for task in TASKS]),
            hour=pl.col("second") % DAY // 3_600,
        )
        weekend = dict(views.group_by("due").agg(pl.col("weekend").mean()).iter_rows())
        assert 0.18 < weekend[False] < 0.28  # 2 of 7 days would be .286
        assert weekend[True] > 0.35  # the dates are Sundays
        assert views["hour"].min() >= 6
        assert (views["hour"] >= 18).mean() > 0.4

    def test_is_busier_before_a_deadline(self, found: Nouns, over: pl.DataFrame) -> None:
        views = found.views.join(over.select("enrollment", "origin"), on="enrollment")
        week = views.select(((pl.col("second") - pl.col("origin")) // WEEK).alias("week")).to_series()
        by_week = np.bincount(week.filter(week >= 0).to_numpy(), minlength=10)
        due = [task.week - 1 for task in TASKS]
        for one in due[:3]:
            assert by_week[one] > 1.1 * by_week[one - 1]
            assert by_week[one] > 1.1 * by_week[one + 1]

    def test_has_latecomers_and_people_who_never_came(self, found: Nouns, over: pl.DataFrame) -> None:
        assert 0.03 < (over["enrolled"] > over["origin"]).mean() < 0.15
        never = over.join(found.views, on="enrollment", how="anti")
        assert 0.02 < never.height / over.height < 0.2

    def test_nobody_acts_before_enrolling_or_after_leaving(self, found: Nouns) -> None:
        limits = found.enrollments.select("enrollment", "enrolled", pl.col("left").fill_null(MIDNIGHT).alias("until"))
        for frame in (found.views, found.completions, found.submissions):
            both = frame.join(limits, on="enrollment")
            assert (
                both.filter((pl.col("second") < pl.col("enrolled")) | (pl.col("second") > pl.col("until"))).height == 0
            )
        assert (limits["until"] > limits["enrolled"]).all()

    def test_ends_in_every_way(self, over: pl.DataFrame) -> None:
        shares = dict(over["outcome"].value_counts(normalize=True).iter_rows())
        assert over["outcome"].null_count() == 0
        assert 0.15 < shares["withdrawn"] < 0.4
        assert 0.08 < shares["fail"] < 0.3
        assert 0.3 < shares["pass"] < 0.65
        assert shares["distinction"] > 0.03

    def test_foretells_the_end_but_not_fully(self, found: Nouns, over: pl.DataFrame) -> None:
        """The area under the curve of nothing but recent visits, in the middle of the course."""
        cut = pl.col("origin") + 4 * WEEK
        there = over.filter(pl.col("left").is_null() | (pl.col("left") >= cut))
        recent = found.views.join(there.select("enrollment", "origin"), on="enrollment").filter(
            (pl.col("second") < cut) & (pl.col("second") >= cut - 2 * WEEK)
        )
        visits = there.join(recent.group_by("enrollment").len(), on="enrollment", how="left").sort("enrollment")
        bad = visits["outcome"].is_in(["fail", "withdrawn"]).to_numpy()
        rank = visits["len"].fill_null(0).rank().to_numpy()
        area = 1 - (rank[bad].mean() - (bad.sum() + 1) / 2) / (~bad).sum()
        assert 0.65 < area < 0.9

    def test_gives_learners_tastes_that_show_in_their_courses(self, found: Nouns) -> None:
        """Two different courses of one learner are of one topic more often than two courses of anybody."""
        courses = found.courses.select("course", "code", "category")
        taken = found.enrollments.join(courses, on="course").select("learner", "code", "category").with_row_index()
        differ = pl.col("code") != pl.col("code_right")
        of_one = taken.join(taken, on="learner").filter(differ)
        of_any = taken.sample(1_000, seed=1).join(taken.sample(1_000, seed=2), how="cross").filter(differ)
        same = pl.col("category") == pl.col("category_right")
        assert of_one.select(same.mean()).item() > 1.5 * of_any.select(same.mean()).item()


class TestContent:
    def test_every_course_has_lessons_to_read_and_quizzes_to_hand_in(self, found: Nouns) -> None:
        assert found.lessons.height == 9 * found.courses.height
        assert found.lessons["content"].str.len_chars().min() > 60
        quizzes = found.assessments.filter(pl.col("kind") == "quiz")
        asked = quizzes.join(found.questions.group_by("assessment_id").len(), on="assessment_id", how="left")
        assert (asked["len"] == asked["questions"]).all()
        assert (asked["questions"] == 6).all()

    def test_every_answer_is_one_that_can_be_given(self, found: Nouns) -> None:
        options = pl.List(pl.Struct({"key": pl.String, "text": pl.String}))
        choices = found.questions.filter(pl.col("question_type") == "mcq").with_columns(
            pl.col("options").str.json_decode(options)
        )
        keys = choices.select(pl.col("options").list.eval(pl.element().struct.field("key")), "correct_answer")
        assert keys.select(pl.col("options").list.contains(pl.col("correct_answer")).all()).item()
        statements = found.questions.filter(pl.col("question_type") == "true_false")
        assert set(statements["correct_answer"]) == {"true", "false"}

    def test_no_attempt_is_more_than_the_quiz_allows(self, found: Nouns) -> None:
        assert 1 < found.submissions["attempt"].max() <= QUIZ_ATTEMPTS
