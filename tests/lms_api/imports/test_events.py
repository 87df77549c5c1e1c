import json
from datetime import UTC, datetime
from uuid import uuid4

import polars as pl
import pytest

from contracts.events import CATALOGUE, CourseChanged
from lms_api.imports.demo.importer import demo_campus
from lms_api.imports.demo.sizes import SIZES
from lms_api.imports.events import event_frame
from lms_api.imports.oulad.importer import oulad_campus

SAMPLE = 50


def assert_said_as_the_classes_do(frame: pl.DataFrame) -> None:
    kind = CATALOGUE[frame["name"][0]]
    for payload in frame["payload"].sample(min(SAMPLE, frame.height), seed=1):
        said = kind.model_validate_json(payload)
        assert json.loads(payload) == json.loads(said.model_dump_json())


class TestEventFrame:
    def test_fills_what_a_class_has_a_default_for(self) -> None:
        moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        rows = pl.DataFrame(
            {"family": ["aaa"], "published": [True], "revision": [1], "starts_at": [moment], "occurred_at": [moment]}
        )
        frame = event_frame(CourseChanged, rows, organization_id=uuid4(), file="courses.csv", key=("family",))
        said = CourseChanged.model_validate_json(frame["payload"][0])
        assert said == CourseChanged(family="aaa", published=True, revision=1, starts_at=moment)
        assert frame["recorded_at"][0] == moment
        assert frame["actor_id"][0] is None

    def test_refuses_rows_without_a_needed_field(self) -> None:
        rows = pl.DataFrame({"family": ["aaa"], "revision": [1], "occurred_at": [datetime(2026, 1, 1, tzinfo=UTC)]})
        with pytest.raises(ValueError, match="CourseChanged needs published"):
            event_frame(CourseChanged, rows, organization_id=uuid4(), file="courses.csv", key=("family",))


class TestPayloads:
    def test_of_oulad_are_valid_whole_and_unique(self, small_oulad_zip) -> None:
        frames = [said.frame for said in oulad_campus(small_oulad_zip.path).events]
        for frame in frames:
            assert_said_as_the_classes_do(frame)
        ids = pl.concat([frame["event_id"] for frame in frames])
        assert ids.n_unique() == len(ids)

    def test_of_the_demo_are_valid_whole_and_unique(self) -> None:
        campus = demo_campus(SIZES["S"], seed=1, today=datetime(2026, 3, 4, tzinfo=UTC).date())
        frames = [said.frame for said in campus.events]
        for frame in frames:
            assert_said_as_the_classes_do(frame)
        ids = pl.concat([frame["event_id"] for frame in frames])
        assert ids.n_unique() == len(ids)
