"""One turn of learning: train, pass the gate or not, register, and say which version is in use."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import polars as pl

from contracts.predictions import ModelVersion
from models import gates, provenance, registry, splits
from models.exports import CHAMPION, replay_pointer
from models.gates import Decision
from models.risk import versions
from models.risk.boosting import Progress
from models.risk.training import TooFewLabels, known_before, silent, train
from stack.settings import Settings


@dataclass(frozen=True)
class Renewal:
    """What came of a turn. `candidate` is None when there was too little to learn from."""

    in_use: ModelVersion
    candidate: ModelVersion | None
    decision: Decision
    metrics: dict[str, float | None]
    """The candidate's judgement, beside the rule's and the champion's."""


def renew(
    frame: pl.DataFrame,
    labels: pl.DataFrame,
    *,
    organization_id: UUID,
    as_of: datetime,
    settings: Settings,
    replay: date | None = None,
    progress: Progress = silent,
) -> Renewal:
    """Leaves the organization with a model in use: the candidate if it passes, else what it had, at least the rule.

    A replay moves its own alias, `asof-<date>`, and never the champion; without a passing candidate it uses the rule.
    The same rows and code as an earlier version are that version: nothing is fitted again.
    """
    rule = registry.ensure_rule(organization_id, as_of=as_of, settings=settings)
    alias = replay_pointer(replay) if replay else CHAMPION
    made = _made_before(frame, labels, rule.name, as_of, settings)
    if made is None:
        recipe = None if replay else versions.recipe_in_use(settings.models_folder, organization_id)
        given = {"organization_id": organization_id, "as_of": as_of, "settings": settings, "progress": progress}
        try:
            trained = train(frame, labels, champion=recipe, **given)  # type: ignore[arg-type]
        except TooFewLabels as few:
            return Renewal(_kept(rule, alias, settings), None, Decision(passes=False, reasons=(str(few),)), {})
        made = versions.of_trained(trained, gates.decide(trained.judgement))
    return _put_in_use(made, rule, alias, settings)


def _made_before(
    frame: pl.DataFrame, labels: pl.DataFrame, name: str, as_of: datetime, settings: Settings
) -> versions.Candidate | None:
    rows = splits.learnable(*known_before(frame, labels, as_of))
    code = provenance.code_version()
    manifest = registry.already(name, data_hash=provenance.data_hash(rows), code_version=code, settings=settings)
    if manifest is None:
        return None
    return versions.Candidate(manifest, versions.load(settings.models_folder / name / str(manifest.version)))


def _put_in_use(made: versions.Candidate, rule: ModelVersion, alias: str, settings: Settings) -> Renewal:
    candidate = registry.register(made, settings=settings)
    decision = Decision(**made.manifest.details["gate"])
    if decision.passes:
        registry.promote(candidate, settings=settings, alias=alias)
    in_use = candidate if decision.passes else _kept(rule, alias, settings)
    return Renewal(in_use, candidate, decision, made.manifest.metrics)


def _kept(rule: ModelVersion, alias: str, settings: Settings) -> ModelVersion:
    """The live champion stays; a replay starts from the rule."""
    if alias == CHAMPION:
        return registry.champion(rule.name, settings=settings) or rule
    registry.promote(rule, settings=settings, alias=alias)
    return rule
