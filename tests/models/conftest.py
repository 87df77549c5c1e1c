"""Planted presentations: absence makes people fail, in every term alike."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from contracts.features import RISK_V1_NAMES

FIRST = datetime(2023, 2, 1, tzinfo=UTC)
TERM = timedelta(days=140)
Planted = tuple[pl.DataFrame, pl.DataFrame]


def plant(*, terms: int = 3, people: int = 120, weeks: int = 6, returning: int = 20, seed: int = 3) -> Planted:
    """`terms` presentations one after the other; the first `returning` learners of each come back in the next."""
    random = np.random.default_rng(seed)
    rows, labels = [], []
    for term in range(terms):
        start = FIRST + term * TERM
        for person in range(people):
            enrollment = f"e{term}-{person}"
            actor = f"a{person}" if person < returning else f"a{term}-{person}"
            weakness = random.normal()
            fails = random.random() < 1 / (1 + np.exp(-2.0 * weakness))
            labels.append((enrollment, f"c{term}", start + timedelta(days=130), int(fails)))
            rows += [_week(random, enrollment, actor, f"c{term}", start, week, weakness) for week in range(weeks)]
    kinds = {"course_week": pl.Int32, **dict.fromkeys(RISK_V1_NAMES, pl.Float32)}
    named = ("enrollment_id", "course_id", "label_recorded_at", "fails_or_withdraws")
    return pl.DataFrame(rows, schema_overrides=kinds), pl.DataFrame(labels, schema=named, orient="row")


def _week(
    random: np.random.Generator, enrollment: str, actor: str, course: str, start: datetime, week: int, weakness: float
) -> dict[str, object]:
    features: dict[str, float | None] = {name: float(random.normal()) for name in RISK_V1_NAMES}
    features |= {"days_since_start": 7.0 * week, "is_self_paced": 0.0, "never_viewed": 0.0, "weekend_share": None}
    features["days_since_last_view"] = float(np.clip(4 + 2 * weakness + random.normal(0, 4), 0, 40))
    features["active_days_total"] = float(10 - 3 * weakness + random.normal())
    ids = {"organization_id": "o", "enrollment_id": enrollment, "course_id": course, "actor_id": actor}
    return {**ids, "course_week": week, "as_of": start + timedelta(days=7 * week), **features}


@pytest.fixture(scope="session")
def planted() -> Planted:
    return plant()


@pytest.fixture(scope="session")
def plants() -> Callable[..., Planted]:
    return plant
