"""Fits both recommenders as of a moment; EASE is shipped where it beat popularity in the same run, else it is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import polars as pl

from models import provenance
from models.recommend import activities, courses, evaluation
from models.recommend.courses import CourseModel
from models.recommend.evaluation import Foreseen
from models.recommend.ranking import ItemModel

FEATURE_SERVICE = "recommend_v1"
COURSES_K, ACTIVITIES_K = 5, 10


@dataclass(frozen=True)
class TrainedCourses:
    """A course recommender that is not registered yet."""

    organization_id: UUID
    as_of: datetime
    model: CourseModel
    foreseen: Foreseen
    data_hash: str

    @property
    def kind(self) -> str:
        return "ease" if self.foreseen.ease_wins else "popularity"


@dataclass(frozen=True)
class TrainedActivities:
    """A next-activity recommender that is not registered yet."""

    organization_id: UUID
    as_of: datetime
    model: Mapping[str, ItemModel]
    foreseen: Foreseen
    data_hash: str

    @property
    def kind(self) -> str:
        return "ease" if self.foreseen.ease_wins else "content"


def train_courses(
    interactions: pl.DataFrame, catalogue: pl.DataFrame, *, organization_id: UUID, as_of: datetime
) -> TrainedCourses:
    """`interactions` as `features.store.interactions("courses", …)` gives them, known before `as_of`."""
    first = pl.col("first_recorded_at").min()
    pairs = (
        interactions.group_by("subject_id", pl.col("family").alias("item_id")).agg(first).sort("subject_id", "item_id")
    )
    foreseen = evaluation.hold_out(pairs, k=COURSES_K)
    return TrainedCourses(
        organization_id=organization_id,
        as_of=as_of,
        model=courses.fit(interactions, catalogue, ridge=foreseen.ridge, learnt=foreseen.ease_wins),
        foreseen=foreseen,
        data_hash=provenance.data_hash(pairs),
    )


def train_activities(
    interactions: pl.DataFrame, lessons: pl.DataFrame, *, organization_id: UUID, as_of: datetime
) -> TrainedActivities:
    """Lessons of the courses that are open; `interactions("activities", …)` of these courses, known before `as_of`."""
    of_these = interactions.filter(pl.col("course_id").is_in(lessons["course_id"].unique().implode()))
    parts = [evaluation.hold_out(part, k=ACTIVITIES_K) for part in of_these.partition_by("course_id")]
    foreseen = evaluation.together(parts or [evaluation.hold_out(of_these, k=ACTIVITIES_K)])
    return TrainedActivities(
        organization_id=organization_id,
        as_of=as_of,
        model=activities.fit(of_these, lessons, ridge=foreseen.ridge, learnt=foreseen.ease_wins),
        foreseen=foreseen,
        data_hash=provenance.data_hash(of_these.select("course_id", "subject_id", "item_id")),
    )
