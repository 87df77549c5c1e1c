"""What the screens say, word by word."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.events import Act
from contracts.predictions import Band
from lms_api.predictions.schemas import Answer, Movement
from lms_api.web import words

NOW = datetime(2026, 11, 12, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-30, "less than a minute ago"),
        (59, "less than a minute ago"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (86_400 * 3, "3 days ago"),
    ],
)
def test_an_age_is_in_its_largest_unit(seconds: int, said: str) -> None:
    assert words.ago(NOW - timedelta(seconds=seconds), NOW) == said


def test_what_never_happened_has_no_age() -> None:
    assert words.ago(None, NOW) == "never"


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "fewer than 1"), (0.04, "fewer than 1"), (0.62, "about 6"), (0.97, "more than 9")]
)
def test_a_probability_is_a_count_of_ten(value: float, said: str) -> None:
    assert words.of_ten(value) == said


def test_numbers_have_no_needless_fraction() -> None:
    assert [words.number(value) for value in (78.0, 3.25, 1200)] == ["78", "3.2", "1,200"]


def test_moments_are_said_in_utc() -> None:
    assert words.minute(NOW) == "12 Nov 2026, 14:05 UTC"
    assert words.day(NOW) == "12 Nov 2026"


def test_every_state_has_its_words() -> None:
    assert set(words.BANDS) == set(Band)
    assert set(words.ACTS) == set(Act)
    assert set(words.MOVEMENTS) == set(Movement)
    assert set(words.SOURCES) == set(Answer)
