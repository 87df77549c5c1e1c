"""Measures against values worked out by hand."""

import math

import numpy as np
import pytest

from models import metrics


def numbers(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


class TestAuc:
    def test_counts_pairs_in_order_and_ties_as_half(self):
        # pairs (positive, negative): .8>.1, .8>.8 tie, .4>.1, .4<.8 → (1 + .5 + 1 + 0) / 4
        assert metrics.auc(numbers(1, 0, 1, 0), numbers(0.8, 0.1, 0.4, 0.8)) == pytest.approx(2.5 / 4)

    def test_has_no_value_with_one_class(self):
        assert math.isnan(metrics.auc(numbers(1, 1), numbers(0.2, 0.3)))


class TestAtListSize:
    def test_takes_the_highest(self):
        found = metrics.at_list_size(numbers(1, 0, 1, 0, 1), numbers(0.9, 0.8, 0.7, 0.1, 0.2), size=3)
        assert (found.size, found.precision, found.recall) == (3, pytest.approx(2 / 3), pytest.approx(2 / 3))

    def test_an_empty_list_has_no_precision(self):
        assert math.isnan(metrics.at_list_size(numbers(1, 0), numbers(0.9, 0.8), size=0).precision)


class TestCalibrationError:
    def test_by_hand_in_two_bins(self):
        truth = numbers(0, 1, 1, 1)
        value = numbers(0.2, 0.2, 0.4, 0.4)
        found = metrics.calibration_error(truth, value, bins=2)
        # shares .5 and 1; gaps .3 and .6; noise .5/2 and 0
        assert found.expected == pytest.approx(0.45)
        assert found.debiased == pytest.approx((0.5 * (0.09 - 0.25) + 0.5 * 0.36) ** 0.5)

    def test_a_perfect_model_shows_about_what_is_published_and_next_to_nothing_debiased(self):
        value = np.random.default_rng(1).beta(1.5, 1.8, 7_000)
        ideal = metrics.ideal_calibration_error(value, draws=60)
        assert ideal.expected == pytest.approx(0.014, abs=0.003)
        assert ideal.debiased < ideal.expected / 2

    def test_debiasing_keeps_a_real_error(self):
        random = np.random.default_rng(2)
        value = random.random(20_000) * 0.6
        truth = (random.random(20_000) < value + 0.1).astype(float)
        assert metrics.calibration_error(truth, value).debiased == pytest.approx(0.1, abs=0.012)


class TestRecallAt:
    def test_is_of_at_most_k_and_leaves_out_who_has_nothing(self):
        truth = [{"a", "b"}, {"c"}, set()]
        ranked = [["a", "x"], ["x", "y"], ["a", "b"]]
        assert metrics.recall_at(truth, ranked, k=1) == pytest.approx((1 + 0) / 2)
        assert metrics.recall_at(truth, ranked, k=2) == pytest.approx((0.5 + 0) / 2)


class TestLogLoss:
    def test_of_a_half_is_ln_two(self):
        assert metrics.log_loss(numbers(0, 1), numbers(0.5, 0.5)) == pytest.approx(math.log(2))
