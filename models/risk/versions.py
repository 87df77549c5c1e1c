"""A risk model's way into a folder and back: booster as UBJSON, everything else as plain numbers in the manifest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.features import RISK_V1_NAMES
from models import exports, provenance
from models.calibration import Calibration
from models.exports import CHAMPION, Manifest
from models.gates import Decision
from models.risk import rule
from models.risk.boosting import Recipe
from models.risk.scoring import RULE_BANDS, Bands, RiskModel
from models.risk.training import FEATURE_SERVICE, Trained

BOOSTER = "booster.ubj"


@dataclass(frozen=True)
class Candidate:
    """A version that is about to be registered: what is said of it, and how its files are written."""

    manifest: Manifest
    model: RiskModel

    def save(self, folder: Path) -> None:
        if self.model.booster is not None:
            self.model.booster.save_model(folder / BOOSTER)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.model.features


def of_rule(organization_id: UUID, *, as_of: datetime) -> Candidate:
    """The first version of every organization."""
    manifest = Manifest(
        name=f"risk.{organization_id}",
        kind="rule",
        organization_id=organization_id,
        as_of=as_of,
        data_hash="none",
        code_version=provenance.code_version(),
        feature_service=FEATURE_SERVICE,
        parameters={"days": rule.DAYS},
        details={"bands": asdict(RULE_BANDS), "calibration": asdict(Calibration()), "features": list(RISK_V1_NAMES)},
    )
    return Candidate(manifest, RiskModel(manifest.model_version, RULE_BANDS))


def of_trained(trained: Trained, decision: Decision) -> Candidate:
    """A fitted model, with all that made it and what the gate said."""
    facts = {"rows": trained.rows, "enrollments": trained.enrollments, "base_rate": trained.base_rate}
    manifest = Manifest(
        name=trained.name,
        kind="xgboost",
        organization_id=trained.organization_id,
        as_of=trained.as_of,
        data_hash=trained.data_hash,
        code_version=trained.code_version,
        feature_service=trained.feature_service,
        parameters=asdict(trained.recipe),
        metrics={name: value if value == value else None for name, value in trained.judgement.figures().items()},
        details={
            "bands": asdict(trained.bands),
            "calibration": asdict(trained.calibration),
            "features": list(trained.features),
            "cohorts": list(trained.cohorts),
            "judged_cohorts": list(trained.judged_cohorts),
            "gate": {"passes": decision.passes, "reasons": list(decision.reasons)},
            **facts,
        },
    )
    return Candidate(manifest, trained.model(1))


def load(folder: Path) -> RiskModel:
    """Ready to score; needs XGBoost for a booster and no registry. Raises NoSuchModel."""
    manifest = exports.read_manifest(folder)
    details: dict[str, Any] = manifest.details
    return RiskModel(
        version=manifest.model_version,
        bands=Bands(**details["bands"]),
        calibration=Calibration(**details["calibration"]),
        features=tuple(details["features"]),
        booster=_booster(folder / BOOSTER),
    )


def _booster(path: Path) -> Any:
    if not path.exists():
        return None
    import xgboost  # heavy: 200 MB, and the rule does without

    booster = xgboost.Booster(params={"nthread": 1})
    booster.load_model(path)
    return booster


def load_current(models: Path, organization_id: UUID, *, pointer: str = CHAMPION) -> RiskModel:
    """The organization's version in use. Raises NoSuchModel before the first one."""
    return load(exports.folder_of(models, f"risk.{organization_id}", pointer))


def recipe_in_use(models: Path, organization_id: UUID) -> Recipe | None:
    """The champion's settings; None while the rule is champion or nothing is."""
    try:
        manifest = exports.read_manifest(exports.folder_of(models, f"risk.{organization_id}"))
    except exports.NoSuchModel:
        return None
    return Recipe(**manifest.parameters) if manifest.kind == "xgboost" else None
