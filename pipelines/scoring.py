"""From the open rows of a turn to predictions, by the versions in use, and to the batches that are posted."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from uuid import UUID

import polars as pl

from contracts.ids import derived_id
from contracts.predictions import ModelVersion, PredictionBatch, Recommendation, RecommendedItem, RiskPrediction
from features import nouns, store
from models import exports, registry
from models.exports import CHAMPION
from models.recommend import activities, courses
from models.recommend import versions as recommenders
from models.risk import scoring
from models.risk import versions as risk
from pipelines.posting import in_slices
from pipelines.turn import Turn

RECOMMENDED = 10
"""Items in a stored recommendation: more than a page shows, so that what was taken meanwhile can be left out."""

Scored = tuple[ModelVersion, list[RiskPrediction]]
Recommended = tuple[ModelVersion, list[Recommendation]]


def pointer(turn: Turn) -> str:
    """Whose version is in use: the champion's, or the replay's own."""
    return exports.replay_pointer(turn.replay) if turn.replay else CHAMPION


def versions_in_use(turn: Turn) -> dict[str, str]:
    """Registered name → version, for the report; also of those that had nothing to say in this turn."""
    found = exports.in_use(turn.settings.models_folder, pointer(turn))
    return {name: str(version) for name, version in found.items()}


def risks(organization: UUID, rows: pl.DataFrame, turn: Turn) -> Scored:
    """One prediction with reasons per row. An organization that came after the last training begins with the rule."""
    if exports.pointed(turn.settings.models_folder, f"risk.{organization}", pointer(turn)) is None:
        registry.ensure_rule(organization, as_of=turn.cutoff, settings=turn.settings)
    model = risk.load_current(turn.settings.models_folder, organization, pointer=pointer(turn))
    return model.version, scoring.predictions(scoring.score(rows, model), model)


def courses_for(organization: UUID, rows: pl.DataFrame, turn: Turn) -> Recommended | None:
    """For each person in the rows the courses that could come next; None before the first training."""
    try:
        loaded = recommenders.load_courses(turn.settings.models_folder, organization, pointer=pointer(turn))
    except exports.NoSuchModel:
        return None
    people = rows.sort("as_of").unique("actor_id", keep="last", maintain_order=True)
    taken = _histories("courses", organization, people["actor_id"], turn)
    offers = courses.open_courses(nouns.courses(organization, turn.settings), now=turn.cutoff)
    found = courses.recommend(loaded.model, taken, offers=offers, k=RECOMMENDED)
    subjects = zip(people["actor_id"], people["trace_id"], found, strict=True)
    return loaded.version, [_said("courses", loaded.version, turn, *each) for each in subjects]


def activities_for(organization: UUID, rows: pl.DataFrame, turn: Turn) -> Recommended | None:
    """For each enrollment in the rows the lessons that could come next; None before the first training."""
    try:
        loaded = recommenders.load_activities(turn.settings.models_folder, organization, pointer=pointer(turn))
    except exports.NoSuchModel:
        return None
    said: list[Recommendation] = []
    for (course,), part in rows.partition_by("course_id", as_dict=True).items():
        opened = _histories("activities", organization, part["enrollment_id"], turn)
        found = activities.recommend(loaded.model, course, opened, k=RECOMMENDED)
        subjects = zip(part["enrollment_id"], part["trace_id"], found, strict=True)
        said += [_said("activities", loaded.version, turn, *each) for each in subjects]
    return loaded.version, said


def _histories(kind: store.Kind, organization: UUID, subjects: pl.Series, turn: Turn) -> list[list[str]]:
    ids = [UUID(each) for each in subjects]
    pairs = store.interactions(kind, organization, known_by=turn.cutoff, subjects=ids, settings=turn.settings)
    own = dict(pairs.group_by("subject_id").agg(pl.col("item_id")).iter_rows())
    return [own.get(each, []) for each in subjects]


def _said(
    kind: store.Kind, version: ModelVersion, turn: Turn, subject: str, trace: str, items: list[RecommendedItem]
) -> Recommendation:
    return Recommendation(
        prediction_id=derived_id(version.name, version.version, subject, turn.cutoff),
        kind=kind,
        subject_id=UUID(subject),
        items=tuple(items),
        features_as_of=turn.cutoff,
        trace_id=trace or None,
    )


# ---------- what must hold before posting
def unscored(rows: Mapping[UUID, pl.DataFrame], scored: Mapping[UUID, Scored]) -> int:
    """Enrollments of this turn without a prediction."""
    wanted = {enrollment for frame in rows.values() for enrollment in frame["enrollment_id"]}
    return len(wanted - {str(prediction.enrollment_id) for _, found in scored.values() for prediction in found})


def without_reasons(scored: Mapping[UUID, Scored]) -> int:
    """Predictions that could not be explained."""
    return sum(not prediction.reasons for _, found in scored.values() for prediction in found)


def all_alike(scored: Mapping[UUID, Scored]) -> list[str]:
    """Models that say one and the same of a hundred people or more: features that didn't arrive look like that."""
    return [
        str(version)
        for version, found in scored.values()
        if version.kind != "rule" and len(found) >= 100 and len({prediction.value for prediction in found}) == 1
    ]


# ---------- what is posted
def batches(
    turn: Turn,
    computed_at: datetime,
    scored: Mapping[UUID, Scored],
    recommended: Mapping[UUID, list[Recommended]],
) -> Iterator[PredictionBatch]:
    """A batch is of one organization and one version; its id is derived, so posting it again changes nothing."""
    for organization, (version, found) in scored.items():
        judged_on = _judged_on(version, turn) if found else None
        for index, part in enumerate(in_slices(found)):
            batch = _batch(turn, computed_at, organization, version, index)
            yield batch.model_copy(update={"risks": part, "judged_on": judged_on})
    for organization, (version, made) in chain.from_iterable(
        ((organization, each) for each in parts) for organization, parts in recommended.items()
    ):
        for index, several in enumerate(in_slices(made)):
            batch = _batch(turn, computed_at, organization, version, index)
            yield batch.model_copy(update={"recommendations": several})


def _judged_on(version: ModelVersion, turn: Turn) -> int | None:
    """People that nothing had seen when this version was judged; None for the rule, which was judged on nobody."""
    manifest = exports.read_manifest(turn.settings.models_folder / version.name / str(version.version))
    people = manifest.metrics.get("judged_enrollments")
    return int(people) if people else None


def _batch(turn: Turn, computed_at: datetime, organization: UUID, version: ModelVersion, index: int) -> PredictionBatch:
    return PredictionBatch(
        batch_id=derived_id("batch", organization, version, turn.cutoff, turn.replay_as_of, computed_at, index),
        organization_id=organization,
        model=version,
        computed_at=computed_at,
        replay_as_of=turn.replay,
    )
