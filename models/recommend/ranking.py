"""Ranks items for a history: what is similar, else alike in content, else the fallback, and says which it was."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.predictions import WhyRecommended

Numbers = NDArray[np.float64]

TIERS = 10.0
"""Distance between two reasons' scores, so that no content score passes a similar one; scores are squeezed below it."""


@dataclass(frozen=True)
class Ranked:
    """An item with its reason; `because_of` is the item of the history that pulled most."""

    item: str
    score: float
    why: WhyRecommended
    because_of: str | None


@dataclass(frozen=True)
class ItemModel:
    """Everything square is items × items, from (row) to (column)."""

    items: tuple[str, ...]
    similar: Numbers
    """EASE's weights; zeros where nothing was learnt."""
    content: Numbers
    """Cosine of what is said of the items; zeros where nothing is."""
    fallback: Numbers
    """For who has no history: popularity, or the order in a course; higher comes first."""
    fallback_why: WhyRecommended

    def rank(self, histories: Sequence[Collection[str]], *, k: int, among: Collection[str]) -> list[list[Ranked]]:
        """The first k of `among` for each history, without what is in it. One history or many: the same answer."""
        place = {item: at for at, item in enumerate(self.items)}
        allowed = np.array([item in set(among) for item in self.items], dtype=bool)
        return [self._rank_one([place[item] for item in own if item in place], allowed, k) for own in histories]

    def _rank_one(self, own: list[int], allowed: NDArray[np.bool_], k: int) -> list[Ranked]:
        own = sorted(own)
        similar, content = self.similar[own].sum(axis=0), self.content[own].sum(axis=0)
        tier = np.where(similar > 0, 2, np.where(content > 0, 1, 0))
        raw = np.select([tier == 2, tier == 1], [similar, content], self.fallback)
        score = tier * TIERS + TIERS / 2 * raw / (1 + np.abs(raw))
        possible = allowed.copy()
        possible[own] = False
        order = [int(at) for at in np.lexsort((-self.fallback, -score)) if possible[at]][:k]
        return [self._said(at, int(tier[at]), float(score[at]), own) for at in order]

    def _said(self, at: int, tier: int, score: float, own: list[int]) -> Ranked:
        if tier == 0:
            return Ranked(self.items[at], score, self.fallback_why, None)
        pull = (self.similar if tier == 2 else self.content)[own, at]
        why = WhyRecommended.SIMILAR if tier == 2 else WhyRecommended.CONTENT
        return Ranked(self.items[at], score, why, self.items[own[int(np.argmax(pull))]])
