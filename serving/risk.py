"""Risk for those asked about: the same scoring code that the pipeline runs over everybody."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
import polars as pl

from contracts.predictions import Band, Reason, RiskAnswer
from features.store import OnlineRow
from models.risk.scoring import RiskModel, score

Features = Mapping[str, float | None]


class FeaturesRefused(ValueError):
    """The features given are not the model's own, by name."""


def of_online(
    model: RiskModel, ids: Sequence[UUID], rows: Sequence[OnlineRow | None], *, reasons: bool
) -> list[RiskAnswer]:
    """One answer per id, in their order; an id without a row gets one that says so."""
    known = [row for row in rows if row is not None]
    scored = iter(_answers(model, [row.features for row in known], known, reasons=reasons))
    return [next(scored) if row is not None else _unknown(model, asked) for asked, row in zip(ids, rows, strict=True)]


def of_given(model: RiskModel, given: Sequence[Features], *, reasons: bool) -> list[RiskAnswer]:
    """One answer per row of features; raises `FeaturesRefused` unless each names all of the model's and no other.

    A feature that isn't known is given as null: one left out would be guessed.
    """
    for row in given:
        missing, foreign = set(model.features) - set(row), set(row) - set(model.features)
        if missing or foreign:
            raise FeaturesRefused(f"missing: {sorted(missing)}; not this model's: {sorted(foreign)}")
    return _answers(model, given, [None] * len(given), reasons=reasons)


def _answers(
    model: RiskModel, given: Sequence[Features], rows: Sequence[OnlineRow | None], *, reasons: bool
) -> list[RiskAnswer]:
    if not given:
        return []
    matrix = np.array([[row[name] for name in model.features] for row in given], dtype=np.float32)
    scored = _explained(model, matrix) if reasons else _plain(model, matrix)
    return [
        RiskAnswer(
            enrollment_id=row.enrollment_id if row else None,
            value=value,
            band=band,
            reasons=told,
            features=_echo(model, matrix[at]),
            features_as_of=row.as_of if row else None,
            model=model.version,
        )
        for at, (row, (value, band, told)) in enumerate(zip(rows, scored, strict=True))
    ]


Scored = tuple[float, Band, tuple[Reason, ...]]


def _plain(model: RiskModel, matrix: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> Iterable[Scored]:
    # past polars: a frame would cost more than the model
    return [(float(value), model.bands.of(float(value)), ()) for value in model.value(matrix)]


def _explained(model: RiskModel, matrix: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> Iterable[Scored]:
    scored = score(pl.from_numpy(matrix, schema=list(model.features)), model, reasons=True)
    return [
        (row["value"], Band(row["band"]), tuple(Reason(**told) for told in row["reasons"]))
        for row in scored.select("value", "band", "reasons").iter_rows(named=True)
    ]


def _echo(model: RiskModel, row: np.ndarray[tuple[int], np.dtype[np.float32]]) -> dict[str, float | None]:
    """What the model was given, as Float32; null where it was not known."""
    return {name: None if value != value else value for name, value in zip(model.features, row.tolist(), strict=True)}


def _unknown(model: RiskModel, enrollment_id: UUID) -> RiskAnswer:
    nothing: datetime | None = None
    return RiskAnswer(enrollment_id=enrollment_id, value=None, band=None, features_as_of=nothing, model=model.version)
