"""When the demo's courses are given: four times in the past year and a bit, once just now, and some again soon."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from lms_api.imports.demo.catalogue import Family
from lms_api.imports.events import MOMENT

DAY = 86_400
WEEK = 7 * DAY
WEEKS = 10
"""Length of a presentation."""
EVERY_WEEKS = 13
PAST = 4
RUNNING, SOON, SELF_PACED = PAST, PAST + 1, PAST + 2
"""Slots after the past ones, 0 to 3."""
SELF_PACED_FAMILIES = 2
ANNOUNCED_DAYS = 75
"""A presentation is known this long before its start, and a self-paced course since before everything."""


@dataclass(frozen=True)
class Today:
    """The midnight at which the demo's history stops, in seconds since 1970."""

    day: date

    @property
    def second(self) -> int:
        return (self.day - date(1970, 1, 1)).days * DAY

    @property
    def monday(self) -> int:
        return self.second - self.day.weekday() * DAY

    @property
    def beginning(self) -> int:
        """Before anything of the demo happened."""
        return self.monday - (EVERY_WEEKS * PAST + 26) * WEEK


def moment(seconds: str | pl.Expr) -> pl.Expr:
    """Seconds since 1970 as a moment in UTC."""
    column = pl.col(seconds) if isinstance(seconds, str) else seconds
    return (column.cast(pl.Int64) * 1_000_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(MOMENT)


def presentations(families: tuple[Family, ...], today: Today, rng: np.random.Generator) -> pl.DataFrame:
    """One row per course: family (its number), slot, start and end in seconds; both null for a self-paced one."""
    # those that run now are in their fourth to eighth week, so that there is something to foresee
    running = [today.monday - int(weeks) * WEEK for weeks in rng.integers(3, 8, size=len(families))]
    dated = [
        (family, slot, start - (RUNNING - slot) * EVERY_WEEKS * WEEK)
        for family, start in enumerate(running)
        for slot in range(RUNNING + 1)
    ]
    soon = [(family, SOON, today.monday + (1 + family % 3) * WEEK) for family in range(0, len(families), 3)]
    spread = np.linspace(1, len(families) - 1, SELF_PACED_FAMILIES).astype(int)
    rows = [*dated, *soon, *((int(family), SELF_PACED, None) for family in spread)]
    return (
        pl.DataFrame(rows, schema={"family": pl.Int64, "slot": pl.Int64, "start": pl.Int64}, orient="row")
        .with_columns(end=pl.col("start") + WEEKS * WEEK)
        .with_columns(
            announced=pl.coalesce(pl.col("start") - ANNOUNCED_DAYS * DAY, pl.lit(today.beginning)).clip(
                upper_bound=today.second - DAY
            )
        )
        .with_row_index("course")
    )


def named(start: int) -> str:
    """ "Sep 2026", of a moment in seconds."""
    return f"{date(1970, 1, 1) + timedelta(seconds=start):%b %Y}"
