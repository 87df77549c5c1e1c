"""How good the risk model is: beside the rule at the same list size, week by week, by both protocols.

As-of: at each week, only what was recorded by then is learnt from. Retrospective: earlier presentations whole, then a
later one; it compares weeks, but its labels were not all available at the time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from models import metrics
from models.metrics import Numbers
from models.risk import rule
from models.risk.scoring import RiskModel, matrix
from models.splits import TARGET, Split

LEAST_PEOPLE = 30
"""A week with fewer people, or with one class only, is left out of the means."""


@dataclass(frozen=True)
class Quality:
    """Means over the course weeks, weighted by people."""

    auc: float
    precision: float
    """Of a list as long as the seven-day rule's, week by week."""
    recall: float
    calibration: float
    """Debiased calibration error."""


@dataclass(frozen=True)
class Judgement:
    """A candidate on learners whom nothing had seen, beside the rule, the champion's recipe, and nobody's model."""

    rows: int
    enrollments: int
    base_rate: float
    candidate: Quality
    rule: Quality
    champion: Quality | None
    ideal_calibration: float
    """What a perfectly calibrated model would show at the same size."""

    def figures(self) -> dict[str, float]:
        """Flat, for a run's metrics."""
        parts = {"candidate": self.candidate, "rule": self.rule, "champion": self.champion}
        flat = {f"{who}_{what}": value for who, part in parts.items() if part for what, value in asdict(part).items()}
        own = {"judged_rows": self.rows, "judged_enrollments": self.enrollments, "base_rate": self.base_rate}
        return {
            name: float(value) for name, value in {**flat, **own, "ideal_calibration": self.ideal_calibration}.items()
        }


def judge(split: Split, candidate: RiskModel, *, champion: RiskModel | None) -> Judgement:
    """On the half of the latest cohorts that chose nothing."""
    rows = split.judge
    weeks = weekly(rows, {"candidate": candidate, **({"champion": champion} if champion else {})})
    return Judgement(
        rows=len(rows),
        enrollments=rows["enrollment_id"].n_unique(),
        base_rate=float(rows.unique("enrollment_id")[TARGET].cast(pl.Float64).mean()),  # type: ignore[arg-type]
        candidate=quality(weeks, "candidate"),
        rule=quality(weeks, "rule"),
        champion=quality(weeks, "champion") if champion else None,
        ideal_calibration=_mean(weeks, "ideal_calibration"),
    )


def weekly(rows: pl.DataFrame, models: dict[str, RiskModel], *, ideal_draws: int = 20) -> pl.DataFrame:
    """One row per course week. `<who>_auc`, `_precision`, `_recall`, `_calibration` for the rule and each model.

    Precision and recall are those of the rule's list and of a list of the same size by the model. The first model's
    values also give `ideal_calibration`: what a perfect model of these values shows at this size.
    """
    scored = rows.with_columns(pl.Series(name, model.value(matrix(rows))) for name, model in models.items())
    weeks = [
        _week(part, list(models), ideal_draws) for part in scored.partition_by("course_week", maintain_order=False)
    ]
    return pl.DataFrame(weeks, infer_schema_length=None).sort("course_week") if weeks else pl.DataFrame()


def _week(part: pl.DataFrame, names: list[str], draws: int) -> dict[str, float]:
    truth = part[TARGET].cast(pl.Float64).to_numpy()
    absent = rule.margin(part["days_since_last_view"].cast(pl.Float64).to_numpy())
    listed = int(rule.flagged(part["days_since_last_view"].cast(pl.Float64).to_numpy()).sum())
    said = {name: part[name].to_numpy() for name in names}
    ideal = metrics.ideal_calibration_error(said[names[0]], draws=draws).debiased if draws else float("nan")
    found: dict[str, float] = {
        "course_week": part["course_week"][0],
        "people": len(part),
        "base_rate": float(truth.mean()),
        "listed": listed,
        "ideal_calibration": ideal,
        "rule_calibration": metrics.calibration_error(truth, 1 / (1 + np.exp(-absent))).debiased,
    }
    for name, value in {"rule": absent, **said}.items():
        found |= _ranked(name, truth, value, listed)
    return found | {f"{name}_calibration": metrics.calibration_error(truth, said[name]).debiased for name in names}


def _ranked(name: str, truth: Numbers, value: Numbers, listed: int) -> dict[str, float]:
    at = metrics.at_list_size(truth, value, size=listed)
    return {f"{name}_auc": metrics.auc(truth, value), f"{name}_precision": at.precision, f"{name}_recall": at.recall}


def quality(weeks: pl.DataFrame, who: str) -> Quality:
    """Means of one model's columns of `weekly`."""
    return Quality(**{what: _mean(weeks, f"{who}_{what}") for what in ("auc", "precision", "recall", "calibration")})


def _mean(weeks: pl.DataFrame, column: str) -> float:
    kept = weeks.filter((pl.col("people") >= LEAST_PEOPLE) & pl.col(column).is_not_nan() & pl.col(column).is_not_null())
    return float(np.average(kept[column], weights=kept["people"])) if len(kept) else float("nan")
