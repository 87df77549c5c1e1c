"""Numbers to places on a drawing. Pure: the SVG macros draw what these return, and unit tests hold them.

Sizes are in the drawing's own units (its `viewBox`); y grows downwards, as in SVG. None is a gap, never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Point:
    """One place."""

    x: float
    y: float


@dataclass(frozen=True)
class Bar:
    """One rectangle, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


def linear(value: float, *, low: float, high: float, size: float) -> float:
    """Where `value` lies on a length of `size`, held inside it; a range without extent puts it in the middle."""
    if high <= low:
        return size / 2
    return round(min(max((value - low) / (high - low), 0.0), 1.0) * size, 2)


def points(
    values: Sequence[float | None],
    *,
    width: float,
    height: float,
    low: float | None = None,
    high: float | None = None,
    inset: float = 2.0,
) -> list[Point | None]:
    """The values from left to right, evenly; without limits they fill the height. `inset` keeps strokes whole."""
    known = [value for value in values if value is not None]
    bottom = min(known, default=0.0) if low is None else low
    top = max(known, default=0.0) if high is None else high
    step = (width - 2 * inset) / max(len(values) - 1, 1)
    room = height - 2 * inset
    return [
        None
        if value is None
        else Point(
            round(inset + index * step, 2), round(inset + room - linear(value, low=bottom, high=top, size=room), 2)
        )
        for index, value in enumerate(values)
    ]


def path(places: Sequence[Point | None]) -> str:
    """An SVG path through the places, lifted at each gap; a lone place becomes a dot (a line without length)."""
    runs = [list(run) for known, run in groupby(places, key=lambda place: place is not None) if known]
    return "".join(_run([place for place in run if place is not None]) for run in runs)


def _run(run: list[Point]) -> str:
    first, *rest = run
    return f"M{first.x:g} {first.y:g}" + "".join(f"L{place.x:g} {place.y:g}" for place in rest or [first])


def last(places: Sequence[Point | None]) -> Point | None:
    """The newest known place: where a sparkline puts its dot."""
    return next((place for place in reversed(places) if place is not None), None)


def bars(values: Sequence[float], *, width: float, height: float, gap: float = 2.0) -> list[Bar]:
    """Upright bars from zero, side by side; the largest fills the height and a value below zero counts as zero."""
    if not values:
        return []
    each = (width - gap * (len(values) - 1)) / len(values)
    top = max(*values, 0.0) if len(values) > 1 else max(values[0], 0.0)
    heights = [linear(value, low=0.0, high=top, size=height) if top > 0 else 0.0 for value in values]
    return [
        Bar(round(index * (each + gap), 2), round(height - tall, 2), round(each, 2), tall)
        for index, tall in enumerate(heights)
    ]


def stacked(parts: Sequence[float], *, width: float) -> list[Bar]:
    """One lying bar in parts, each as long as its share; parts that add up to nothing leave it empty. Height is 1."""
    total = sum(parts)
    if total <= 0:
        return [Bar(0.0, 0.0, 0.0, 1.0) for _ in parts]
    begins = [sum(parts[:index]) / total * width for index in range(len(parts))]
    return [
        Bar(round(begin, 2), 0.0, round(part / total * width, 2), 1.0)
        for begin, part in zip(begins, parts, strict=True)
    ]
