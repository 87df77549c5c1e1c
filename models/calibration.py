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
        return 1.0 / (1.0 + np.exp(-self.log_odds(margin)))


AS_IT_IS = Calibration()


def fit(margin: Numbers, truth: Numbers) -> Calibration:
    """By Newton's steps on data that the model was not fitted on; the margin itself where one class is missing.

    A slope that came out at or below zero would turn the list round, so the margin is kept as it is then.
    """
    if len(np.unique(truth)) < 2:
        return AS_IT_IS
    design = np.column_stack([margin, np.ones_like(margin)])
    weights = np.array([1.0, 0.0])
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-design @ weights))
        gradient = design.T @ (chance - truth) + RIDGE * (weights - np.array([1.0, 0.0]))
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-10:
            break
    slope, offset = (float(weight) for weight in weights)
    return Calibration(slope=slope, offset=offset) if slope > 0 and np.isfinite(slope + offset) else AS_IT_IS
