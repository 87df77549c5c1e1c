"""Fits a risk model as of a moment: judged on the latest whole presentations, then refitted on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import polars as pl

from contracts.features import RISK_V1_NAMES
from contracts.predictions import ModelVersion
from models import calibration, provenance, splits
from models.calibration import Calibration
from models.metrics import Numbers
from models.risk import boosting
from models.risk.boosting import Progress, Recipe
from models.risk.evaluation import Judgement, judge
from models.risk.scoring import Bands, RiskModel, matrix, predict_margin
from models.splits import TARGET
from stack.settings import Settings

if TYPE_CHECKING:
    from xgboost import Booster

FEATURE_SERVICE = "risk_v1"
FOLDS = 3
HIGH_SHARE, RAISED_SHARE = 0.15, 0.40
"""Of the rows, how many are high, and how many at least raised: the list that a tutor can reach."""


class TooFewLabels(Exception):
    """No presentation is over, or too few outcomes are recorded: the rule stays."""


@dataclass(frozen=True)
class Trained:
    """A model that is not registered yet, with what made it and how it did on learners it had never seen."""

    organization_id: UUID
    as_of: datetime
    recipe: Recipe
    booster: Booster | None
    calibration: Calibration
    bands: Bands
    judgement: Judgement
    cohorts: tuple[str, ...]
    """The presentations that the final fit read."""
    judged_cohorts: tuple[str, ...]
    rows: int
    enrollments: int
    base_rate: float
    data_hash: str
    code_version: str
    feature_service: str = FEATURE_SERVICE
    features: tuple[str, ...] = RISK_V1_NAMES

    @property
    def name(self) -> str:
        return f"risk.{self.organization_id}"

    def model(self, version: int) -> RiskModel:
        """Ready to score, as that version."""
        said = ModelVersion(name=self.name, version=version, kind="xgboost")
        return RiskModel(said, self.bands, self.calibration, self.features, self.booster)


def silent(_what: str, _done: int, _of: int) -> None:
    """Shows no progress."""


def train(
    frame: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    organization_id: UUID,
    as_of: datetime,
    settings: Settings,
    champion: Recipe | None = None,
    progress: Progress = silent,
) -> Trained:
    """Fits and judges. `frame` and `labels` must hold only what was recorded before `as_of`.

    `champion` is the recipe in use; it is fitted on the same rows and judged beside, so that neither has seen more.
    Raises TooFewLabels.
    """
    rows, known = known_before(frame, labels, as_of)
    split = splits.temporal(rows, known)
    if not split.usable:
        raise TooFewLabels(f"{len(split.train)} rows to fit on, {len(split.judge)} to be judged on, as of {as_of}")
    recipe = boosting.tune(split.train, split.tune, trials=settings.optuna_trials, progress=progress)
    progress("judging", 0, 1)
    tried = finished(split.train, recipe)
    judgement = judge(split, tried, champion=finished(split.train, champion) if champion else None)
    everything = splits.learnable(rows, known)
    final = finished(everything, recipe)
    progress("judging", 1, 1)
    return Trained(
        organization_id=organization_id,
        as_of=as_of,
        recipe=recipe,
        booster=final.booster,
        calibration=final.calibration,
        bands=final.bands,
        judgement=judgement,
        cohorts=_names(everything),
        judged_cohorts=_names(split.judge),
        rows=len(everything),
        enrollments=everything["enrollment_id"].n_unique(),
        base_rate=float(everything.unique("enrollment_id")[TARGET].cast(pl.Float64).mean()),  # type: ignore[arg-type]
        data_hash=provenance.data_hash(everything),
        code_version=provenance.code_version(),
    )


def known_before(frame: pl.DataFrame, labels: pl.DataFrame, as_of: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was recorded before `as_of`, in one order."""
    rows = frame.filter(pl.col("as_of") < as_of).sort("enrollment_id", "as_of")
    return rows, labels.filter(pl.col("label_recorded_at") < as_of)


def finished(rows: pl.DataFrame, recipe: Recipe | None) -> RiskModel:
    """Fitted on all the rows, with a calibration and bands from learners whom each of three fits had not seen.

    Calibrating on the latest presentation instead corrects a model that is then thrown away: on OULAD it doubled the
    next presentation's calibration error. None is the untuned booster.
    """
    sample = rows.sample(min(boosting.TRIAL_ROWS, len(rows)), seed=boosting.SEED)
    margin, truth = _unseen(sample, recipe)
    fitted = calibration.fit(margin, truth)
    unproven = ModelVersion(name="risk", version=1, kind="xgboost")
    return RiskModel(unproven, bands(fitted.chance(margin)), fitted, booster=boosting.fit(rows, recipe))


def _unseen(rows: pl.DataFrame, recipe: Recipe | None) -> tuple[Numbers, Numbers]:
    """Margins of every row by a fit without its learner, and the targets in the same order."""
    fold = rows["actor_id"].hash(seed=boosting.SEED) % FOLDS
    parts = [(rows.filter(fold != each), rows.filter(fold == each)) for each in range(FOLDS)]
    known = [(train, left) for train, left in parts if len(train) and len(left)]
    margins = [predict_margin(boosting.fit(train, recipe), matrix(left)) for train, left in known]
    return np.concatenate(margins), np.concatenate([boosting.target(left) for _, left in known])


def bands(values: Numbers) -> Bands:
    """Limits such that 15 % of these rows are high and 40 % at least raised."""
    high, raised = np.quantile(values, [1 - HIGH_SHARE, 1 - RAISED_SHARE])
    return Bands(high=float(high), raised=float(raised))


def _names(rows: pl.DataFrame) -> tuple[str, ...]:
    return tuple(rows["cohort"].unique().sort())
