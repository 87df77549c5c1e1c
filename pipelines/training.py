"""When a training is due, on what, and what must hold of it before anything is learnt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import polars as pl

from contracts.features import RISK_V1_NAMES
from features import nouns, store
from models import exports
from pipelines.turn import Turn


@dataclass(frozen=True)
class TrainingFrame:
    """One organization's closed rows, and its labels, as they were known at the cut-off."""

    rows: pl.DataFrame
    labels: pl.DataFrame


def due(turn: Turn) -> Iterator[UUID]:
    """Organizations without a champion, and all of them for a replay or when training was asked for."""
    for organization in nouns.organizations(turn.settings):
        untaught = exports.pointed(turn.settings.models_folder, f"risk.{organization}") is None
        if turn.retrain or turn.replay or untaught:
            yield organization


def frame(organization: UUID, turn: Turn) -> TrainingFrame:
    """Features through Feast's point-in-time join; labels known by the turn's cut-off."""
    return TrainingFrame(
        rows=store.training_frame(organization, as_of=turn.cutoff, settings=turn.settings),
        labels=store.labels(organization, known_by=turn.cutoff, settings=turn.settings),
    )


def open_courses(organization: UUID, turn: Turn) -> pl.DataFrame:
    """The courses that could be proposed at the cut-off, as `features.nouns.courses` gives them."""
    courses = nouns.courses(organization, turn.settings)
    return courses.filter(pl.col("ends_at").is_null() | (pl.col("ends_at") > turn.cutoff))


def lessons_of_open_courses(organization: UUID, turn: Turn) -> pl.DataFrame:
    """course_id, lesson_id, order_index."""
    lessons = nouns.lessons(organization, turn.settings)
    return lessons.filter(pl.col("course_id").is_in(open_courses(organization, turn)["course_id"].implode()))


# ---------- what must hold before training
def from_the_future(frames: Mapping[UUID, TrainingFrame], cutoff: datetime) -> int:
    """Rows and labels that were not known at the cut-off: a leak, whatever it would do for the figures."""
    return sum(
        frame.rows.filter(pl.col("as_of") >= cutoff).height
        + frame.labels.filter(pl.col("label_recorded_at") >= cutoff).height
        for frame in frames.values()
    )


def doubled(frames: Mapping[UUID, TrainingFrame]) -> int:
    """Rows beyond one per enrollment and cut-off."""
    return sum(frame.rows.height - frame.rows.unique(["enrollment_id", "as_of"]).height for frame in frames.values())


def empty_features(frames: Mapping[UUID, TrainingFrame]) -> list[str]:
    """Features that say nothing in every row of an organization's thousand or more: a join that found nothing."""
    return sorted(
        {
            name
            for frame in frames.values()
            if frame.rows.height >= 1_000
            for name in RISK_V1_NAMES
            if name not in MAY_BE_UNKNOWN_EVERYWHERE and frame.rows[name].null_count() == frame.rows.height
        }
    )


MAY_BE_UNKNOWN_EVERYWHERE = frozenset({"credits_studied", "days_left"})
"""A source may not tell credits, and every course may be self-paced."""
