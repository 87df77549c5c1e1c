"""The rule's boundary, and what it says of it."""

import numpy as np
import polars as pl
import pytest

from contracts.features import RISK_V1_NAMES
from contracts.predictions import ModelVersion
from models.risk import rule, scoring
from models.risk.scoring import RULE_BANDS, RiskModel

RULE = RiskModel(ModelVersion(name="risk.o", version=1, kind="rule"), RULE_BANDS)


def absent(*days: float | None) -> pl.DataFrame:
    row = dict.fromkeys(RISK_V1_NAMES, 1.0)
    rows = [{**row, "days_since_last_view": each, "never_viewed": float(each is None)} for each in days]
    return pl.DataFrame(rows, schema=dict.fromkeys(RISK_V1_NAMES, pl.Float32))


class TestRule:
    def test_flags_from_the_seventh_day_and_who_never_came(self):
        assert rule.flagged(np.array([6.99, 7.0, 30.0, np.nan])).tolist() == [False, True, True, True]

    def test_bands_stand_at_seven_and_four_days(self):
        scored = scoring.score(absent(0.0, 3.9, 4.0, 6.9, 7.0, None), RULE)
        assert scored["band"].to_list() == ["low", "low", "raised", "raised", "high", "high"]

    def test_the_reason_is_the_absence_itself(self):
        here, gone, never = scoring.score(absent(1.0, 14.0, None), RULE)["reasons"].to_list()
        assert [here[0]["feature"], here[0]["value"]] == ["days_since_last_view", 1.0]
        assert here[0]["contribution"] < 0 < gone[0]["contribution"]
        assert never[0]["feature"] == "never_viewed"

    def test_contributions_add_up_to_the_log_odds(self):
        scored = scoring.score(absent(0.0, 3.0, 21.0, None), RULE)
        log_odds = [sum(each["contribution"] for each in reasons) for reasons in scored["reasons"]]
        assert scored["value"].to_list() == pytest.approx([1 / (1 + np.exp(-each)) for each in log_odds])
