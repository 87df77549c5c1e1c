"""What must hold before anything is posted, on predictions that break it."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import polars as pl

from contracts.predictions import Band, ModelVersion, Reason, RiskPrediction
from pipelines.scoring import all_alike, unscored, without_reasons

ORGANIZATION = uuid4()
REASON = Reason(feature="views_total", value=1.0, contribution=0.5)
LEARNT = ModelVersion(name="risk.x", version=2, kind="xgboost")


def risk(enrollment: UUID, *, value: float = 0.5, reasons: tuple[Reason, ...] = (REASON,)) -> RiskPrediction:
    return RiskPrediction(
        prediction_id=uuid4(),
        enrollment_id=enrollment,
        value=value,
        band=Band.LOW,
        reasons=reasons,
        features_as_of=datetime(2024, 3, 1, tzinfo=UTC),
        course_week=1,
    )


class TestUnscored:
    def test_counts_enrollments_without_a_prediction(self) -> None:
        people = [uuid4() for _ in range(3)]
        rows = {ORGANIZATION: pl.DataFrame({"enrollment_id": [str(each) for each in people]})}
        assert unscored(rows, {ORGANIZATION: (LEARNT, [risk(each) for each in people])}) == 0
        assert unscored(rows, {ORGANIZATION: (LEARNT, [risk(people[0])])}) == 2
        assert unscored(rows, {}) == 3


class TestWithoutReasons:
    def test_counts_what_could_not_be_explained(self) -> None:
        said = [risk(uuid4()), risk(uuid4(), reasons=())]
        assert without_reasons({ORGANIZATION: (LEARNT, said)}) == 1


class TestAllAlike:
    def test_names_a_learnt_model_that_tells_nobody_apart(self) -> None:
        same = [risk(uuid4()) for _ in range(100)]
        assert all_alike({ORGANIZATION: (LEARNT, same)}) == ["risk.x@2"]
        assert all_alike({ORGANIZATION: (LEARNT, [*same, risk(uuid4(), value=0.6)])}) == []

    def test_forgives_a_few_people_and_the_rule(self) -> None:
        same = [risk(uuid4()) for _ in range(100)]
        rule = LEARNT.model_copy(update={"kind": "rule"})
        assert all_alike({ORGANIZATION: (LEARNT, same[:99])}) == []
        assert all_alike({ORGANIZATION: (rule, same)}) == []
