"""The four roads to a feature give the same number: training frame, batch, online store, and what the mart holds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import polars as pl
import psycopg
import pytest

from contracts.features import RISK_V1_NAMES
from features import registration, store

# Feast and its dependencies warn of their own future at import.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def features(frame: pl.DataFrame) -> np.ndarray:
    return frame.select(RISK_V1_NAMES).to_numpy()


class TestTrainingFrame:
    def test_is_the_mart_s_closed_rows_to_the_bit(self, mart):
        found = store.training_frame(mart.organization_id, as_of=LATER, settings=mart.settings)
        expected = mart.closed.select(found.columns)
        assert found.schema == expected.schema
        assert found.equals(expected)

    def test_knows_nothing_of_the_cut_off_itself(self, mart):
        cutoff = mart.closed["as_of"].unique().sort()[3]
        found = store.training_frame(mart.organization_id, as_of=cutoff, settings=mart.settings)
        assert found["course_week"].unique().sort().to_list() == [0, 1, 2]

    def test_of_an_organization_without_rows_is_empty_with_the_same_columns(self, mart):
        found = store.training_frame(uuid4(), as_of=LATER, settings=mart.settings)
        assert found.height == 0
        assert found.columns[-len(RISK_V1_NAMES) :] == list(RISK_V1_NAMES)

    def test_a_gap_is_null_rather_than_an_older_week(self, mart):
        one = mart.closed.row(0, named=True)
        late = f"SELECT '{one['organization_id']}' AS organization_id, '{one['enrollment_id']}' AS enrollment_id, "
        late += f"'{one['course_id']}' AS course_id, '{one['actor_id']}' AS actor_id, toInt32(99) AS course_week, "
        late += "toDateTime64('2024-06-01 00:00:00', 6, 'UTC') AS event_timestamp"
        assert np.isnan(features(store.historical(late, settings=mart.settings))).all()

    def test_refuses_a_moment_without_a_zone(self, mart):
        with pytest.raises(ValueError, match="time zone"):
            store.training_frame(mart.organization_id, as_of=datetime(2024, 3, 1), settings=mart.settings)  # noqa: DTZ001


class TestOnline:
    def test_equals_the_batch_and_the_mart(self, mart):
        rows = store.open_rows(mart.organization_id, settings=mart.settings)
        assert store.materialise(mart.organization_id, settings=mart.settings) == rows.height == mart.open.height
        found = store.online([UUID(each) for each in rows["enrollment_id"]], settings=mart.settings)
        online = np.array([[np.nan if v is None else v for v in row.features.values()] for row in found], np.float32)
        np.testing.assert_array_equal(online, features(rows))
        np.testing.assert_array_equal(online, features(mart.open))

    def test_says_as_of_to_the_microsecond_and_the_trace(self, mart):
        one = mart.open.row(0, named=True)
        store.materialise(mart.organization_id, settings=mart.settings)
        (found,) = store.online([UUID(one["enrollment_id"])], settings=mart.settings)
        assert (found.as_of, found.trace_id) == (one["as_of"], one["trace_id"])
        assert found.organization_id == mart.organization_id
        assert found.course_week == one["course_week"]

    def test_says_none_of_an_unknown_enrollment(self, mart):
        assert store.online([uuid4()], settings=mart.settings) == [None]

    def test_a_replay_leaves_the_living_alone(self, mart):
        store.materialise(mart.organization_id, settings=mart.settings)
        then = mart.open.with_columns(pl.lit(0.0, pl.Float32).alias(RISK_V1_NAMES[0]))
        store.write_online(then, replay="2024-02-29", settings=mart.settings)
        one = UUID(mart.open["enrollment_id"][0])
        (living,) = store.online([one], settings=mart.settings)
        (replayed,) = store.online([one], replay="2024-02-29", settings=mart.settings)
        assert replayed.features[RISK_V1_NAMES[0]] == 0.0
        assert living.features[RISK_V1_NAMES[0]] == mart.open[RISK_V1_NAMES[0]][0]

    def test_writes_only_what_was_refreshed_since(self, mart):
        refreshed = mart.open["refreshed_at"].max()
        after = refreshed + timedelta(seconds=1)
        assert store.materialise(mart.organization_id, since=refreshed, settings=mart.settings) == 0
        assert store.materialise(mart.organization_id, since=None, until=after, settings=mart.settings) == len(
            mart.open
        )


class TestLostConnections:
    def test_a_restarted_database_is_asked_again(self, mart):
        store.materialise(mart.organization_id, settings=mart.settings)
        with psycopg.connect(mart.settings.platform_url("feast"), autocommit=True) as connection:
            others = "select pg_terminate_backend(pid) from pg_stat_activity "
            others += (
                "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
            )
            assert connection.execute(others).fetchall(), "Feast had a connection"
        (found,) = store.online([UUID(mart.open["enrollment_id"][0])], settings=mart.settings)
        assert found is not None


class TestRegistration:
    def test_tells_feast_once(self, mart, monkeypatch):
        opened = registration.opened(mart.settings)
        monkeypatch.setattr(opened, "apply", lambda *_: pytest.fail("applied again"))
        registration._apply(opened)

    def test_the_service_is_the_contract_s_words_in_order(self, mart):
        service = registration.opened(mart.settings).get_feature_service(store.SERVICE)
        (view,) = service.feature_view_projections
        assert [field.name for field in view.features] == list(RISK_V1_NAMES)

    def test_a_password_is_never_read_as_yaml(self, mart):
        odd = mart.settings.model_copy(update={"platform_database_url": "postgresql://u:%7Ba%3A%20b%7D@h:1"})
        assert registration.configuration(odd)["online_store"]["password"] == "{a: b}"
