"""Both protocols on a presentation whose end is known by now: what the model would have been worth, week by week."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import polars as pl

from features import nouns, store
from models.risk import protocols
from models.risk.boosting import Progress, Recipe
from stack.errors import CampusError
from stack.settings import Settings

WEEKS = tuple(range(0, 29, 4))
"""Course weeks that are asked for; those that a presentation never reached are missing in the answer."""
FAR_AHEAD = datetime(2200, 1, 1, tzinfo=UTC)


class NothingToEvaluate(CampusError):
    """No course began on that day."""

    exit_code = 23


@dataclass(frozen=True)
class Evaluated:
    """One protocol's table: a row per course week, as `models.risk.evaluation.weekly` gives it."""

    title: str
    weeks: pl.DataFrame


def evaluate(
    settings: Settings, *, starts: date, progress: Progress, weeks: Sequence[int] = WEEKS
) -> Iterator[Evaluated]:
    """The courses that began on `starts`, of the organization that has them. The recipe is the default one.

    Nothing is chosen here: the default recipe came from earlier presentations. Raises NothingToEvaluate.
    """
    organization, courses = _began(settings, starts)
    frame = store.training_frame(organization, as_of=FAR_AHEAD, settings=settings)
    labels = store.labels(organization, settings=settings)
    asked: dict[str, Any] = {"courses": courses, "recipe": Recipe(), "weeks": weeks, "progress": progress}
    yield Evaluated("As of: only labels recorded by each week", protocols.as_of(frame, labels, **asked))
    title = "Retrospective: labels not all available at the time"
    yield Evaluated(title, protocols.retrospective(frame, labels, **asked))


def _began(settings: Settings, starts: date) -> tuple[UUID, list[str]]:
    moment = datetime.combine(starts, time.min, UTC)
    for organization in nouns.organizations(settings):
        courses = nouns.courses(organization, settings).filter(pl.col("starts_at") == moment)
        if len(courses):
            return organization, courses["course_id"].to_list()
    raise NothingToEvaluate(f"No course began on {starts}; give the day on which a presentation started.")
