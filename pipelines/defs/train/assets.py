"""Learn: one risk model and two recommenders per organization, where a training is due."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import dagster as dg

from contracts.predictions import ModelVersion
from features import nouns, store
from models.recommend import renewal as recommenders
from models.recommend.training import train_activities, train_courses
from models.risk import renewal as risk
from pipelines import training
from pipelines.training import TrainingFrame
from pipelines.turn import Turn

WEEKS = dg.AssetKey(["marts", "ftr_enrollment_week"])
LABELS = dg.AssetKey(["marts", "ftr_enrollment_labels"])
COURSES = dg.AssetKey(["marts", "ftr_actor_course"])
LESSONS = dg.AssetKey(["marts", "ftr_enrollment_lesson"])
Frames = dict[UUID, TrainingFrame]

FRAMES = dg.AssetKey("training_frames")
BEFORE_TRAINING = [
    dg.AssetCheckSpec(
        "nothing_from_the_future", asset=FRAMES, blocking=True, description="All was known by the cut-off."
    ),
    dg.AssetCheckSpec("one_row_per_cutoff", asset=FRAMES, blocking=True, description="No enrollment counts twice."),
    dg.AssetCheckSpec(
        "features_say_something", asset=FRAMES, blocking=True, description="No feature is empty throughout."
    ),
]


@dg.asset(deps=[WEEKS, LABELS], group_name="train", check_specs=BEFORE_TRAINING)
def training_frames(turn: Turn) -> Iterator[dg.MaterializeResult]:
    """Closed weeks with what is known of their end, for each organization whose training is due."""
    frames = {organization: training.frame(organization, turn) for organization in training.due(turn)}
    rows = sum(frame.rows.height for frame in frames.values())
    yield dg.MaterializeResult(
        value=frames,
        metadata={"dagster/row_count": rows, "organizations": len(frames), "as_of": str(turn.cutoff)},
        check_results=_before_training(frames, turn),
    )


def _before_training(frames: Frames, turn: Turn) -> list[dg.AssetCheckResult]:
    future, doubled, empty = (
        training.from_the_future(frames, turn.cutoff),
        training.doubled(frames),
        training.empty_features(frames),
    )
    return [
        dg.AssetCheckResult(check_name="nothing_from_the_future", passed=future == 0, metadata={"rows": future}),
        dg.AssetCheckResult(check_name="one_row_per_cutoff", passed=doubled == 0, metadata={"rows": doubled}),
        dg.AssetCheckResult(
            check_name="features_say_something", passed=not empty, metadata={"empty": ", ".join(empty)}
        ),
    ]


@dg.asset(group_name="train")
def risk_models(context: dg.AssetExecutionContext, turn: Turn, training_frames: Frames) -> dg.MaterializeResult:
    """The version in use per organization: a challenger that passed the gate, else what it was, at least the rule."""
    renewals = {
        organization: risk.renew(
            frame.rows,
            frame.labels,
            organization_id=organization,
            as_of=turn.cutoff,
            settings=turn.settings,
            replay=turn.replay,
            progress=lambda what, done, of: context.log.info(f"{what}: {done} of {of}"),
        )
        for organization, frame in training_frames.items()
    }
    told = {organization: renewal.decision.reasons for organization, renewal in renewals.items()}
    return dg.MaterializeResult(
        metadata={
            **_versions({organization: renewal.in_use for organization, renewal in renewals.items()}),
            "gate": dg.MetadataValue.json({str(organization): list(reasons) for organization, reasons in told.items()}),
        }
    )


@dg.asset(group_name="train", deps=[COURSES])
def course_recommenders(turn: Turn, training_frames: Frames) -> dg.MaterializeResult:
    """Which course next: EASE where it beats popularity on what was held out, else popularity and content."""
    made = {}
    for organization in training_frames:
        pairs = store.interactions("courses", organization, known_by=turn.cutoff, settings=turn.settings)
        catalogue = nouns.courses(organization, turn.settings)
        trained = train_courses(pairs, catalogue, organization_id=organization, as_of=turn.cutoff)
        made[organization] = recommenders.renew(trained, settings=turn.settings, replay=turn.replay)
    return dg.MaterializeResult(metadata=_versions(made))


@dg.asset(group_name="train", deps=[LESSONS])
def activity_recommenders(turn: Turn, training_frames: Frames) -> dg.MaterializeResult:
    """What to open next in a course that is running: EASE over its lessons, else the course's own order."""
    made = {}
    for organization in training_frames:
        pairs = store.interactions("activities", organization, known_by=turn.cutoff, settings=turn.settings)
        lessons = training.lessons_of_open_courses(organization, turn)
        trained = train_activities(pairs, lessons, organization_id=organization, as_of=turn.cutoff)
        made[organization] = recommenders.renew(trained, settings=turn.settings, replay=turn.replay)
    return dg.MaterializeResult(metadata=_versions(made))


def _versions(made: Mapping[UUID, ModelVersion]) -> dict[str, Any]:
    versions = {version.name: f"{version.version} ({version.kind})" for version in made.values()}
    return {"organizations": len(made), "model_versions": json.dumps(versions)}
