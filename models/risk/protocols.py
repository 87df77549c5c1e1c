"""The two ways to ask how good the risk model is on a later presentation, each beside an untuned XGBoost and the rule.

As-of is what could have run: at each week only what was recorded by then. Retrospective takes whole earlier
presentations, whose labels were not all available at the time; it compares weeks and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl

from models import splits
from models.risk import boosting, evaluation, training
from models.risk.boosting import Progress, Recipe
from models.risk.scoring import RiskModel
from models.splits import TARGET

Models = dict[str, RiskModel]


def retrospective(
    frame: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    courses: Sequence[str],
    recipe: Recipe,
    weeks: Sequence[int],
    progress: Progress = training.silent,
) -> pl.DataFrame:
    """Learns from every cohort that began before these courses, whenever its labels came; one row per course week."""
    tested = _tested(frame, labels, courses)
    earlier = splits.learnable(frame, labels).filter(pl.col("started_at") < tested["started_at"].min())
    progress("fitting", 0, 1)
    models = _both(earlier, recipe)
    progress("fitting", 1, 1)
    return evaluation.weekly(tested.filter(pl.col("course_week").is_in(list(weeks))), models)


def as_of(
    frame: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    courses: Sequence[str],
    recipe: Recipe,
    weeks: Sequence[int],
    progress: Progress = training.silent,
) -> pl.DataFrame:
    """At each week learns from what was recorded by its cut-off; weeks without any whole cohort by then are missing.

    `courses` must have begun together, so that a week is one moment. Weeks with the same cohorts share one fit.
    """
    tested = _tested(frame, labels, courses)
    found = [
        evaluation.weekly(rows, models)
        for rows, models in _fitted_by_week(tested, frame, labels, recipe, weeks, progress)
    ]
    return pl.concat(found) if found else pl.DataFrame()


def _fitted_by_week(
    tested: pl.DataFrame,
    frame: pl.DataFrame,
    labels: pl.DataFrame,
    recipe: Recipe,
    weeks: Sequence[int],
    progress: Progress,
) -> Iterator[tuple[pl.DataFrame, Models]]:
    fits: dict[tuple[str, ...], Models] = {}
    for done, week in enumerate(weeks):
        rows = tested.filter(pl.col("course_week") == week)
        moment = rows["as_of"].max()
        if not isinstance(moment, datetime):
            continue
        known = splits.learnable(*training.known_before(frame, labels, moment))
        known = known.join(rows.select("actor_id").unique(), on="actor_id", how="anti")
        cohorts = tuple(known["cohort"].unique().sort())
        if splits.enough(known):
            fits.setdefault(cohorts, {}) or fits[cohorts].update(_both(known, recipe))
            yield rows, fits[cohorts]
        progress("weeks", done + 1, len(weeks))


def _both(rows: pl.DataFrame, recipe: Recipe) -> Models:
    """Ours, and XGBoost's own defaults as they come out: uncalibrated."""
    ours = training.finished(rows, recipe)
    return {"model": ours, "untuned": RiskModel(ours.version, ours.bands, booster=boosting.fit(rows, None))}


def _tested(frame: pl.DataFrame, labels: pl.DataFrame, courses: Sequence[str]) -> pl.DataFrame:
    rows = splits.with_cohorts(frame.filter(pl.col("course_id").is_in(list(courses))))
    return rows.join(labels.select("enrollment_id", TARGET), on="enrollment_id").sort("enrollment_id", "as_of")
