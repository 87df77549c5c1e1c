"""As-of may only know what was known; retrospective says more, and later."""

import pytest

from models.risk import protocols
from models.risk.boosting import Recipe


class TestProtocols:
    def test_as_of_learns_only_from_what_was_over(self, planted):
        frame, labels = planted
        given = {"courses": ["c1"], "recipe": Recipe(rounds=40), "weeks": [0, 3]}
        weeks = protocols.as_of(frame, labels, **given)
        assert weeks["course_week"].to_list() == [0, 3]
        assert weeks["model_auc"].min() > 0.7

    def test_as_of_has_nothing_to_say_in_the_first_presentation(self, planted):
        given = {"courses": ["c0"], "recipe": Recipe(rounds=40), "weeks": [0, 3]}
        assert protocols.as_of(*planted, **given).is_empty()

    def test_retrospective_takes_earlier_presentations_whenever_their_labels_came(self, planted):
        frame, labels = planted
        late = labels.with_columns(label_recorded_at=labels["label_recorded_at"].max())
        given = {"courses": ["c2"], "recipe": Recipe(rounds=40), "weeks": [2]}
        assert protocols.as_of(frame, late, **given).is_empty()
        found = protocols.retrospective(frame, late, **given)
        assert found["model_auc"].item() > found["rule_auc"].item()
        assert found["people"].item() == 120
        assert found["rule_recall"].item() == pytest.approx(
            found["rule_precision"].item() * found["listed"].item() / (found["base_rate"].item() * 120)
        )
