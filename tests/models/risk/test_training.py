"""Learns what was planted, judges it by time, and says the same of one as of many."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import numpy as np
import polars as pl
import pytest

from models.risk import scoring, training
from stack.settings import Settings

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
ORGANIZATION = UUID(int=9)

# Optuna marks its own arguments as experimental.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def trained(planted, tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"), optuna_trials=2)
    return training.train(*planted, organization_id=ORGANIZATION, as_of=AS_OF, settings=settings)


class TestTrain:
    def test_beats_the_rule_on_the_latest_presentation(self, trained):
        assert trained.judgement.candidate.auc > trained.judgement.rule.auc + 0.02
        assert trained.judgement.candidate.precision > trained.judgement.rule.precision
        assert trained.judged_cohorts == ("c2@2023-11-08",)
        assert len(trained.cohorts) == 3

    def test_is_the_same_model_again(self, trained, planted, tmp_path):
        settings = Settings(home=tmp_path, optuna_trials=2)
        again = training.train(*planted, organization_id=ORGANIZATION, as_of=AS_OF, settings=settings)
        assert (again.data_hash, again.recipe, again.calibration) == (
            trained.data_hash,
            trained.recipe,
            trained.calibration,
        )

    def test_reads_nothing_that_was_recorded_later(self, planted, tmp_path):
        frame, labels = planted
        day = labels.filter(pl.col("course_id") == "c1")["label_recorded_at"].max()
        settings = Settings(home=tmp_path, optuna_trials=1)
        with pytest.raises(training.TooFewLabels):
            training.train(frame, labels, organization_id=ORGANIZATION, as_of=day, settings=settings)

    def test_the_champion_s_recipe_is_judged_beside(self, trained, planted, tmp_path):
        settings = Settings(home=tmp_path, optuna_trials=1)
        given = {"organization_id": ORGANIZATION, "as_of": AS_OF, "settings": settings}
        again = training.train(*planted, champion=trained.recipe, **given)
        assert again.judgement.champion is not None
        assert again.judgement.champion.auc == pytest.approx(trained.judgement.candidate.auc)


class TestScore:
    def test_one_is_what_many_are(self, trained, planted):
        model, rows = trained.model(3), planted[0].head(300)
        together = scoring.score(rows, model)
        alone = pl.concat([scoring.score(rows[at], model) for at in range(0, 300, 20)])
        some = together[range(0, 300, 20)]
        np.testing.assert_allclose(alone["value"], some["value"], atol=1e-6)
        for one, among_many in zip(alone["reasons"], some["reasons"], strict=True):
            assert [each["feature"] for each in one] == [each["feature"] for each in among_many]
            assert [each["contribution"] for each in one] == pytest.approx(
                [each["contribution"] for each in among_many], abs=1e-6
            )

    def test_contributions_explain_the_value(self, trained, planted):
        model = trained.model(3)
        given = scoring.matrix(planted[0].head(50))
        log_odds = model.calibration.log_odds(model.margin(given))
        unexplained = log_odds - model.contributions(given).sum(axis=1)
        assert np.ptp(unexplained) < 1e-5, "what is left is the same bias for everybody"

    def test_nothing_to_score_is_an_empty_frame_with_the_columns(self, trained, planted):
        scored = scoring.score(planted[0].head(0), trained.model(1))
        assert scored.height == 0
        assert {"value", "band", "reasons"} <= set(scored.columns)

    def test_a_prediction_s_id_is_derived(self, trained, planted):
        rows = planted[0].head(2).with_columns(pl.Series("enrollment_id", [str(UUID(int=1)), str(UUID(int=2))]))
        first, again, newer = (
            scoring.predictions(scoring.score(rows, trained.model(version)), trained.model(version))
            for version in (1, 1, 2)
        )
        assert first == again
        assert {each.prediction_id for each in first}.isdisjoint(each.prediction_id for each in newer)
        assert len(first[0].reasons) == scoring.REASONS

    def test_bands_hold_the_shares_they_promise(self, trained, planted):
        bands = training.bands(np.linspace(0, 1, 1_001))
        assert bands.high == pytest.approx(0.85)
        assert bands.raised == pytest.approx(0.60)
        assert trained.bands.high > trained.bands.raised
        assert set(scoring.score(planted[0], trained.model(1))["band"]) == {"high", "raised", "low"}


class TestName:
    def test_is_the_organization_s(self, trained):
        assert trained.name == f"risk.{ORGANIZATION}" != f"risk.{uuid4()}"
