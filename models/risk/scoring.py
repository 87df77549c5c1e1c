"""From a frame of features to value, band and reasons. The pipeline scores everybody with it, serving one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray

from contracts.features import RISK_V1_NAMES
from contracts.ids import derived_id
from contracts.predictions import Band, ModelVersion, Reason, RiskPrediction
from models.calibration import AS_IT_IS, Calibration
from models.metrics import Numbers
from models.risk import rule

if TYPE_CHECKING:
    from xgboost import Booster

Matrix = NDArray[np.float32]

REASONS = 5
"""The strongest contributions that a prediction carries."""
REASONS_TYPE = pl.List(pl.Struct({"feature": pl.String, "value": pl.Float32, "contribution": pl.Float64}))


@dataclass(frozen=True)
class Bands:
    """The limits of one version: at or above `high` is high, at or above `raised` is raised."""

    high: float
    raised: float

    def of(self, value: float) -> Band:
        if value >= self.high:
            return Band.HIGH
        return Band.RAISED if value >= self.raised else Band.LOW


RULE_BANDS = Bands(high=rule.HIGH_FROM, raised=rule.RAISED_FROM)


@dataclass(frozen=True)
class RiskModel:
    """One version, ready to score: the rule when it has no booster."""

    version: ModelVersion
    bands: Bands
    calibration: Calibration = AS_IT_IS
    features: tuple[str, ...] = RISK_V1_NAMES
    booster: Booster | None = None

    def margin(self, matrix: Matrix) -> Numbers:
        """Uncalibrated log-odds, one per row."""
        if self.booster is None:
            return rule.margin(self._column(matrix, "days_since_last_view"))
        return predict_margin(self.booster, matrix)

    def value(self, matrix: Matrix) -> Numbers:
        """The stated chance, one per row."""
        return self.calibration.chance(self.margin(matrix))

    def contributions(self, matrix: Matrix) -> Numbers:
        """Log-odds that each feature added to this row's value, in the order of `features`."""
        if self.booster is None:
            return self._rule_contributions(matrix)
        return self.calibration.slope * _contributions(self.booster, matrix)

    def _rule_contributions(self, matrix: Matrix) -> Numbers:
        given = np.zeros(matrix.shape)
        days = self._column(matrix, "days_since_last_view")
        moved = rule.margin(days)
        never = np.isnan(days)
        given[never, self.features.index("never_viewed")] = moved[never]
        given[~never, self.features.index("days_since_last_view")] = moved[~never]
        return given

    def _column(self, matrix: Matrix, feature: str) -> Numbers:
        return matrix[:, self.features.index(feature)].astype(np.float64)


def predict_margin(booster: Booster, matrix: Matrix) -> Numbers:
    """Without a DMatrix: a third of the time for one row, the same numbers."""
    return np.asarray(booster.inplace_predict(matrix, predict_type="margin"), dtype=np.float64)


def _contributions(booster: Booster, matrix: Matrix) -> Numbers:
    import xgboost  # heavy: 200 MB, and the rule does without

    found = booster.predict(xgboost.DMatrix(matrix), pred_contribs=True)
    return np.asarray(found, dtype=np.float64)[:, :-1]


def matrix(frame: pl.DataFrame, features: Sequence[str] = RISK_V1_NAMES) -> Matrix:
    """Float32 in the model's order; what is not known is NaN."""
    columns = frame.select(pl.col(name).cast(pl.Float32) for name in features)
    return np.ascontiguousarray(columns.to_numpy(), dtype=np.float32)


def score(frame: pl.DataFrame, model: RiskModel, *, reasons: bool = True) -> pl.DataFrame:
    """Adds `value`, `band` and `reasons` (a list of feature, value, contribution; empty when not asked for)."""
    given = matrix(frame, model.features)
    values = model.value(given) if len(frame) else np.zeros(0)
    told = _reasons(given, model) if reasons and len(frame) else [[] for _ in range(len(frame))]
    return frame.with_columns(
        pl.Series("value", values, dtype=pl.Float64),
        pl.Series("band", [model.bands.of(value).value for value in values], dtype=pl.String),
        pl.Series("reasons", told, dtype=REASONS_TYPE),
    )


def _reasons(given: Matrix, model: RiskModel) -> list[list[dict[str, object]]]:
    moved = model.contributions(given)
    strongest = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :REASONS]
    return [
        [_reason(model.features[at], given[row, at], moved[row, at]) for at in places if moved[row, at] != 0]
        for row, places in enumerate(strongest)
    ]


def _reason(feature: str, value: np.float32, contribution: float) -> dict[str, object]:
    return {"feature": feature, "value": None if np.isnan(value) else float(value), "contribution": float(contribution)}


def predictions(scored: pl.DataFrame, model: RiskModel) -> list[RiskPrediction]:
    """Scored rows as they are posted; needs enrollment_id, as_of and course_week, and takes trace_id where it is."""
    return [_prediction(row, model.version) for row in scored.iter_rows(named=True)]


def _prediction(row: dict[str, object], version: ModelVersion) -> RiskPrediction:
    enrollment, as_of = UUID(str(row["enrollment_id"])), row["as_of"]
    assert isinstance(as_of, datetime)
    return RiskPrediction(
        prediction_id=derived_id(version.name, version.version, enrollment, as_of),
        enrollment_id=enrollment,
        value=row["value"],
        band=Band(str(row["band"])),
        reasons=tuple(Reason.model_validate(reason) for reason in row["reasons"]),  # type: ignore[attr-defined]
        features_as_of=as_of,
        course_week=row["course_week"],
        never_started=row.get("never_viewed") == 1,
        trace_id=row.get("trace_id") or None,
    )
