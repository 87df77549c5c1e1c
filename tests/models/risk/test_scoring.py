"""What a prediction says beside its value."""

from datetime import UTC, datetime
from uuid import UUID

import polars as pl
import pytest

from contracts.features import RISK_V1_NAMES
from contracts.predictions import ModelVersion
from models.risk import scoring
from models.risk.scoring import RULE_BANDS, RiskModel

RULE = RiskModel(ModelVersion(name="risk.demo", version=1, kind="rule"), RULE_BANDS)


def row(**given: float | None) -> pl.DataFrame:
    features = {**dict.fromkeys(RISK_V1_NAMES, 0.0), **given}
    about = {"enrollment_id": str(UUID(int=1)), "as_of": datetime(2026, 3, 1, tzinfo=UTC), "course_week": 4}
    return pl.DataFrame([{**about, **features}])


class TestPredictions:
    @pytest.mark.parametrize(("never_viewed", "said"), [(1.0, True), (0.0, False), (None, False)])
    def test_say_who_never_started(self, never_viewed: float | None, said: bool) -> None:
        scored = scoring.score(row(never_viewed=never_viewed, days_since_last_view=None), RULE)
        assert [each.never_started for each in scoring.predictions(scored, RULE)] == [said]
