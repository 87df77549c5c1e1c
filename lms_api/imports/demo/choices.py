"""Who takes which course when."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from lms_api.imports.demo.calendar import DAY, EVERY_WEEKS, PAST, RUNNING, SELF_PACED, SOON, WEEK, Today
from lms_api.imports.demo.people import Learners

COURSES_A_SLOT = 0.85
SHARE_SOON, SHARE_SELF_PACED = 0.12, 0.25
LATE = 0.08
"""Of those who enroll, how many do so after the start."""
TRIES_AGAIN = -1.0
"""How much less a course attracts somebody who left or failed it before."""


@dataclass
class History:
    """What each learner has done in each family so far."""

    tries: np.ndarray
    done: np.ndarray
    """True once passed or under way."""
    popularity: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def empty(cls, learners: int, families: int, rng: np.random.Generator) -> "History":
        shape = (learners, families)
        return cls(np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool), rng.normal(0, 0.35, size=families))


def choose(
    slot: int, courses: pl.DataFrame, people: Learners, history: History, today: Today, rng: np.random.Generator
) -> pl.DataFrame:
    """One row per enrollment of the slot; `origin` (the start, else enrollment) and `enrolled` are in seconds."""
    offered = courses.filter(pl.col("slot") == slot)
    family = offered["family"].to_numpy()
    attraction = (
        people.appeal[:, family] + history.popularity[family] + rng.gumbel(size=(len(people.ability), len(family)))
    )
    attraction += TRIES_AGAIN * history.tries[:, family]
    attraction[history.done[:, family]] = -np.inf
    attraction[people.since_slot > slot] = -np.inf
    count = np.minimum(_how_many(slot, people, rng), np.isfinite(attraction).sum(axis=1))
    ranked = np.argsort(-attraction, axis=1)
    taken = np.arange(ranked.shape[1]) < count[:, None]
    learner, place = np.nonzero(taken)
    chosen = offered[ranked[learner, place].tolist()]
    tries = history.tries[learner, chosen["family"].to_numpy()]
    return _enrolled(chosen, slot, today, rng).with_columns(learner=pl.Series(learner), tries=pl.Series(tries))


def _how_many(slot: int, people: Learners, rng: np.random.Generator) -> np.ndarray:
    people_count = len(people.ability)
    if slot == SOON:
        return (rng.random(people_count) < SHARE_SOON).astype(np.int64)
    if slot == SELF_PACED:
        return (rng.random(people_count) < SHARE_SELF_PACED).astype(np.int64)
    return np.minimum(rng.poisson(COURSES_A_SLOT * np.exp(0.15 * people.diligence)), 2)


def _enrolled(chosen: pl.DataFrame, slot: int, today: Today, rng: np.random.Generator) -> pl.DataFrame:
    count = chosen.height
    if slot == SELF_PACED:
        origin = today.second - rng.integers(2 * DAY, PAST * EVERY_WEEKS * WEEK, size=count)
        enrolled = origin
    else:
        origin = chosen["start"].to_numpy()
        early = origin - np.clip(rng.exponential(12 * DAY, size=count), 3_600, 45 * DAY).astype(np.int64)
        late = origin + rng.integers(DAY // 2, 10 * DAY, size=count)
        enrolled = np.where(rng.random(count) < LATE, late, early)
    if slot == SOON:
        # nobody has enrolled tomorrow
        enrolled = np.minimum(enrolled, today.second - rng.integers(3_600, 10 * DAY, size=count))
    return chosen.with_columns(origin=pl.Series(origin), enrolled=pl.Series(enrolled))


def remember(history: History, enrolled: pl.DataFrame, passed: np.ndarray, slot: int) -> None:
    """What later choices know of this slot."""
    learner, family = enrolled["learner"].to_numpy(), enrolled["family"].to_numpy()
    history.tries[learner, family] += 1
    history.done[learner, family] = passed | (slot >= RUNNING)
