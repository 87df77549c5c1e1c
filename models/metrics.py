"""Pure measures of predictions against what came of them. No input or output, no logging.

`truth` is 0 or 1 per row, `value` is what the model said of the same row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

BINS = 10
"""Equally filled bins of a calibration error; with 10, a perfect model shows about .014 at 7,000 rows."""


def auc(truth: Numbers, value: Numbers) -> float:
    """The chance that a positive row stands above a negative one, ties counted half; NaN where one class is missing."""
    _, place, counts = np.unique(value, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positive = float(truth.sum())
    negative = len(truth) - positive
    if positive == 0 or negative == 0:
        return float("nan")
    return float((rank[truth == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def log_loss(truth: Numbers, value: Numbers) -> float:
    """Mean negative log-likelihood in nats; values are kept 1e-7 away from 0 and 1."""
    safe = np.clip(value, 1e-7, 1 - 1e-7)
    return float(-np.mean(truth * np.log(safe) + (1 - truth) * np.log(1 - safe)))


@dataclass(frozen=True)
class AtSize:
    """How good a list of so many people is."""

    size: int
    precision: float
    recall: float


def at_list_size(truth: Numbers, value: Numbers, *, size: int) -> AtSize:
    """The `size` highest values as a list; equal values keep the order of the rows. NaN for an empty list."""
    listed = np.argsort(-value, kind="stable")[:size]
    found = float(truth[listed].sum())
    positives = float(truth.sum())
    precision = found / len(listed) if len(listed) else float("nan")
    return AtSize(size=len(listed), precision=precision, recall=found / positives if positives else float("nan"))


@dataclass(frozen=True)
class CalibrationError:
    """How far a stated chance is from the share that came true, in the unit of a probability."""

    expected: float
    """Mean absolute difference over equally filled bins (ECE): biased upwards in small samples."""
    debiased: float
    """Root mean square difference less its sampling noise (Kumar, Liang, Ma 2019), never below 0."""


def calibration_error(truth: Numbers, value: Numbers, *, bins: int = BINS) -> CalibrationError:
    parts = [part for part in np.array_split(np.argsort(value, kind="stable"), bins) if len(part) > 1]
    if not parts:
        return CalibrationError(expected=float("nan"), debiased=float("nan"))
    weight = np.array([len(part) for part in parts]) / sum(len(part) for part in parts)
    share = np.array([truth[part].mean() for part in parts])
    said = np.array([value[part].mean() for part in parts])
    noise = np.array([truth[part].var(ddof=1) / len(part) for part in parts])
    squared = float(weight @ ((said - share) ** 2 - noise))
    return CalibrationError(expected=float(weight @ np.abs(said - share)), debiased=max(squared, 0.0) ** 0.5)


@dataclass(frozen=True)
class Ideal:
    """What a model shows whose every stated chance is exactly right, at the same size: mean and 95th percentile."""

    expected: float
    expected_p95: float
    debiased: float
    debiased_p95: float


def ideal_calibration_error(value: Numbers, *, draws: int = 200, seed: int = 0) -> Ideal:
    """By drawing outcomes from the values themselves."""
    random = np.random.default_rng(seed)
    errors = [calibration_error((random.random(len(value)) < value).astype(float), value) for _ in range(draws)]
    expected, debiased = (np.array([getattr(error, kind) for error in errors]) for kind in ("expected", "debiased"))
    return Ideal(
        expected=float(expected.mean()),
        expected_p95=float(np.quantile(expected, 0.95)),
        debiased=float(debiased.mean()),
        debiased_p95=float(np.quantile(debiased, 0.95)),
    )


def recall_at(truth: Sequence[Collection[str]], ranked: Sequence[Sequence[str]], *, k: int) -> float:
    """Mean share of each subject's true items among its first k, of at most k; subjects without any are left out."""
    shares = [
        len(set(items) & set(found[:k])) / min(len(items), k)
        for items, found in zip(truth, ranked, strict=True)
        if items
    ]
    return float(np.mean(shares)) if shares else float("nan")
