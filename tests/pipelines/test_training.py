"""What must hold before anything is learnt, on frames that break it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import polars as pl

from contracts.features import RISK_V1_NAMES
from pipelines.training import TrainingFrame, doubled, empty_features, from_the_future

CUTOFF = datetime(2024, 3, 1, tzinfo=UTC)
LABELS = pl.DataFrame({"label_recorded_at": [CUTOFF - timedelta(days=1)]})


def frames(*, rows: int = 1_000, as_of: datetime = CUTOFF - timedelta(days=7), **features: object) -> pl.DataFrame:
    columns = {name: [features.get(name, 1.0)] * rows for name in RISK_V1_NAMES}
    schema = dict.fromkeys(RISK_V1_NAMES, pl.Float32)
    ids = pl.DataFrame({"enrollment_id": [str(uuid4()) for _ in range(rows)], "as_of": [as_of] * rows})
    return pl.concat([ids, pl.DataFrame(columns, schema=schema)], how="horizontal")


def of(rows: pl.DataFrame, labels: pl.DataFrame = LABELS) -> dict[UUID, TrainingFrame]:
    return {uuid4(): TrainingFrame(rows=rows, labels=labels)}


class TestFromTheFuture:
    def test_counts_rows_and_labels_that_were_not_known(self) -> None:
        late = pl.DataFrame({"label_recorded_at": [CUTOFF]})
        assert from_the_future(of(frames(rows=3)), CUTOFF) == 0
        assert from_the_future(of(frames(rows=3, as_of=CUTOFF)), CUTOFF) == 3
        assert from_the_future(of(frames(rows=3), late), CUTOFF) == 1


class TestDoubled:
    def test_counts_rows_beyond_one_per_cutoff(self) -> None:
        rows = frames(rows=3)
        assert doubled(of(rows)) == 0
        assert doubled(of(pl.concat([rows, rows.head(2)]))) == 2
        assert doubled(of(pl.concat([rows, frames(rows=3)]))) == 0


class TestEmptyFeatures:
    def test_names_what_says_nothing_anywhere(self) -> None:
        assert empty_features(of(frames())) == []
        assert empty_features(of(frames(mean_score=None, views_total=None))) == ["mean_score", "views_total"]

    def test_forgives_few_rows_and_what_a_source_may_not_tell(self) -> None:
        assert empty_features(of(frames(rows=999, mean_score=None))) == []
        assert empty_features(of(frames(credits_studied=None, days_left=None))) == []
