"""When what the file tells of was known: written out by hand for the planted students."""

from datetime import UTC, datetime

import polars as pl
import pytest

from contracts.ids import derived_id
from lms_api.imports.campus import organization_id
from lms_api.imports.oulad.importer import oulad_campus

ORGANIZATION = organization_id("oulad")
END = datetime(2013, 9, 29, tzinfo=UTC)
"""AAA 2013B: 1 February and 240 days."""


def at(year: int, month: int, day: int, *, evening: bool = True) -> datetime:
    return datetime(year, month, day, *((23, 59, 59) if evening else (0, 0, 0)), tzinfo=UTC)


def enrollment(student: int, presentation: str = "2013B", module: str = "AAA") -> str:
    return str(derived_id(ORGANIZATION, "studentRegistration.csv", module, presentation, student))


@pytest.fixture(scope="module")
def events(small_oulad_zip) -> pl.DataFrame:
    """All events, with their payloads' fields of interest."""
    fields = pl.Struct(
        {"enrollment_id": pl.String, "status": pl.String, "outcome": pl.String, "views": pl.Int64, "score": pl.Float64,
         "assessment_id": pl.String, "banked": pl.Boolean, "due_at": pl.String, "kind": pl.String, "family": pl.String}
    )  # fmt: skip
    frame = pl.concat([said.frame for said in oulad_campus(small_oulad_zip.path).events])
    return frame.with_columns(pl.col("payload").str.json_decode(fields)).unnest("payload")


def of(events: pl.DataFrame, student: int, name: str) -> list[dict[str, object]]:
    found = events.filter((pl.col("enrollment_id") == enrollment(student)) & (pl.col("name") == name))
    return found.sort("recorded_at").to_dicts()


def recorded(events: pl.DataFrame, student: int, name: str, field: str) -> list[tuple[object, object]]:
    return [(one[field], one["recorded_at"]) for one in of(events, student, name)]


class TestClicks:
    def test_of_a_day_add_up_duplicates_too_and_are_known_at_its_end(self, events) -> None:
        assert recorded(events, 1, "activity.viewed", "views") == [(14, at(2013, 2, 6))]

    def test_after_leaving_land(self, events) -> None:
        assert recorded(events, 5, "activity.viewed", "views") == [(7, at(2013, 6, 1))]


class TestRegistration:
    def test_is_of_the_morning_and_leaving_of_the_evening(self, events) -> None:
        assert recorded(events, 6, "enrollment.changed", "status") == [
            ("active", at(2013, 1, 22, evening=False)),
            ("dropped", at(2013, 1, 22)),
        ]

    @pytest.mark.parametrize(
        ("student", "morning"),
        [
            (1, at(2013, 1, 31, evening=False)),  # the day before the start
            (2, at(2013, 1, 23, evening=False)),  # the first click, nine days before
            (3, at(2012, 2, 2, evening=False)),  # the day of leaving, 365 before
        ],
    )
    def test_without_a_date_is_before_what_is_known_of_them(self, events, student, morning) -> None:
        assert of(events, student, "enrollment.changed")[0]["recorded_at"] == morning

    def test_of_who_passed_is_completed_at_the_end(self, events) -> None:
        assert recorded(events, 1, "enrollment.changed", "status")[1] == ("completed", END)

    def test_of_who_failed_stays_as_it_was(self, events) -> None:
        assert [one["status"] for one in of(events, 2, "enrollment.changed")] == ["active"]


class TestResult:
    @pytest.mark.parametrize(
        ("student", "outcome", "moment"),
        [
            (1, "pass", END),
            (3, "withdrawn", at(2012, 2, 2)),  # when they left
            (4, "withdrawn", END),  # nobody knows when
            (5, "fail", END),  # although they left on day 100
            (7, "withdrawn", END),  # left after the end
        ],
    )
    def test_is_known_at_the_end_or_when_they_left(self, events, student, outcome, moment) -> None:
        assert recorded(events, student, "course_result.recorded", "outcome") == [(outcome, moment)]


class TestSubmissions:
    def test_are_known_that_evening_banked_ones_on_day_0(self, events) -> None:
        submitted = of(events, 1, "assessment.submitted")
        assert [(one["banked"], one["occurred_at"], one["recorded_at"]) for one in submitted] == [
            (True, at(2013, 1, 31), at(2013, 2, 1)),
            (False, at(2013, 4, 2), at(2013, 4, 2)),
            (False, at(2013, 10, 11), at(2013, 10, 11)),  # after the end
        ]

    def test_scores_are_known_when_marked_and_a_missing_one_is_no_event(self, events) -> None:
        banked, exam = of(events, 1, "submission.graded")
        assert banked["recorded_at"] == at(2013, 2, 1)
        assert exam["recorded_at"] == at(2013, 10, 11)

    @pytest.mark.parametrize(("kind", "days"), [("quiz", 0), ("assignment", 14)])
    def test_computers_mark_at_once_and_tutors_in_a_fortnight(self, events, kind, days) -> None:
        kinds = events.filter(pl.col("name") == "assessment.changed").select("assessment_id", "kind")
        key = ["enrollment_id", "assessment_id"]
        submitted = events.filter((pl.col("name") == "assessment.submitted") & ~pl.col("banked"))
        graded = events.filter(pl.col("name") == "submission.graded")
        both = (
            submitted.drop("kind").join(graded, on=key, suffix="_graded").join(kinds, on="assessment_id", suffix="_of")
        )
        of_kind = both.filter(pl.col("kind_of") == kind)
        waited = of_kind.select((pl.col("recorded_at_graded") - pl.col("recorded_at")).dt.total_days()).to_series()
        assert len(waited) > 100
        assert set(waited) == {days}

    def test_exams_are_known_at_the_end_or_later(self, events) -> None:
        exams = events.filter((pl.col("name") == "assessment.changed") & (pl.col("kind") == "exam"))
        assert exams["due_at"].null_count() == 3
        graded = events.filter(pl.col("name") == "submission.graded").join(exams, on="assessment_id", how="semi")
        first = graded.filter(pl.col("course_id") == str(derived_id(ORGANIZATION, "courses.csv", "AAA", "2013B")))
        assert first["recorded_at"].min() == END


class TestSchedules:
    def test_are_known_before_everything_else_of_their_presentation(self, events) -> None:
        nouns = events["name"].is_in(["course.changed", "lesson.changed", "assessment.changed"])
        known = events.filter(nouns).group_by("course_id").agg(pl.col("recorded_at").max().alias("known"))
        others = events.filter(~nouns & pl.col("course_id").is_not_null()).join(known, on="course_id")
        assert others.filter(pl.col("recorded_at") <= pl.col("known")).height == 0
        assert others.height > 20_000

    def test_put_assessments_at_the_end_of_their_day(self, events) -> None:
        course = str(derived_id(ORGANIZATION, "courses.csv", "AAA", "2013B"))
        due = events.filter((pl.col("name") == "assessment.changed") & (pl.col("course_id") == course))["due_at"]
        assert due[0] == "2013-03-03T23:59:59Z"  # day 30
