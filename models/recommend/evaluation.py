"""Recall of what came later, EASE beside popularity and content in the same run, by a temporal hold-out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models import metrics
from models.recommend import ease
from models.recommend.ranking import Numbers

LATER = 0.2
"""The last fifth of the first-time interactions is what has to be foreseen."""
MOST_SUBJECTS = 20_000
"""Judged on at most so many subjects, taken by a seed."""


@dataclass(frozen=True)
class Foreseen:
    """Mean recall at k over subjects who had a history and then took something new."""

    k: int
    subjects: int
    ease: float
    popularity: float
    ridge: float
    """Chosen on one half of the subjects; the figures are of the other."""

    @property
    def ease_wins(self) -> bool:
        return self.subjects > 0 and self.ease > self.popularity

    def figures(self) -> dict[str, float]:
        shown = {f"recall_at_{self.k}_ease": self.ease, f"recall_at_{self.k}_popularity": self.popularity}
        return {**shown, "judged_subjects": float(self.subjects), "ridge": self.ridge}


def hold_out(pairs: pl.DataFrame, *, k: int, seed: int = 0) -> Foreseen:
    """`pairs` has subject_id, item_id and first_recorded_at, one row per pair."""
    earlier, later = temporal(pairs)
    subjects = sorted(set(earlier["subject_id"]) & set(later["subject_id"]))
    subjects = list(np.random.default_rng(seed).permutation(subjects)[:MOST_SUBJECTS])
    if len(subjects) < 2:
        return Foreseen(k=k, subjects=0, ease=float("nan"), popularity=float("nan"), ridge=ease.RIDGES[1])
    items = sorted(set(earlier["item_id"]))
    everybody = ease.incidence(earlier, earlier["subject_id"].unique().sort().to_list(), items)
    choosing, judged = subjects[: len(subjects) // 2], subjects[len(subjects) // 2 :]
    weights = {ridge: ease.fit(everybody, ridge=ridge) for ridge in ease.RIDGES}
    chosen = max(weights, key=lambda ridge: _recall(earlier, later, choosing, items, weights[ridge], k))
    popular = np.tile(everybody.sum(axis=0), (len(items), 1))
    return Foreseen(
        k=k,
        subjects=len(judged),
        ease=_recall(earlier, later, judged, items, weights[chosen], k),
        popularity=_recall(earlier, later, judged, items, popular, k),
        ridge=chosen,
    )


def temporal(pairs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was known before the moment from which the last fifth came, and what came from then on."""
    if pairs.is_empty():
        return pairs, pairs
    moment = pairs["first_recorded_at"].quantile(1 - LATER, interpolation="higher")
    known = pl.col("first_recorded_at") < moment
    return pairs.filter(known), pairs.filter(~known)


def _recall(
    earlier: pl.DataFrame, later: pl.DataFrame, subjects: list[str], items: list[str], weights: Numbers, k: int
) -> float:
    own = ease.incidence(earlier, subjects, items)
    scores = own @ weights
    scores[own > 0] = -np.inf
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    came = dict(later.group_by("subject_id").agg("item_id").iter_rows())
    return metrics.recall_at([set(came[each]) for each in subjects], [[items[at] for at in row] for row in best], k=k)


def together(parts: list[Foreseen]) -> Foreseen:
    """Several courses' figures as one, weighted by subjects; the ridge of the largest."""
    kept = [part for part in parts if part.subjects]
    if not kept:
        return parts[0]
    weights = [part.subjects for part in kept]
    return Foreseen(
        k=kept[0].k,
        subjects=sum(weights),
        ease=float(np.average([part.ease for part in kept], weights=weights)),
        popularity=float(np.average([part.popularity for part in kept], weights=weights)),
        ridge=max(kept, key=lambda part: part.subjects).ridge,
    )
