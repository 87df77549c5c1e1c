"""Numbers to places: the drawings can't be right if these aren't."""

import pytest

from lms_api.web import scale
from lms_api.web.scale import Point


class TestLinear:
    @pytest.mark.parametrize(("value", "place"), [(0, 0.0), (5, 50.0), (10, 100.0), (-3, 0.0), (99, 100.0)])
    def test_keeps_inside_its_length(self, value: float, place: float) -> None:
        assert scale.linear(value, low=0, high=10, size=100) == place

    def test_puts_everything_in_the_middle_when_nothing_varies(self) -> None:
        assert scale.linear(7, low=7, high=7, size=40) == 20


class TestPoints:
    def test_goes_from_left_to_right_and_up_for_more(self) -> None:
        first, second = scale.points([0.0, 1.0], width=104, height=44, low=0, high=1)
        assert (first, second) == (Point(2, 42), Point(102, 2))

    def test_a_gap_stays_a_gap_and_keeps_its_room(self) -> None:
        places = scale.points([1.0, None, 3.0], width=24, height=24)
        assert places[1] is None
        assert [place.x for place in places if place] == [2, 22]

    def test_nothing_gives_nothing(self) -> None:
        assert scale.points([], width=10, height=10) == []
        assert scale.path([]) == ""
        assert scale.last([None]) is None


class TestPath:
    def test_lifts_the_pen_at_a_gap(self) -> None:
        assert scale.path([Point(0, 1), Point(1, 2), None, Point(3, 4), Point(4, 5)]) == "M0 1L1 2M3 4L4 5"

    def test_a_lone_place_is_a_dot(self) -> None:
        assert scale.path([None, Point(3, 4)]) == "M3 4L3 4"

    def test_last_is_the_newest_that_is_known(self) -> None:
        assert scale.last([Point(0, 0), Point(1, 1), None]) == Point(1, 1)


class TestBars:
    def test_the_largest_fills_the_height_and_all_stand_on_the_ground(self) -> None:
        low, high = scale.bars([5, 10], width=22, height=40, gap=2)
        assert (low.height, high.height) == (20, 40)
        assert low.y + low.height == high.y + high.height == 40
        assert high.x == 12

    def test_zeros_and_what_lies_below_have_no_height(self) -> None:
        assert [bar.height for bar in scale.bars([0, -4], width=10, height=10)] == [0, 0]
        assert scale.bars([], width=10, height=10) == []


class TestStacked:
    def test_parts_touch_and_fill_the_width(self) -> None:
        bars = scale.stacked([1, 1, 2], width=100)
        assert [(bar.x, bar.width) for bar in bars] == [(0, 25), (25, 25), (50, 50)]

    def test_nothing_is_an_empty_bar(self) -> None:
        assert [bar.width for bar in scale.stacked([0, 0], width=100)] == [0, 0]
