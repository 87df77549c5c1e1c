"""One number per feature, wherever it is asked for."""

import warnings

from features import registration, store
from stack.local.supervisor import stores
from tests.fixtures_loop import OULAD, Living
from tests.verify import parity


class TestAThousandWeeks:
    def test_are_the_same_in_training_offline_online_and_serving(self, living: Living) -> None:
        with stores(living.settings, ("serving",)), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Feast warns of its own future
            found = parity.compare(living.settings, OULAD, pairs=1_000, seed=3)
            none = parity.compare(living.settings, living.today.campus.organization_id)
        assert none is None  # its first week has not closed
        assert found is not None
        assert found.pairs == 1_000
        assert found.different == dict.fromkeys(("the mart", "Feast offline", "Feast online", "serving's echo"), 0)
        assert found.score_gap <= 1e-6
        assert found.model.kind == "xgboost"
        assert found.holds

    def test_leave_no_project_behind(self, living: Living) -> None:
        names = [each.name for each in registration.opened(living.settings).list_projects()]
        assert registration.project() in names
        assert registration.project(parity.PROJECT) not in names


class TestDifferences:
    def test_a_null_is_not_a_number_and_a_bit_counts(self, living: Living) -> None:
        sample = store.training_frame(OULAD, as_of=living.first.finished_at, settings=living.settings).head(20)
        rows = sample.select(parity.RISK_V1_NAMES).to_dicts()
        assert parity._differences(sample, rows) == 0
        rows[3]["views_total"] = None
        rows[4]["views_total"] += 1.0
        rows[5]["days_since_enrolled"] *= 1 + 2e-7
        assert parity._differences(sample, rows) == 3
        assert parity._differences(sample, rows[:-1]) == 20 * len(parity.RISK_V1_NAMES)
