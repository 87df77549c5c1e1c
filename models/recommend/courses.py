"""Which course next: learnt between families, for a family's next presentation has no history of its own yet.

Catalogue frames have course_id, family, category, tags (a list), published, starts_at and ends_at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import polars as pl

from contracts.predictions import RecommendedItem, WhyRecommended
from models.recommend import ease
from models.recommend.ranking import ItemModel, Numbers, Ranked


@dataclass(frozen=True)
class CourseModel:
    """Ready to recommend; `families` says of every course ever given which family it belongs to."""

    items: ItemModel
    families: Mapping[str, str]
    catalogue: pl.DataFrame
    """As it stood when the model was made."""


def fit(interactions: pl.DataFrame, catalogue: pl.DataFrame, *, ridge: float, learnt: bool = True) -> CourseModel:
    """`interactions` has subject_id (a person) and family; not `learnt` leaves popularity and content."""
    pairs = interactions.select("subject_id", pl.col("family").alias("item_id")).unique()
    families = sorted({*catalogue["family"], *pairs["item_id"]})
    matrix = ease.incidence(pairs, pairs["subject_id"].unique().sort().to_list(), families)
    count = len(families)
    model = ItemModel(
        items=tuple(families),
        similar=ease.fit(matrix, ridge=ridge) if learnt else np.zeros((count, count)),
        content=ease.cosine(_marks(catalogue, families)),
        fallback=matrix.sum(axis=0),
        fallback_why=WhyRecommended.POPULAR,
    )
    return CourseModel(model, dict(catalogue.select("course_id", "family").iter_rows()), catalogue)


def _marks(catalogue: pl.DataFrame, families: Sequence[str]) -> Numbers:
    """Families × words: category and tags of any of its presentations."""
    said: dict[str, set[str]] = {family: set() for family in families}
    for family, category, tags in catalogue.select("family", "category", "tags").iter_rows():
        said[family] |= {f"category {category}"} if category else set()
        said[family] |= set(tags or ())
    words = sorted(set().union(*said.values())) if said else []
    return np.array([[float(word in said[family]) for word in words] for family in families]).reshape(len(families), -1)


def open_courses(catalogue: pl.DataFrame, *, now: datetime) -> dict[str, str]:
    """Family → the course to propose: published and not over; the next one to start, else the latest begun."""
    offered = catalogue.filter(
        pl.col("published").cast(pl.Boolean) & (pl.col("ends_at").is_null() | (pl.col("ends_at") > now))
    )
    ahead = (pl.col("starts_at") > now).fill_null(False)
    distance = (pl.col("starts_at") - now).dt.total_seconds().abs().fill_null(0)
    first = offered.sort(~ahead, distance, "course_id").unique("family", keep="first", maintain_order=True)
    return dict(first.select("family", "course_id").iter_rows())


def recommend(
    model: CourseModel, histories: Sequence[Sequence[str]], *, offers: Mapping[str, str], k: int
) -> list[list[RecommendedItem]]:
    """For each history of course ids the first k of `offers` (family → course), without families already taken."""
    taken = [{model.families[course]: course for course in own if course in model.families} for own in histories]
    ranked = model.items.rank([list(own) for own in taken], k=k, among=offers.keys())
    return [[_item(found, offers, own) for found in each] for each, own in zip(ranked, taken, strict=True)]


def _item(found: Ranked, offers: Mapping[str, str], own: Mapping[str, str]) -> RecommendedItem:
    because = own[found.because_of] if found.because_of else None
    return RecommendedItem(
        item_id=UUID(offers[found.item]),
        score=found.score,
        why=found.why,
        because_of=UUID(because) if because else None,
    )
