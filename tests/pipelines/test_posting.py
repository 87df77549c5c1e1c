"""The signed way back, against the LMS as it runs."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import SecretStr

from contracts.ids import derived_id
from contracts.predictions import Band, ModelVersion, PredictionBatch, Reason, RiskPrediction
from pipelines.posting import BATCH_SIZE, PostRefused, in_slices, post_batch
from tests.fixtures_loop import Living
from tests.homes import free_port_base

NOW = datetime(2024, 3, 1, tzinfo=UTC)


def batch(living: Living, **given: object) -> PredictionBatch:
    """Long ago, so that no board is touched by it."""
    organization = living.today.campus.organization_id
    risk = RiskPrediction(
        prediction_id=uuid4(),
        enrollment_id=living.today.enrollments[-1].id,
        value=0.5,
        band=Band.RAISED,
        reasons=(Reason(feature="never_viewed", value=1.0, contribution=1.0),),
        features_as_of=NOW,
        course_week=0,
    )
    whole = PredictionBatch(
        batch_id=uuid4(),
        organization_id=organization,
        model=ModelVersion(name=f"risk.{organization}", version=1, kind="rule"),
        computed_at=NOW,
        risks=(risk,),
    )
    return whole.model_copy(update=given)


class TestPostBatch:
    def test_stores_once_whatever_is_posted_again(self, living: Living) -> None:
        posted = batch(living)
        first, again = post_batch(living.settings, posted), post_batch(living.settings, posted)
        assert (first.received, first.stored, first.repeated, first.refused) == (1, 1, 0, 0)
        assert (again.received, again.stored, again.repeated, again.refused) == (1, 0, 1, 0)

    def test_counts_an_unknown_subject_as_refused(self, living: Living) -> None:
        posted = batch(living)
        stranger = posted.risks[0].model_copy(update={"prediction_id": uuid4(), "enrollment_id": uuid4()})
        receipt = post_batch(living.settings, posted.model_copy(update={"risks": (*posted.risks, stranger)}))
        assert (receipt.received, receipt.stored, receipt.refused) == (2, 1, 1)

    def test_says_the_problem_when_it_is_refused(self, living: Living) -> None:
        nowhere = derived_id("organization", "nobody's")
        with pytest.raises(PostRefused, match=rf"(?s)batches: 404 .*{nowhere}"):
            post_batch(living.settings, batch(living, organization_id=nowhere))

    def test_a_wrong_key_is_refused(self, living: Living) -> None:
        forged = living.settings.model_copy(update={"service_key": SecretStr("x" * 40)})
        with pytest.raises(PostRefused, match="batches: 401 "):
            post_batch(forged, batch(living))

    def test_an_lms_that_is_down_is_refused_by_its_address(self, living: Living) -> None:
        away = living.settings.model_copy(update={"lms_url": f"http://127.0.0.1:{free_port_base()}"})
        with pytest.raises(PostRefused, match=rf"POST {away.lms_base_url}/api/v1/predictions/batches: .*refused"):
            post_batch(away, batch(living))


class TestInSlices:
    def test_keeps_all_in_order(self) -> None:
        sliced = list(in_slices(range(BATCH_SIZE * 2 + 1)))
        assert [len(part) for part in sliced] == [BATCH_SIZE, BATCH_SIZE, 1]
        assert [one for part in sliced for one in part] == list(range(BATCH_SIZE * 2 + 1))

    def test_of_nothing_are_none(self) -> None:
        assert list(in_slices([])) == []
