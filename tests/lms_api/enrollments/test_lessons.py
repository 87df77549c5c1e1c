"""A learner in a lesson."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from contracts.events import EnrollmentStatus, Role
from lms_api.courses import service as courses
from lms_api.courses.schemas import LessonChange
from lms_api.enrollments import lessons, service
from lms_api.enrollments.errors import EnrollmentEnded, NotEnrolled
from lms_api.errors import NotFound
from tests.lms_api.conftest import Campus


class TestOpenLesson:
    def test_an_enrolled_learner_s_visit_is_said(self, campus: Campus) -> None:
        course = campus.course()
        lesson, enrollment = campus.lesson(course), campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            assert lessons.open_lesson(session, lesson.id).content == "# Mean"
        (event,) = campus.said("activity.viewed")
        expected = {"enrollment_id": str(enrollment.id), "lesson_id": str(lesson.id), "views": 1}
        assert event["payload"] == expected
        assert (event["actor_id"], event["course_id"]) == (campus.learner.actor_id, course.id)
        assert event["occurred_at"] == event["recorded_at"]

    def test_who_teaches_leaves_no_trace(self, campus: Campus) -> None:
        lesson = campus.lesson(campus.course())
        for who in (campus.instructor, campus.ta, campus.admin):
            with campus.writing(who) as session:
                lessons.open_lesson(session, lesson.id)
        assert campus.said("activity.viewed") == []

    def test_refuses_who_is_not_enrolled(self, campus: Campus) -> None:
        course = campus.course()
        lesson = campus.lesson(course)
        with pytest.raises(NotEnrolled), campus.writing(campus.learner) as session:
            lessons.open_lesson(session, lesson.id)
        enrollment = campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            service.change_status(session, enrollment.id, EnrollmentStatus.DROPPED)
        with pytest.raises(NotEnrolled), campus.writing(campus.learner) as session:
            lessons.open_lesson(session, lesson.id)

    def test_a_free_lesson_is_everybody_s(self, campus: Campus) -> None:
        lesson = campus.lesson(campus.course(), is_free=True)
        with campus.writing(campus.learner) as session:
            assert lessons.open_lesson(session, lesson.id).id == lesson.id
        assert campus.said("activity.viewed") == []

    def test_another_organization_s_is_not_there(self, campus: Campus, other_campus: Campus) -> None:
        lesson = other_campus.lesson(other_campus.course(), is_free=True)
        with pytest.raises(NotFound), campus.writing(campus.learner) as session:
            lessons.open_lesson(session, lesson.id)


class TestCompleteLesson:
    def test_says_so_and_moves_the_progress(self, campus: Campus) -> None:
        course = campus.course()
        lesson, _ = campus.lesson(course), campus.lesson(course)
        enrollment = campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            after, first = lessons.complete_lesson(session, lesson.id, seconds_spent=90)
            assert after.progress_percentage == 50
            assert first
        (event,) = campus.said("lesson.completed")
        expected = {"enrollment_id": str(enrollment.id), "lesson_id": str(lesson.id), "seconds_spent": 90}
        assert event["payload"] == expected

    def test_again_adds_the_time_and_says_nothing(self, campus: Campus) -> None:
        course = campus.course()
        lesson, enrollment = campus.lesson(course), campus.enrolled(course)
        for seconds in (60, 30, None):
            with campus.writing(campus.learner) as session:
                lessons.complete_lesson(session, lesson.id, seconds_spent=seconds)
        with campus.reading(campus.learner) as session:
            progress = lessons.read_progress(session, enrollment.id)
        assert progress.progress_percentage == 100
        assert [one.time_spent_seconds for one in progress.lessons] == [90]
        assert len(campus.said("lesson.completed")) == 1

    def test_twice_at_once_is_once(self, campus: Campus) -> None:
        course = campus.course()
        lesson, _ = campus.lesson(course), campus.enrolled(course)

        def complete(_: int) -> bool:
            with campus.writing(campus.learner) as session:
                return lessons.complete_lesson(session, lesson.id, seconds_spent=None)[1]

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(complete, range(4))) == [False, False, False, True]
        assert len(campus.said("lesson.completed")) == 1

    def test_is_for_enrolled_learners(self, campus: Campus) -> None:
        course = campus.course()
        lesson = campus.lesson(course)
        with pytest.raises(NotEnrolled), campus.writing(campus.instructor) as session:
            lessons.complete_lesson(session, lesson.id, seconds_spent=None)
        enrollment = campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            service.change_status(session, enrollment.id, EnrollmentStatus.DROPPED)
        with pytest.raises(EnrollmentEnded), campus.writing(campus.learner) as session:
            lessons.complete_lesson(session, lesson.id, seconds_spent=None)

    def test_a_changed_lesson_stays_finished(self, campus: Campus) -> None:
        course = campus.course()
        lesson, enrollment = campus.lesson(course), campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            lessons.complete_lesson(session, lesson.id, seconds_spent=None)
        with campus.writing(campus.instructor) as session:
            courses.change_lesson(session, lesson.id, LessonChange(title="Renamed"))
        with campus.reading(campus.instructor) as session:
            assert lessons.read_progress(session, enrollment.id).progress_percentage == 100

    def test_progress_is_one_s_own(self, campus: Campus) -> None:
        enrollment = campus.enrolled(campus.course())
        with pytest.raises(NotFound), campus.reading(campus.open_account(Role.STUDENT)) as session:
            lessons.read_progress(session, enrollment.id)
