"""Who is learnt from and who is judged on: whole presentations, by time, never the same learner on both sides.

A cohort is a course with its start date; of a self-paced course, those who began in the same month. Its labels may be
used once nearly all are recorded: before that only the withdrawn have one, and a model would learn that everybody
fails.

Frames: `frame` has one row per (enrollment, closed week) as `features.store.training_frame` gives it; `labels` one row
per enrollment, of those recorded by the as-of moment.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

TARGET = "fails_or_withdraws"
WHOLE = 0.95
"""Share of a cohort's enrollments whose outcome must be recorded before the cohort is learnt from."""
VALIDATION_SHARE = 0.2
"""The latest cohorts are set aside until they hold this share of the enrollments."""

Weeks = pl.DataFrame


@dataclass(frozen=True)
class Split:
    """Earlier cohorts to fit on, the latest ones to be judged on; each row has its target and cohort."""

    train: Weeks
    tune: Weeks
    """Half of the latest cohorts' learners: chooses the settings."""
    judge: Weeks
    """The other half, seen by nothing before the gate."""
    starts_at: datetime | None
    """When the judged cohorts began; every label in `train` was recorded by then."""

    @property
    def usable(self) -> bool:
        """Whether there is anything to learn from and to be judged on."""
        return all(enough(part) for part in (self.train, self.tune, self.judge))


LEAST_ROWS = 200
LEAST_PER_CLASS = 20


def enough(rows: Weeks) -> bool:
    """At least 200 rows, and 20 enrollments of each class."""
    each = rows.group_by(TARGET).agg(pl.col("enrollment_id").n_unique())["enrollment_id"].to_list()
    return len(rows) >= LEAST_ROWS and len(each) == 2 and min(each) >= LEAST_PER_CLASS


def with_cohorts(frame: Weeks) -> Weeks:
    """Adds `started_at` (the course's start, else the enrollment's) and `cohort`."""
    started = frame.with_columns(
        (pl.col("as_of") - pl.duration(seconds=pl.col("days_since_start").cast(pl.Float64) * 86_400))
        .dt.round("1h")
        .min()
        .over("enrollment_id")
        .alias("started_at")
    )
    month = pl.when(pl.col("is_self_paced") == 1).then(pl.col("started_at").dt.truncate("1mo"))
    return started.with_columns(
        month.otherwise(pl.col("started_at")).alias("started_at"),
        pl.format("{}@{}", "course_id", month.otherwise(pl.col("started_at")).dt.strftime("%Y-%m-%d")).alias("cohort"),
    )


def whole_cohorts(frame: Weeks, labels: pl.DataFrame) -> pl.DataFrame:
    """One row per cohort whose outcomes are recorded: cohort, started_at, enrollments, labelled_by."""
    enrollments = with_cohorts(frame).unique("enrollment_id").select("enrollment_id", "cohort", "started_at")
    return (
        enrollments.join(labels.select("enrollment_id", "label_recorded_at"), on="enrollment_id", how="left")
        .group_by("cohort")
        .agg(
            pl.col("started_at").min(),
            pl.len().alias("enrollments"),
            pl.col("label_recorded_at").is_not_null().mean().alias("labelled"),
            pl.col("label_recorded_at").max().alias("labelled_by"),
        )
        .filter(pl.col("labelled") >= WHOLE)
        .drop("labelled")
        .sort("started_at", "cohort")
    )


def learnable(frame: Weeks, labels: pl.DataFrame) -> Weeks:
    """Every week of the whole cohorts, with its target: what a final fit reads."""
    return (
        with_cohorts(frame)
        .join(whole_cohorts(frame, labels).select("cohort", "labelled_by"), on="cohort")
        .join(labels.select("enrollment_id", "label_recorded_at", TARGET), on="enrollment_id")
        .filter(pl.col("as_of") <= pl.col("label_recorded_at"))
        .sort("enrollment_id", "as_of")
    )


def temporal(frame: Weeks, labels: pl.DataFrame) -> Split:
    """The latest whole cohorts against those whose labels were all recorded before these began."""
    rows = learnable(frame, labels)
    latest = _latest(whole_cohorts(frame, labels))
    judged = rows.filter(pl.col("cohort").is_in(latest["cohort"].implode()))
    starts_at = latest["started_at"].min()
    train = rows.filter(pl.col("labelled_by") <= starts_at).join(
        judged.select("actor_id").unique(), on="actor_id", how="anti"
    )
    odd = pl.col("actor_id").hash(seed=7) % 2 == 1
    return Split(train=train, tune=judged.filter(odd), judge=judged.filter(~odd), starts_at=starts_at)  # type: ignore[arg-type]


def _latest(cohorts: pl.DataFrame) -> pl.DataFrame:
    """The newest start dates together, until they hold a fifth of the enrollments."""
    after = pl.col("enrollments").sum()
    by_start = cohorts.group_by("started_at").agg(after).sort("started_at", descending=True)
    needed = VALIDATION_SHARE * float(cohorts["enrollments"].sum())
    chosen = by_start.filter(pl.col("enrollments").cum_sum() - pl.col("enrollments") < needed)
    return cohorts.filter(pl.col("started_at").is_in(chosen["started_at"].implode()))
