"""Chance alone is not called unfair; what was planted is found."""

import numpy as np

from models import fairness


def people(count: int = 4_000, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    value = random.random(count)
    truth = (random.random(count) < value).astype(float)
    return truth, value, np.where(random.random(count) < 0.15, "few", "many")


class TestAudit:
    def test_a_fair_model_stands_within_its_null(self):
        found = {each.group: each for each in fairness.audit(*people(), permutations=60)}
        assert found["few"].p_value > 0.05
        assert found["few"].null > 0.005, "chance alone shows an area"
        assert abs(found["few"].excess) < found["few"].null

    def test_a_group_that_is_guessed_at_is_found(self):
        truth, value, groups = people()
        few = groups == "few"
        value[few] = np.random.default_rng(9).permutation(value[few])
        found = {each.group: each for each in fairness.audit(truth, value, groups, permutations=60)}
        assert found["few"].p_value < 0.05
        assert found["few"].auc_gap < -0.2

    def test_says_nothing_of_a_handful(self):
        truth, value, groups = people()
        groups[:20] = "tiny"
        assert "tiny" not in {each.group for each in fairness.audit(truth, value, groups, permutations=2)}


class TestAbroca:
    def test_by_hand(self):
        # A group that is ranked perfectly (area 1) beside one ranked the wrong way round (area 0).
        truth = np.array([1.0, 0.0, 1.0, 0.0])
        value = np.array([0.9, 0.1, 0.1, 0.9])
        member = np.array([True, True, False, False])
        assert abs(fairness.abroca(truth, value, member) - 1.0) < 0.005
