"""Whether groups are treated alike: gaps of AUC and the area between ROC curves, above what chance alone shows.

A perfectly fair model shows an ABROCA of .022 for a group of 600 in 6,000, so only the excess over a null by
permutation says anything. Groups come from the audit's attributes, which no feature and no screen may use.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.metrics import Numbers

GRID = np.linspace(0, 1, 501)
PERMUTATIONS = 200
LEAST = 30
"""A group with fewer people of either outcome is not judged."""


@dataclass(frozen=True)
class GroupFairness:
    """One group against all the others."""

    group: str
    people: int
    auc_gap: float
    """AUC within the group less AUC within the others."""
    abroca: float
    null: float
    """Mean ABROCA when membership is shuffled."""
    p_value: float
    """Share of shuffles with an ABROCA as large."""

    @property
    def excess(self) -> float:
        return self.abroca - self.null


def roc(truth: Numbers, value: Numbers) -> Numbers:
    """True-positive rate at each false-positive rate of `GRID`, equal values taken together."""
    order = np.argsort(-value, kind="stable")
    last_of_equal = np.append(np.diff(value[order]) != 0, True)
    caught = np.cumsum(truth[order])[last_of_equal] / truth.sum()
    false = np.cumsum(1 - truth[order])[last_of_equal] / (1 - truth).sum()
    curve: Numbers = np.interp(GRID, np.append(0.0, false), np.append(0.0, caught))
    return curve


def abroca(truth: Numbers, value: Numbers, member: NDArray[np.bool_]) -> float:
    """Area between the ROC curves of members and of the others."""
    return float(np.abs(roc(truth[member], value[member]) - roc(truth[~member], value[~member])).mean())


def audit(
    truth: Numbers, value: Numbers, groups: NDArray[np.str_], *, permutations: int = PERMUTATIONS, seed: int = 0
) -> list[GroupFairness]:
    """Each group that is large enough, by name. Give one row per person: repeated weeks would shrink the null."""
    random = np.random.default_rng(seed)
    return [
        _against_the_others(str(group), truth, value, groups == group, random, permutations)
        for group in np.unique(groups)
        if _large_enough(truth, groups == group)
    ]


def _large_enough(truth: Numbers, member: NDArray[np.bool_]) -> bool:
    sides = (truth[member], truth[~member])
    return all(min(side.sum(), len(side) - side.sum()) >= LEAST for side in sides)


def _against_the_others(
    group: str,
    truth: Numbers,
    value: Numbers,
    member: NDArray[np.bool_],
    random: np.random.Generator,
    permutations: int,
) -> GroupFairness:
    found = abroca(truth, value, member)
    null = np.array([abroca(truth, value, _shuffled(truth, member, random)) for _ in range(permutations)])
    return GroupFairness(
        group=group,
        people=int(member.sum()),
        auc_gap=metrics.auc(truth[member], value[member]) - metrics.auc(truth[~member], value[~member]),
        abroca=found,
        null=float(null.mean()),
        p_value=float((1 + (null >= found).sum()) / (1 + permutations)),
    )


def _shuffled(truth: Numbers, member: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.bool_]:
    """Among people of the same outcome, so that each side keeps as many of both."""
    shuffled = member.copy()
    for outcome in (0, 1):
        at = np.flatnonzero(truth == outcome)
        shuffled[at] = member[random.permutation(at)]
    return shuffled
