"""Seats, status and results."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from contracts.events import EnrollmentStatus, Outcome, Role
from lms_api.assessments import attempts
from lms_api.assessments.schemas import HandIn
from lms_api.courses import service as courses
from lms_api.courses.schemas import CourseChange
from lms_api.enrollments import service
from lms_api.enrollments.errors import AlreadyEnrolled, CourseClosed, CourseFull, HasSubmissions, NoSuchLearner
from lms_api.enrollments.schemas import Enroll
from lms_api.errors import LmsError, NotAllowed, NotFound
from lms_api.principal import Principal
from lms_api.schemas import Page
from stack import clock
from tests.lms_api.conftest import Campus, moment


class TestEnroll:
    def test_says_so_in_the_same_transaction(self, campus: Campus) -> None:
        course = campus.course()
        enrollment = campus.enrolled(course)
        (event,) = campus.said("enrollment.changed")
        assert (event["course_id"], event["actor_id"]) == (course.id, campus.learner.actor_id)
        assert event["enrollment_id"] == str(enrollment.id)
        assert (event["status"], event["revision"], event["previous_attempts"]) == ("active", 1, 0)

    def test_says_nothing_when_rolled_back(self, campus: Campus) -> None:
        course = campus.course()
        with campus.taken_back(campus.learner) as session:
            service.enroll(session, course.id, Enroll())
        assert campus.said("enrollment.changed") == []

    def test_refuses_when_full(self, campus: Campus) -> None:
        course = campus.course(enrollment_limit=1)
        campus.enrolled(course)
        with pytest.raises(CourseFull):
            campus.enrolled(course, campus.open_account(Role.STUDENT))

    def test_a_seat_is_free_again_when_somebody_leaves(self, campus: Campus) -> None:
        course = campus.course(enrollment_limit=1)
        gone = campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            service.change_status(session, gone.id, EnrollmentStatus.DROPPED)
        campus.enrolled(course, campus.open_account(Role.STUDENT))
        with pytest.raises(CourseFull):
            campus.enrolled(course)

    def test_the_limit_holds_when_all_come_at_once(self, campus: Campus) -> None:
        course = campus.course(enrollment_limit=3)
        people = [campus.open_account(Role.STUDENT) for _ in range(10)]

        def attempt(who: Principal) -> str:
            try:
                campus.enrolled(course, who)
            except LmsError as refusal:
                return type(refusal).__name__
            return "in"

        with ThreadPoolExecutor(10) as pool:
            outcomes = sorted(pool.map(attempt, people))
        assert outcomes == ["CourseFull"] * 7 + ["in"] * 3
        assert len(campus.said("enrollment.changed")) == 3

    def test_the_same_learner_twice_at_once_is_one_enrollment(self, campus: Campus) -> None:
        course = campus.course()

        def attempt(_: int) -> str:
            try:
                campus.enrolled(course)
            except AlreadyEnrolled:
                return "already"
            return "in"

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(attempt, range(4))) == ["already"] * 3 + ["in"]

    @pytest.mark.parametrize(
        "given", [{"is_published": False}, {"starts_at": moment("2020-01-01"), "ends_at": moment("2020-06-01")}]
    )
    def test_refuses_a_course_that_is_closed(self, campus: Campus, given: dict[str, Any]) -> None:
        course = campus.course(**given)
        asked = Enroll(student_id=campus.learner.user_id)
        with pytest.raises(CourseClosed), campus.writing(campus.instructor) as session:
            service.enroll(session, course.id, asked)

    def test_the_instructor_enrolls_a_learner(self, campus: Campus) -> None:
        course = campus.course()
        with campus.writing(campus.instructor) as session:
            asked = Enroll(student_id=campus.learner.user_id, credits=60)
            assert service.enroll(session, course.id, asked).credits == 60
        assert campus.said("enrollment.changed")[0]["actor_id"] == campus.learner.actor_id

    def test_nobody_enrolls_somebody_else_without_the_right(self, campus: Campus) -> None:
        course, asked = campus.course(), Enroll(student_id=campus.learner.user_id)
        for who in (campus.open_account(Role.STUDENT), campus.ta, campus.open_account(Role.INSTRUCTOR)):
            with pytest.raises(NotAllowed), campus.writing(who) as session:
                service.enroll(session, course.id, asked)

    def test_only_learners_are_enrolled(self, campus: Campus, other_campus: Campus) -> None:
        course = campus.course()
        for user_id in (campus.ta.user_id, other_campus.learner.user_id, uuid4()):
            with pytest.raises(NoSuchLearner), campus.writing(campus.instructor) as session:
                service.enroll(session, course.id, Enroll(student_id=user_id))

    def test_counts_earlier_attempts_at_the_family(self, campus: Campus) -> None:
        campus.enrolled(campus.course(family="stat"))
        campus.enrolled(campus.course(family="other"))
        assert campus.enrolled(campus.course(family="stat")).previous_attempts == 1


class TestComeBack:
    def test_is_the_same_enrollment_and_takes_the_withdrawal_back(self, campus: Campus) -> None:
        course = campus.course()
        first = campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            service.change_status(session, first.id, EnrollmentStatus.DROPPED)
        again = campus.enrolled(course)
        assert (again.id, again.status, again.ended_at) == (first.id, "active", None)
        states = [(one["revision"], one["status"]) for one in campus.said("enrollment.changed")]
        assert states == [(1, "active"), (2, "dropped"), (3, "active")]
        results = [(one["revision"], one["outcome"], one["deleted"]) for one in campus.said("course_result.recorded")]
        assert results == [(1, "withdrawn", False), (2, "withdrawn", True)]
        with pytest.raises(NotFound), campus.reading(campus.learner) as session:
            service.read_result(session, first.id)


class TestChangeStatus:
    def test_dropping_is_a_result_of_its_own(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        at = moment("2026-03-01")
        with clock.standing_at(at), campus.writing(campus.learner) as session:
            service.change_status(session, enrollment.id, EnrollmentStatus.DROPPED)
        assert campus.said("enrollment.changed")[-1]["ended_at"] == "2026-03-01T00:00:00Z"
        result = campus.said("course_result.recorded")[-1]
        assert (result["outcome"], result["recorded_at"], result["actor_id"]) == (
            "withdrawn",
            at,
            campus.learner.actor_id,
        )

    def test_the_same_again_says_nothing(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        for _ in range(2):
            with campus.writing(campus.learner) as session:
                service.change_status(session, enrollment.id, EnrollmentStatus.DROPPED)
        assert len(campus.said("enrollment.changed")) == 2
        assert len(campus.said("course_result.recorded")) == 1

    def test_a_learner_may_only_drop_their_own(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        with pytest.raises(NotAllowed), campus.writing(campus.learner) as session:
            service.change_status(session, enrollment.id, EnrollmentStatus.COMPLETED)
        with pytest.raises(NotFound), campus.writing(campus.open_account(Role.STUDENT)) as session:
            service.change_status(session, enrollment.id, EnrollmentStatus.DROPPED)

    def test_completing_takes_a_withdrawal_back(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        for status in (EnrollmentStatus.DROPPED, EnrollmentStatus.COMPLETED):
            with campus.writing(campus.instructor) as session:
                changed = service.change_status(session, enrollment.id, status)
        assert changed.completed_at is not None
        assert campus.said("course_result.recorded")[-1]["deleted"]

    def test_taking_somebody_back_needs_a_seat(self, campus: Campus) -> None:
        course = campus.course(enrollment_limit=1)
        enrollment = campus.enrolled(course)
        with campus.writing(campus.instructor) as session:
            service.change_status(session, enrollment.id, EnrollmentStatus.DROPPED)
        campus.enrolled(course, campus.open_account(Role.STUDENT))
        with pytest.raises(CourseFull), campus.writing(campus.instructor) as session:
            service.change_status(session, enrollment.id, EnrollmentStatus.ACTIVE)

    def test_works_in_a_course_that_was_withdrawn(self, campus: Campus) -> None:
        course = campus.course()
        enrollment = campus.enrolled(course)
        with campus.writing(campus.instructor) as session:
            courses.change_course(session, course.id, CourseChange(is_published=False))
        with campus.writing(campus.learner) as session:
            assert service.change_status(session, enrollment.id, EnrollmentStatus.DROPPED).status == "dropped"


class TestGiveResult:
    @pytest.mark.parametrize(
        ("outcome", "status"),
        [(Outcome.PASS, "completed"), (Outcome.DISTINCTION, "completed"), (Outcome.FAIL, "completed"),
         (Outcome.WITHDRAWN, "dropped")],
    )  # fmt: skip
    def test_ends_the_enrollment_and_says_both(self, campus: Campus, outcome: Outcome, status: str) -> None:
        enrollment = campus.enrolled(campus.course())
        with campus.writing(campus.ta) as session:
            assert service.give_result(session, enrollment.id, outcome).outcome == outcome
        assert campus.said("enrollment.changed")[-1]["status"] == status
        (result,) = campus.said("course_result.recorded")
        assert (result["outcome"], result["revision"], result["actor_id"]) == (outcome, 1, campus.learner.actor_id)

    def test_a_correction_is_a_revision_and_the_same_again_is_not(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        for outcome in (Outcome.FAIL, Outcome.FAIL, Outcome.PASS):
            with campus.writing(campus.instructor) as session:
                service.give_result(session, enrollment.id, outcome)
        said = [(one["revision"], one["outcome"]) for one in campus.said("course_result.recorded")]
        assert said == [(1, "fail"), (2, "pass")]
        assert len(campus.said("enrollment.changed")) == 2

    def test_is_not_for_learners(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        with pytest.raises(NotAllowed), campus.writing(campus.learner) as session:
            service.give_result(session, enrollment.id, Outcome.PASS)


class TestRemove:
    def test_says_that_it_is_gone(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        with campus.writing(campus.instructor) as session:
            service.give_result(session, enrollment.id, Outcome.PASS)
        with campus.writing(campus.instructor) as session:
            service.remove(session, enrollment.id)
        gone = [(one["name"], one["revision"]) for one in campus.said() if one.get("deleted")]
        assert gone == [("course_result.recorded", 2), ("enrollment.changed", 3)]

    def test_refuses_where_something_was_handed_in(self, campus: Campus) -> None:
        course = campus.course()
        enrollment, quiz = campus.enrolled(course), campus.quiz(course)
        with campus.writing(campus.learner) as session:
            attempts.hand_in(session, quiz.id, HandIn())
        with pytest.raises(HasSubmissions), campus.writing(campus.instructor) as session:
            service.remove(session, enrollment.id)

    def test_is_not_for_learners(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        with pytest.raises(NotAllowed), campus.writing(campus.learner) as session:
            service.remove(session, enrollment.id)


class TestRoster:
    def test_names_the_learners_for_who_teaches(self, campus: Campus) -> None:
        course = campus.course()
        enrollment = campus.enrolled(course)
        for who in (campus.instructor, campus.ta, campus.admin):
            with campus.reading(who) as session:
                (row,) = service.roster(session, course.id, status=None, page=Page())
            assert (row.id, row.first_name) == (enrollment.id, "Maria")
        for who in (campus.learner, campus.open_account(Role.INSTRUCTOR)):
            with pytest.raises(NotAllowed), campus.reading(who) as session:
                service.roster(session, course.id, status=None, page=Page())

    def test_filters_by_status(self, campus: Campus) -> None:
        course = campus.course()
        campus.enrolled(course)
        with campus.reading(campus.instructor) as session:
            assert service.roster(session, course.id, status=EnrollmentStatus.DROPPED, page=Page()) == []

    def test_an_enrollment_is_read_by_its_learner_and_teachers(self, campus: Campus, other_campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        for who in (campus.learner, campus.instructor, campus.ta, campus.admin):
            with campus.reading(who) as session:
                assert service.read_enrollment(session, enrollment.id)[0].id == enrollment.id
        with pytest.raises(NotFound), campus.reading(campus.open_account(Role.STUDENT)) as session:
            service.read_enrollment(session, enrollment.id)
        with pytest.raises(NotFound), other_campus.reading(other_campus.admin) as session:
            service.read_enrollment(session, enrollment.id)

    def test_one_s_own_are_listed(self, campus: Campus) -> None:
        made = [campus.enrolled(campus.course()).id for _ in range(2)]
        with campus.reading(campus.learner) as session:
            assert [one.id for one in service.own_enrollments(session)] == made
