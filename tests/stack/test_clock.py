from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from stack import clock


class TestAsOfCutoff:
    def test_is_the_midnight_that_ends_the_day(self) -> None:
        assert clock.as_of_cutoff(date(2014, 6, 30)) == datetime(2014, 7, 1, tzinfo=UTC)

    def test_crosses_a_leap_day(self) -> None:
        assert clock.as_of_cutoff(date(2024, 2, 28)) == datetime(2024, 2, 29, tzinfo=UTC)


class TestNow:
    def test_is_the_wall_clock_in_utc(self) -> None:
        before = datetime.now(UTC)
        assert before <= clock.now() <= datetime.now(UTC)
        assert clock.now().tzinfo is UTC

    def test_stands_where_a_replay_put_it(self) -> None:
        moment = datetime(2014, 6, 30, 12, tzinfo=timezone(timedelta(hours=2)))
        with clock.standing_at(moment):
            assert clock.now() == datetime(2014, 6, 30, 10, tzinfo=UTC)
        assert clock.now() > moment

    def test_returns_to_the_outer_replay(self) -> None:
        outer, inner = datetime(2014, 1, 1, tzinfo=UTC), datetime(2013, 1, 1, tzinfo=UTC)
        with clock.standing_at(outer):
            with clock.standing_at(inner):
                assert clock.now() == inner
            assert clock.now() == outer

    def test_refuses_a_moment_without_a_zone(self) -> None:
        naive = datetime(2014, 6, 30)  # noqa: DTZ001
        with pytest.raises(ValueError, match="time zone"), clock.standing_at(naive):
            pass
