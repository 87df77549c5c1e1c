"""From a model's margin to a chance that can be believed, exported as two plain numbers."""

from dataclasses import dataclass

import numpy as np

from models.metrics import Numbers

RIDGE = 1e-4
"""Keeps the fit finite where the margin separates the classes."""
STEPS = 50


@dataclass(frozen=True)
class Calibration:
    """Platt's: chance = 1 / (1 + exp(-(slope × margin + offset))). A positive slope keeps the order of people."""

    slope: float = 1.0
    offset: float = 0.0

    def log_odds(self, margin: Numbers) -> Numbers:
        return self.slope * margin + self.offset

    def chance(self, margin: Numbers) -> Numbers:
        return _chance(self.log_odds(margin))


AS_IT_IS = Calibration()


def fit(margin: Numbers, truth: Numbers) -> Calibration:
    """By Newton's steps on data that the model was not fitted on; the margin itself where one class is missing.

    A slope that came out at or below zero would turn the list round, so the margin is kept as it is then.
    """
    if len(np.unique(truth)) < 2:
        return AS_IT_IS
    design = np.column_stack([margin, np.ones_like(margin)])
    weights = START
    for _ in range(STEPS):
        step = _step(design, truth, weights)
        weights = _improved(design, truth, weights, step)
        if np.abs(step).max() < 1e-10:
            break
    slope, offset = (float(weight) for weight in weights)
    return Calibration(slope=slope, offset=offset) if slope > 0 and np.isfinite(slope + offset) else AS_IT_IS


START = np.array([1.0, 0.0])


def _step(design: Numbers, truth: Numbers, weights: Numbers) -> Numbers:
    chance = _chance(design @ weights)
    gradient = design.T @ (chance - truth) + RIDGE * (weights - START)
    curvature = (design * (chance * (1 - chance))[:, None]).T @ design + RIDGE * np.eye(2)
    return np.linalg.solve(curvature, gradient)


def _improved(design: Numbers, truth: Numbers, weights: Numbers, step: Numbers) -> Numbers:
    """Half the step, and half again, until it doesn't make things worse: a full one can overshoot from far away."""
    before = _loss(design, truth, weights)
    for _ in range(30):
        if _loss(design, truth, weights - step) <= before:
            return weights - step
        step = step / 2
    return weights


def _loss(design: Numbers, truth: Numbers, weights: Numbers) -> float:
    log_odds = design @ weights
    return float((np.logaddexp(0, log_odds) - truth * log_odds).sum() + RIDGE / 2 * ((weights - START) ** 2).sum())


def _chance(log_odds: Numbers) -> Numbers:
    """Beyond 35 a float64 can't tell the chance from 0 or 1, and exp would overflow."""
    safe: Numbers = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -35.0, 35.0)))
    return safe
