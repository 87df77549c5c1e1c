"""What is posted says of its model what the model's own manifest says."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from contracts.predictions import Band, ModelVersion, RiskPrediction
from models import exports
from models.exports import Manifest
from pipelines import scoring
from pipelines.posting import BATCH_SIZE
from pipelines.turn import Turn
from stack.settings import Settings, get_settings
from tests.homes import at_home

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ORGANIZATION = UUID(int=7)
VERSION = ModelVersion(name=f"risk.{ORGANIZATION}", version=3, kind="xgboost")


def exported(settings: Settings, metrics: dict[str, float | None]) -> None:
    manifest = Manifest(
        name=VERSION.name,
        version=VERSION.version,
        kind=VERSION.kind,
        organization_id=ORGANIZATION,
        as_of=NOW,
        data_hash="x",
        code_version="x",
        feature_service="risk_v1",
        metrics=metrics,
    )
    exports.write(settings.models_folder / VERSION.name / "3", manifest, lambda folder: None)


def prediction() -> RiskPrediction:
    return RiskPrediction(
        prediction_id=uuid4(),
        enrollment_id=uuid4(),
        value=0.5,
        band=Band.RAISED,
        reasons=(),
        features_as_of=NOW,
        course_week=4,
    )


class TestBatches:
    @pytest.mark.parametrize(
        ("metrics", "judged_on"),
        [({"judged_enrollments": 1280.0}, 1280), ({"judged_enrollments": None}, None), ({}, None)],
    )
    def test_each_names_on_how_many_its_model_was_judged(
        self, tmp_path: Path, metrics: dict[str, float | None], judged_on: int | None
    ) -> None:
        with at_home(Settings(home=tmp_path)):
            exported(get_settings(), metrics)
            scored = {ORGANIZATION: (VERSION, [prediction() for _ in range(BATCH_SIZE + 1)])}
            made = list(scoring.batches(Turn(), NOW, scored, {}))
        assert [(len(batch.risks), batch.judged_on) for batch in made] == [(BATCH_SIZE, judged_on), (1, judged_on)]

    def test_nothing_scored_is_nothing_posted(self, tmp_path: Path) -> None:
        with at_home(Settings(home=tmp_path)):
            assert list(scoring.batches(Turn(), NOW, {ORGANIZATION: (VERSION, [])}, {})) == []
