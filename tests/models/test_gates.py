"""What becomes champion, and what doesn't."""

from dataclasses import replace

import pytest

from models import gates
from models.risk.evaluation import Judgement, Quality

RULE = Quality(auc=0.70, precision=0.50, recall=0.40, calibration=0.17)
GOOD = Quality(auc=0.80, precision=0.60, recall=0.50, calibration=0.04)


def judged(candidate: Quality, champion: Quality | None = None) -> Judgement:
    return Judgement(1_000, 200, 0.4, candidate=candidate, rule=RULE, champion=champion, ideal_calibration=0.01)


class TestDecide:
    def test_a_first_model_has_only_the_rule_to_beat(self):
        assert gates.decide(judged(GOOD)).passes

    @pytest.mark.parametrize("change", [{"auc": 0.70}, {"precision": 0.50}, {"calibration": 0.16}])
    def test_refuses_what_is_no_better_than_the_rule_or_means_not_what_it_says(self, change):
        decision = gates.decide(judged(replace(GOOD, **change)))
        assert not decision.passes
        assert sum(reason.startswith("failed") for reason in decision.reasons) == 1

    @pytest.mark.parametrize("change", [{"auc": 0.81}, {"precision": 0.61}])
    def test_refuses_what_falls_behind_the_champion(self, change):
        assert not gates.decide(judged(GOOD, replace(GOOD, **change))).passes

    def test_newer_data_may_be_even_with_the_champion(self):
        assert gates.decide(judged(GOOD, replace(GOOD, auc=0.802))).passes

    def test_a_missing_figure_is_no_pass(self):
        assert not gates.decide(judged(replace(GOOD, auc=float("nan")))).passes
