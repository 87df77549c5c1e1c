"""One figure beside another."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Row:
    """`ours` and `limit` are in the same unit; `aim` says which ratio is wanted."""

    path: str
    ours: float
    beside: str
    limit: float
    aim: str

    @property
    def ratio(self) -> float:
        return self.ours / self.limit


def seconds(work: Callable[[], object]) -> float:
    """Of one call, by the wall clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def alternating(ours: Callable[[], object], beside: Callable[[], object]) -> tuple[float, float]:
    """Medians of ROUNDS pairs, in turn, so that a machine that slows down slows both."""
    pairs = [(seconds(ours), seconds(beside)) for _ in range(ROUNDS)]
    return statistics.median(one for one, _ in pairs), statistics.median(two for _, two in pairs)
