"""Nobody stands on both sides, and nothing is known before its time."""

from datetime import UTC, datetime, timedelta

import polars as pl

from models import splits

FIRST = datetime(2023, 2, 1, tzinfo=UTC)
TERM = timedelta(days=140)


class TestTemporal:
    def test_judges_on_the_latest_presentation(self, planted):
        split = splits.temporal(*planted)
        judged = pl.concat([split.tune, split.judge])
        assert judged["course_id"].unique().to_list() == ["c2"]
        assert sorted(split.train["course_id"].unique()) == ["c0", "c1"]
        assert split.starts_at == FIRST + 2 * TERM

    def test_no_learner_is_in_two_parts(self, planted):
        split = splits.temporal(*planted)
        people = [set(part["actor_id"]) for part in (split.train, split.tune, split.judge)]
        assert not people[0] & people[1]
        assert not people[0] & people[2]
        assert not people[1] & people[2]
        assert "a3" not in people[0], "came back in the judged term"

    def test_every_label_to_learn_from_was_known_before_the_judged_term_began(self, planted):
        split = splits.temporal(*planted)
        assert split.train["label_recorded_at"].max() <= split.starts_at
        assert split.train["as_of"].max() < split.starts_at

    def test_leaves_out_a_term_that_overlaps_the_judged_one(self, planted):
        frame, labels = planted
        late = labels.with_columns(
            pl.when(pl.col("course_id") == "c1")
            .then(pl.col("label_recorded_at") + TERM)
            .otherwise(pl.col("label_recorded_at"))
        )
        assert splits.temporal(frame, late).train["course_id"].unique().to_list() == ["c0"]

    def test_is_not_usable_with_one_presentation(self, plants):
        assert not splits.temporal(*plants(terms=1)).usable


class TestWholeCohorts:
    def test_waits_for_those_who_have_no_outcome_yet(self, planted):
        frame, labels = planted
        # In the running term only those who withdrew have a label: learning from it would teach that all fail.
        running = labels.filter((pl.col("course_id") != "c2") | (pl.col("fails_or_withdraws") == 1))
        assert splits.whole_cohorts(frame, running)["cohort"].to_list() == ["c0@2023-02-01", "c1@2023-06-21"]
        assert "c2" not in splits.learnable(frame, running)["course_id"]

    def test_a_self_paced_course_is_cut_by_month_of_enrollment(self, planted):
        frame, _ = planted
        own_pace = frame.with_columns(pl.lit(1.0, pl.Float32).alias("is_self_paced"))
        assert set(splits.with_cohorts(own_pace)["cohort"]) == {"c0@2023-02-01", "c1@2023-06-01", "c2@2023-11-01"}

    def test_a_learner_s_weeks_after_the_outcome_are_left_out(self, planted):
        frame, labels = planted
        early = labels.with_columns(pl.lit(FIRST + timedelta(days=10)).alias("label_recorded_at"))
        assert splits.learnable(frame, early)["as_of"].max() <= FIRST + timedelta(days=10)
