"""What to open next in a course: by those who opened the same lessons, else the course's own order.

Lesson frames have course_id, lesson_id and order_index.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np
import polars as pl

from contracts.predictions import RecommendedItem, WhyRecommended
from models.recommend import ease
from models.recommend.ranking import ItemModel

LEAST_ENROLLMENTS = 20
"""A course with fewer enrollments that opened anything keeps its own order."""

ActivityModel = Mapping[str, ItemModel]
"""Course id → its lessons' model."""


def fit(
    interactions: pl.DataFrame, lessons: pl.DataFrame, *, ridge: float, learnt: bool = True
) -> dict[str, ItemModel]:
    """`interactions` has course_id, subject_id (an enrollment) and item_id (a lesson)."""
    by_course = {key[0]: part for key, part in interactions.partition_by("course_id", as_dict=True).items()}
    return {
        key[0]: _course(part.sort("order_index", "lesson_id"), by_course.get(key[0]), ridge=ridge, learnt=learnt)
        for key, part in lessons.partition_by("course_id", as_dict=True).items()
    }


def _course(lessons: pl.DataFrame, pairs: pl.DataFrame | None, *, ridge: float, learnt: bool) -> ItemModel:
    items = lessons["lesson_id"].to_list()
    nothing = np.zeros((len(items), len(items)))
    subjects = pairs["subject_id"].unique().sort().to_list() if pairs is not None else []
    if learnt and pairs is not None and len(subjects) >= LEAST_ENROLLMENTS:
        similar = ease.fit(ease.incidence(pairs, subjects, items), ridge=ridge)
    else:
        similar = nothing
    return ItemModel(
        items=tuple(items),
        similar=similar,
        content=nothing,
        fallback=-np.arange(len(items), dtype=np.float64),
        fallback_why=WhyRecommended.NEXT,
    )


def recommend(
    model: ActivityModel, course_id: str, histories: Sequence[Sequence[str]], *, k: int
) -> list[list[RecommendedItem]]:
    """For each history of lessons opened in the course, the next k; nothing for a course that isn't known."""
    lessons = model.get(course_id)
    if lessons is None:
        return [[] for _ in histories]
    return [
        [
            RecommendedItem(
                item_id=UUID(found.item),
                score=found.score,
                why=found.why,
                because_of=UUID(found.because_of) if found.because_of else None,
            )
            for found in each
        ]
        for each in lessons.rank(histories, k=k, among=lessons.items)
    ]
