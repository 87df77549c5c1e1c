"""What the enrolled do, week by week. A hidden drive rises and falls; visits, hand-ins and leaving follow from it.

So what is seen foretells the end, but never fully: the drive itself is in no event.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lms_api.imports.demo.calendar import DAY, WEEK, WEEKS
from lms_api.imports.demo.content import LESSONS, PAGES, TASKS
from lms_api.imports.demo.people import Learners

NEVER_START = 0.05
WEEKDAYS = np.array([1.25, 1.2, 1.1, 1.0, 0.7, 0.6, 0.95])
BEFORE_A_DEADLINE = np.array([0.7, 0.7, 0.8, 1.0, 1.1, 1.5, 2.0])
"""Monday to Sunday; the dates are Sundays."""
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Behaviour:
    """Frames whose `enrollment` is the row in the enrollments given; moments in seconds."""

    views: pl.DataFrame
    completions: pl.DataFrame
    submissions: pl.DataFrame
    left: np.ndarray
    """When they left, NEVER for those who stayed."""


def behave(enrolled: pl.DataFrame, people: Learners, rng: np.random.Generator) -> Behaviour:
    """Everything up to each one's end, also what lies in the future: the caller cuts at its today."""
    learner = enrolled["learner"].to_numpy()
    origin, since = enrolled["origin"].to_numpy(), enrolled["enrolled"].to_numpy()
    fit = np.clip(people.appeal[learner, enrolled["family"].to_numpy()], -2, 2) / 2
    started = rng.random(len(learner)) >= NEVER_START
    drive = _drive(0.8 * people.diligence[learner] + 0.4 * fit, rng)
    handing_in = started[:, None] & (
        rng.random((len(learner), len(TASKS))) < _sigmoid(2.0 + 1.3 * drive[:, _task_weeks()])
    )
    # who enrolled late leaves after that
    left = np.maximum(_left(origin, drive, handing_in, started, rng), since + DAY)
    views = _views(origin, since, left, drive, started, rng)
    return Behaviour(
        views=views,
        completions=_completions(views, left, people.diligence[learner], rng),
        submissions=_submissions(origin, since, left, handing_in, people.ability[learner], drive, rng),
        left=left,
    )


def _sigmoid(value: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-value)))


def _task_weeks() -> list[int]:
    return [task.week - 1 for task in TASKS]


def _drive(level: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One column a week: a walk that tires a little."""
    steps = rng.normal(-0.06, 0.32, size=(len(level), WEEKS))
    steps[:, 0] += rng.normal(0, 0.4, size=len(level))
    return np.asarray(level[:, None] + steps.cumsum(axis=1))


def _left(
    origin: np.ndarray, drive: np.ndarray, handing_in: np.ndarray, started: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A hazard each week: higher with little drive, after a missed hand-in, and for who never came."""
    missed = np.zeros(drive.shape)
    for place, due in enumerate(_task_weeks()):
        missed[:, due + 1 :] = np.maximum(missed[:, due + 1 :], ~handing_in[:, place : place + 1])
    hazard = _sigmoid(-4.5 - 1.1 * drive + 1.1 * missed + 1.0 * ~started[:, None])
    leaves = rng.random(drive.shape) < hazard
    week = np.where(leaves.any(axis=1), leaves.argmax(axis=1), -1)
    moment = origin + week * WEEK + rng.integers(9 * 3_600, WEEK, size=len(origin))
    return np.where(week >= 0, moment, NEVER)


def _views(
    origin: np.ndarray,
    since: np.ndarray,
    left: np.ndarray,
    drive: np.ndarray,
    started: np.ndarray,
    rng: np.random.Generator,
) -> pl.DataFrame:
    weeks = [
        _week_of_views(week, _visits(week, origin, left, drive, started, rng), origin, rng)
        for week in range(-1, WEEKS + 1)
    ]
    limits = pl.DataFrame({"since": since, "left": left}).with_row_index("enrollment")
    # two clicks in one second are one
    return (
        pl.concat(weeks)
        .join(limits, on="enrollment")
        .filter((pl.col("second") >= pl.col("since")) & (pl.col("second") < pl.col("left")))
        .select("enrollment", "page", "second")
        .unique()
        .sort("second", "enrollment", "page")
    )


def _visits(
    week: int, origin: np.ndarray, left: np.ndarray, drive: np.ndarray, started: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """How many pages each opens in the week; fewer in the fortnight before leaving."""
    seen = drive[:, min(max(week, 0), WEEKS - 1)]
    eager = 1.2 if week in _task_weeks() else 0.85
    season = 0.25 if week < 0 else 0.2 if week >= WEEKS else eager
    leaving = np.where(left - (origin + week * WEEK) < 2 * WEEK, 0.55, 1.0)
    rate = np.exp(1.9 + 0.5 * np.clip(seen, -3, 2.2)) * season * leaving * started
    return np.asarray(rng.poisson(rate * rng.gamma(2.0, 0.5, size=len(seen))))


def _week_of_views(week: int, visits: np.ndarray, origin: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    enrollment = np.repeat(np.arange(len(visits)), visits)
    count = len(enrollment)
    weights = BEFORE_A_DEADLINE if week in _task_weeks() else WEEKDAYS
    day = rng.choice(7, size=count, p=weights / weights.sum())
    second = origin[enrollment] // DAY * DAY + week * WEEK + day * DAY + time_of_day(count, rng)
    page = rng.choice(len(PAGES), size=count, p=_page_shares(week))
    schema: dict[str, type[pl.DataType]] = {"enrollment": pl.UInt32, "page": pl.Int64, "second": pl.Int64}
    return pl.DataFrame({"enrollment": enrollment, "page": page, "second": second}, schema=schema)


def time_of_day(count: int, rng: np.random.Generator) -> np.ndarray:
    """Seconds after midnight: around one and around eight in the evening."""
    hour = np.where(rng.random(count) < 0.4, rng.normal(13, 2.5, size=count), rng.normal(20, 1.8, size=count))
    return np.asarray((np.clip(hour, 6, 23.99) * 3_600).astype(np.int64))


def _page_shares(week: int) -> np.ndarray:
    """Mostly what the week is about, the forum always."""
    near = np.exp(-np.abs(np.array([page.week for page in PAGES]) - (max(week, 0) + 1)) / 1.2)
    near[[place for place, page in enumerate(PAGES) if page.activity_type == "forum"]] = 0.35
    return np.asarray(near / near.sum())


def _completions(
    views: pl.DataFrame, left: np.ndarray, diligence: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """Lessons that were read to their end, some minutes after they were first opened."""
    first = (
        views.filter(pl.col("page").is_in(LESSONS))
        .group_by("enrollment", "page")
        .agg(pl.col("second").min())
        .sort("second", "enrollment", "page")
    )
    who = first["enrollment"].to_numpy()
    spent = rng.integers(240, 2_700, size=first.height)
    finished = (rng.random(first.height) < _sigmoid(0.9 + 0.8 * diligence[who])) & (
        first["second"].to_numpy() + spent < left[who]
    )
    return first.with_columns(spent=pl.Series(spent), second=pl.col("second") + pl.Series(spent)).filter(
        pl.Series(finished)
    )


def _submissions(
    origin: np.ndarray,
    since: np.ndarray,
    left: np.ndarray,
    handing_in: np.ndarray,
    ability: np.ndarray,
    drive: np.ndarray,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """One attempt each, and for some poor quizzes a second. `graded` is when the score was known."""
    who, task = np.nonzero(handing_in)
    due = origin[who] + np.array([one.week for one in TASKS])[task] * WEEK - 1
    mood = drive[who, np.array(_task_weeks())[task]]
    early = rng.exponential(1.6 * DAY, size=len(who)).astype(np.int64) + 600
    late = rng.exponential(1.5 * DAY, size=len(who)).astype(np.int64) + 600
    second = np.where(rng.random(len(who)) < _sigmoid(-2.2 - 0.8 * mood), due + np.minimum(late, 6 * DAY), due - early)
    score = np.clip(70 + 11 * ability[who] + 4 * np.clip(mood, -2, 2) + rng.normal(0, 8, size=len(who)), 0, 100).round(
        1
    )
    first = pl.DataFrame({"enrollment": who, "task": task, "second": second, "score": score}).with_columns(
        attempt=pl.lit(1)
    )
    quiz = np.array([bool(one.concepts) for one in TASKS])[task]
    again = first.filter(pl.Series(quiz & (score < 60) & (rng.random(len(who)) < 0.5))).with_columns(
        attempt=pl.lit(2), second=pl.col("second") + 7_200, score=(pl.col("score") + 12).round(1)
    )
    both = pl.concat([first, again])
    marking = np.where(np.array([bool(one.concepts) for one in TASKS])[both["task"].to_numpy()], 0, 1)
    wait = marking * rng.integers(2 * DAY, 6 * DAY, size=both.height)
    limits = pl.DataFrame({"since": since, "left": left}, schema={"since": pl.Int64, "left": pl.Int64}).with_row_index(
        "enrollment"
    )
    return (
        both.with_columns(pl.col("enrollment").cast(pl.UInt32), graded=pl.col("second") + pl.Series(wait))
        .join(limits, on="enrollment")
        .filter((pl.col("second") > pl.col("since")) & (pl.col("second") < pl.col("left")))
        .drop("since", "left")
        .sort("second", "enrollment", "task", "attempt")
    )
