"""What to take or open next: histories by id come from the marts, histories that are given are taken as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import polars as pl

from contracts.predictions import ModelVersion, RecommendAnswer, RecommendedItem
from features import store
from models.recommend import activities, courses
from models.recommend.versions import LoadedActivities, LoadedCourses
from stack import clock
from stack.settings import Settings


class CourseMissing(ValueError):
    """Lessons were given and not whose course's lessons to rank."""


@dataclass(frozen=True)
class History:
    """What one subject has had; `course_id` is where an enrollment's lessons are."""

    subject_id: UUID | None
    items: tuple[str, ...]
    course_id: str | None = None
    known_at: datetime | None = None
    """When the newest of it became known; None for a history that was given."""


def of_subjects(kind: store.Kind, organization_id: UUID, ids: Sequence[UUID], *, settings: Settings) -> list[History]:
    """Reads the marts, so not for an event loop. Another organization's subject has no history here."""
    if not ids:
        return []
    found = store.interactions(kind, organization_id, subjects=ids, settings=settings)
    by_subject = {str(key[0]): part for key, part in found.partition_by("subject_id", as_dict=True).items()}
    return [_history(subject, by_subject.get(str(subject))) for subject in ids]


def _history(subject_id: UUID, rows: pl.DataFrame | None) -> History:
    if rows is None:
        return History(subject_id, ())
    newest = rows["first_recorded_at"].max()
    return History(
        subject_id=subject_id,
        items=tuple(rows["item_id"].to_list()),
        course_id=str(rows["course_id"][0]) if "course_id" in rows.columns else None,
        known_at=newest if isinstance(newest, datetime) else None,
    )


def given(histories: Sequence[Sequence[UUID]]) -> list[History]:
    """As they came with the request."""
    return [History(None, tuple(str(item) for item in items)) for items in histories]


def next_courses(model: LoadedCourses, histories: Sequence[History], *, k: int) -> list[RecommendAnswer]:
    """Of the courses that are open now, as the model's catalogue knows them."""
    offers = courses.open_courses(model.model.catalogue, now=clock.now())
    found = courses.recommend(model.model, [list(each.items) for each in histories], offers=offers, k=k)
    return [_answer(model.version, history, items) for history, items in zip(histories, found, strict=True)]


def next_activities(
    model: LoadedActivities, histories: Sequence[History], *, course_id: UUID | None, k: int
) -> list[RecommendAnswer]:
    """Each in its own course, else in `course_id`. Raises `CourseMissing` for a given history without one."""
    return [_answer(model.version, each, _lessons(model, each, course_id, k)) for each in histories]


def _lessons(model: LoadedActivities, history: History, course_id: UUID | None, k: int) -> list[RecommendedItem]:
    course = history.course_id or (str(course_id) if course_id else None)
    if course is None and history.subject_id is None:
        raise CourseMissing("activities by history need a course_id")
    if course is None:
        return []  # an enrollment that opened nothing: nothing says in which course it is
    return activities.recommend(model.model, course, [list(history.items)], k=k)[0]


def _answer(version: ModelVersion, history: History, items: Sequence[RecommendedItem]) -> RecommendAnswer:
    return RecommendAnswer(
        subject_id=history.subject_id, items=tuple(items), features_as_of=history.known_at, model=version
    )
