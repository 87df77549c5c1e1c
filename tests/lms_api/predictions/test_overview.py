"""The list of boards: what runs first, what is over last, and how many people each is about."""

from datetime import timedelta

import pytest

from contracts.events import Role
from lms_api.errors import NotAllowed
from lms_api.predictions import overview
from lms_api.predictions.overview import Boards
from lms_api.principal import Principal
from tests.lms_api.predictions.conftest import NOW, Campus, risk

WEEK = timedelta(days=7)


def boards(campus: Campus, who: Principal | None = None) -> Boards:
    with campus.session(who or campus.person(Role.TA, "Tea")) as session:
        return overview.boards(session)


class TestBoards:
    def test_what_runs_stands_before_what_comes_and_what_is_over(self, campus: Campus) -> None:
        campus.course("Late", starts_at=NOW - WEEK, ends_at=NOW + WEEK)
        campus.course("Early", starts_at=NOW - 3 * WEEK)
        campus.course("Next", starts_at=NOW + WEEK)
        campus.course("Draft", is_published=False)
        campus.course("Long ago", starts_at=NOW - 9 * WEEK, ends_at=NOW - 5 * WEEK)
        campus.course("Just over", starts_at=NOW - 4 * WEEK, ends_at=NOW - WEEK)
        shown = boards(campus)
        assert [course.title for course in shown.running] == ["Early", "Late", "Statistics"]
        assert [course.title for course in shown.coming] == ["Next", "Draft"]
        assert [course.title for course in shown.over] == ["Just over", "Long ago"]

    def test_counts_who_is_there_and_who_stands_out(self, campus: Campus) -> None:
        enrollments = [campus.learner(f"Learner {n}")[1] for n in range(3)]
        gone = campus.enroll(campus.person(Role.STUDENT, "Gone"), status="dropped")
        campus.post(campus.batch(risk(enrollments[0], 0.8), risk(enrollments[1], 0.2), risk(gone, 0.9)))
        (course,) = boards(campus).running
        assert (course.learners, course.high) == (3, 1)

    def test_only_the_newest_prediction_counts(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        campus.post(campus.batch(risk(enrollment, 0.8, ago=WEEK), computed_at=NOW - WEEK))
        campus.post(campus.batch(risk(enrollment, 0.2)))
        assert [course.high for course in boards(campus).running] == [0]

    def test_without_predictions_nobody_is_said_to_be_well(self, campus: Campus) -> None:
        _, enrollment = campus.learner("Maria")
        assert [course.high for course in boards(campus).running] == [None]
        campus.post(campus.batch(risk(enrollment, 0.8)))
        campus.set_column("organizations", campus.organization_id, """settings = '{"predictions_enabled": false}'""")
        assert [(course.learners, course.high) for course in boards(campus).running] == [(1, None)]

    def test_an_instructor_sees_their_own(self, campus: Campus) -> None:
        campus.course("Somebody else's")
        assert [course.title for course in boards(campus, campus.instructor).running] == ["Statistics"]
        with pytest.raises(NotAllowed):
            boards(campus, campus.person(Role.STUDENT, "Maria"))
