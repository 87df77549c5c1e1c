"""A chance that is stated comes true as often as it says."""

import numpy as np
import pytest

from models import calibration, metrics


def crooked(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Margins of a model that is too sure of itself and too gloomy, and what came of them."""
    random = np.random.default_rng(seed)
    honest = random.normal(-0.5, 1.0, 6_000)
    truth = (random.random(6_000) < 1 / (1 + np.exp(-honest))).astype(float)
    return 2.0 * honest + 1.0, truth


class TestFit:
    def test_undoes_what_was_bent(self):
        fitted = calibration.fit(*crooked(1))
        assert fitted.slope == pytest.approx(0.5, abs=0.04)
        assert fitted.offset == pytest.approx(-0.5, abs=0.08)

    def test_lowers_the_error_on_people_it_has_not_seen(self):
        fitted = calibration.fit(*crooked(1))
        margin, truth = crooked(2)
        before = metrics.calibration_error(truth, calibration.AS_IT_IS.chance(margin)).debiased
        after = metrics.calibration_error(truth, fitted.chance(margin)).debiased
        assert after < 0.02 < 0.1 < before

    def test_never_turns_the_list_round(self):
        margin, truth = crooked(1)
        assert calibration.fit(-margin, truth) == calibration.AS_IT_IS

    def test_keeps_the_margin_with_one_class(self):
        assert calibration.fit(np.array([0.1, 0.2]), np.array([1.0, 1.0])) == calibration.AS_IT_IS

    def test_stays_finite_where_the_margin_separates(self):
        fitted = calibration.fit(np.array([-1.0, -2.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 1.0]))
        assert np.isfinite([fitted.slope, fitted.offset]).all()
