"""The demo's whole past, slot by slot: who enrolled, what they did, how it ended."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from contracts.events import Outcome
from lms_api.imports.demo.behaviour import NEVER, Behaviour, behave
from lms_api.imports.demo.calendar import DAY, SELF_PACED, Today
from lms_api.imports.demo.choices import History, choose, remember
from lms_api.imports.demo.content import TASKS
from lms_api.imports.demo.people import Learners

RESULT_AFTER_DAYS = 7
"""From a presentation's end to its results, so that the last hand-ins are marked."""
PASS, DISTINCTION = 50.0, 80.0


@dataclass(frozen=True)
class Past:
    """Frames whose `enrollment` is the row in `enrollments`; moments in seconds, all before today.

    `enrollments` has left, outcome and result (all null while open), beside learner, course, family, slot, tries.
    """

    enrollments: pl.DataFrame
    views: pl.DataFrame
    completions: pl.DataFrame
    submissions: pl.DataFrame


def past(courses: pl.DataFrame, people: Learners, today: Today, rng: np.random.Generator) -> Past:
    """Self-paced courses come last, among what is left to take."""
    history = History.empty(len(people.ability), courses["family"].n_unique(), rng)
    slots: list[Past] = []
    before = 0
    for slot in range(SELF_PACED + 1):
        enrolled = choose(slot, courses, people, history, today, rng).filter(pl.col("enrolled") < today.second)
        done = _known(enrolled, behave(enrolled, people, rng), today)
        passed = done.enrollments["outcome"].is_in([Outcome.PASS.value, Outcome.DISTINCTION.value]).fill_null(False)
        remember(history, enrolled, passed.to_numpy(), slot)
        slots.append(_shifted(done, before))
        before += enrolled.height
    return Past(
        enrollments=pl.concat([one.enrollments for one in slots]).with_row_index("enrollment"),
        views=pl.concat([one.views for one in slots]),
        completions=pl.concat([one.completions for one in slots]),
        submissions=pl.concat([one.submissions for one in slots]),
    )


def _known(enrolled: pl.DataFrame, behaviour: Behaviour, today: Today) -> Past:
    """What has happened and is known before today; a grade that is still open is null."""
    happened = pl.col("second") < today.second
    graded = pl.col("graded") < today.second
    submissions = behaviour.submissions.filter(happened).with_columns(
        score=pl.when(graded).then("score"), graded=pl.when(graded).then("graded")
    )
    return Past(
        enrollments=_ended(enrolled, behaviour, submissions, today),
        views=behaviour.views.filter(happened),
        completions=behaviour.completions.filter(happened),
        submissions=submissions,
    )


def _ended(enrolled: pl.DataFrame, behaviour: Behaviour, submissions: pl.DataFrame, today: Today) -> pl.DataFrame:
    left = pl.Series("left", behaviour.left)
    weight = pl.col("task").replace_strict(
        {place: task.weight for place, task in enumerate(TASKS)}, return_dtype=pl.Float64
    )
    best = submissions.group_by("enrollment", "task").agg(pl.col("score").max(), pl.col("graded").max())
    totals = best.group_by("enrollment").agg(
        (pl.col("score") * weight / 100).sum().alias("points"),
        pl.col("graded").max().alias("last_grade"),
        pl.col("graded").count().alias("tasks"),
    )
    points = pl.col("points").fill_null(0.0)
    mark = (
        pl.when(points >= DISTINCTION)
        .then(pl.lit(Outcome.DISTINCTION.value))
        .when(points >= PASS)
        .then(pl.lit(Outcome.PASS.value))
        .otherwise(pl.lit(Outcome.FAIL.value))
    )
    # a self-paced course ends with its last grade
    finished = (
        pl.when(pl.col("start").is_null())
        .then(pl.when(pl.col("tasks") == len(TASKS)).then("last_grade"))
        .otherwise(pl.col("end") + RESULT_AFTER_DAYS * DAY)
    )
    withdrew = pl.col("left") < pl.min_horizontal(pl.lit(NEVER), pl.lit(today.second))
    over = finished < today.second
    return (
        enrolled.with_columns(left)
        .with_row_index("enrollment")
        .join(totals, on="enrollment", how="left", maintain_order="left")
        .with_columns(
            outcome=pl.when(withdrew).then(pl.lit(Outcome.WITHDRAWN.value)).when(over).then(mark),
            result=pl.when(withdrew).then("left").when(over).then(finished),
            left=pl.when(withdrew).then("left"),
        )
        .select("learner", "course", "family", "slot", "tries", "origin", "enrolled", "left", "outcome", "result")
    )


def _shifted(slot: Past, by: int) -> Past:
    """Its enrollments' rows once all slots stand below one another."""
    shift = (pl.col("enrollment") + by).cast(pl.UInt32)
    return Past(
        enrollments=slot.enrollments,
        views=slot.views.with_columns(shift),
        completions=slot.completions.with_columns(shift),
        submissions=slot.submissions.with_columns(shift),
    )
