"""A reason is said as an observed fact, in words that hold for the value at hand."""

import pytest

from contracts.features import RISK_V1
from contracts.predictions import Reason
from lms_api.predictions.facts import NEGATIVE, OTHERWISE, fact, split


def said(feature: str, value: float | None) -> str:
    return fact(Reason(feature=feature, value=value, contribution=0.1)).words


class TestFact:
    @pytest.mark.parametrize(
        ("feature", "value", "words"),
        [
            ("days_since_last_view", 8.2, "Last here 8 days ago"),
            ("days_since_last_view", 1.0, "Last here 1 day ago"),
            ("days_since_last_view", 0.2, "Last here today"),
            ("days_since_last_view", 10.0, "Last here 10 days ago"),
            ("days_since_last_view", None, "Never came"),
            ("views_change", -12.0, "12 pages fewer than the week before"),
            ("views_change", 3.0, "3 pages more than the week before"),
            ("days_enrolled_before_start", -1.0, "Enrolled 1 day after the start"),
            ("never_viewed", 1.0, "Has not opened a page yet"),
            ("never_viewed", 0.0, "Has opened pages"),
            ("is_self_paced", 0.0, "Course with fixed dates"),
            ("weekend_share", 0.25, "25 % of the active days at weekends"),
            ("mean_score", 61.5, "Mean grade 61.5 %"),
            ("mean_score", 60.0, "Mean grade 60 %"),
            ("views_against_course", 0.34, "0.3 times the course's usual pages in a week"),
            ("lessons_viewed", 1.0, "1 different page opened"),
            ("assessments_missed", 1.0, "1 assessment missed so far"),
            ("days_left", 101.0, "101 days left"),
        ],
    )
    def test_says_what_was_observed(self, feature: str, value: float | None, words: str) -> None:
        assert said(feature, value) == words

    def test_every_feature_has_words_for_every_kind_of_value(self) -> None:
        for feature in RISK_V1:
            for value in (-3.0, -0.1, 0.0, 1.0, 2.5, None):
                words = said(feature.name, value)
                assert words, (feature.name, value)
                assert "{value}" not in words

    def test_words_without_a_number_have_an_opposite(self) -> None:
        assert set(OTHERWISE) == {feature.name for feature in RISK_V1 if "{value}" not in feature.fact}
        assert set(NEGATIVE) <= {feature.name for feature in RISK_V1}

    def test_a_feature_of_a_newer_model_keeps_its_name(self) -> None:
        assert said("brand_new_feature", 2.0) == "brand new feature: 2"


class TestSplit:
    def test_contrary_evidence_stands_beside_the_reasons(self) -> None:
        reasons = [
            Reason(feature=name, value=1.0, contribution=contribution)
            for name, contribution in [
                ("assessments_missed", 0.2),
                ("views_total", -0.9),
                ("late_submissions", 0.5),
                ("never_viewed", 0.0),
                ("mean_score", 0.3),
                ("last_score", 0.1),
            ]
        ]
        raising, lowering = split(reasons)
        assert [found.feature for found in raising] == ["late_submissions", "mean_score", "assessments_missed"]
        assert [found.feature for found in lowering] == ["views_total"]
