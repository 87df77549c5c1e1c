"""Assessments and their questions."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.events import Role
from lms_api.assessments import attempts, service
from lms_api.assessments.errors import AssessmentInUse, NotStarted, QuestionInUse
from lms_api.assessments.schemas import AssessmentChange, HandIn, NewAssessment, QuestionGiven
from lms_api.enrollments.errors import NotEnrolled
from lms_api.errors import NotAllowed, NotFound
from lms_api.schemas import Page
from tests.lms_api.conftest import Campus, moment

TRUE = {"question_text": "True?", "question_type": "true_false", "correct_answer": "true"}


def questions_of(campus: Campus, quiz: Any) -> list[Any]:
    with campus.reading(campus.instructor) as session:
        return service.list_questions(session, quiz.id)


class TestMakeAssessment:
    def test_says_its_whole_state_in_the_same_transaction(self, campus: Campus) -> None:
        course = campus.course()
        new = NewAssessment(
            title="Essay", type="assignment", due_date=moment("2026-03-01"), weight=Decimal("12.5"), total_points=40,
            max_attempts=None,
        )  # fmt: skip
        with campus.writing(campus.instructor) as session:
            made = service.make_assessment(session, course.id, new)
        (event,) = campus.said("assessment.changed")
        assert event["course_id"] == course.id
        assert event["payload"] == {
            "revision": 1,
            "deleted": False,
            "assessment_id": str(made.id),
            "kind": "assignment",
            "due_at": "2026-03-01T00:00:00Z",
            "weight": 12.5,
            "total_points": 40.0,
            "max_attempts": None,
            "questions": 0,
        }

    def test_says_nothing_when_rolled_back(self, campus: Campus) -> None:
        course = campus.course()
        with campus.taken_back(campus.instructor) as session:
            service.make_assessment(session, course.id, NewAssessment(title="Gone"))
        assert campus.said("assessment.changed") == []

    @pytest.mark.parametrize("role", [Role.TA, Role.STUDENT])
    def test_is_for_who_teaches(self, campus: Campus, role: Role) -> None:
        course = campus.course()
        with pytest.raises(NotAllowed), campus.writing(campus.people[role]) as session:
            service.make_assessment(session, course.id, NewAssessment(title="Mine"))

    def test_another_organization_s_is_not_there(self, campus: Campus, other_campus: Campus) -> None:
        quiz = other_campus.quiz(other_campus.course())
        for attempt in (
            lambda session: service.read_assessment(session, quiz.id),
            lambda session: service.list_questions(session, quiz.id),
            lambda session: service.change_assessment(session, quiz.id, AssessmentChange(title="Mine")),
            lambda session: service.delete_assessment(session, quiz.id),
            lambda session: attempts.results(session, quiz.id, page=Page()),
            lambda session: attempts.hand_in(session, quiz.id, HandIn()),
        ):
            with pytest.raises(NotFound), campus.writing(campus.admin) as session:
                attempt(session)


class TestChangeAssessment:
    def test_its_questions_and_key_are_part_of_its_state(self, campus: Campus) -> None:
        quiz = campus.quiz(campus.course())
        first, _ = questions_of(campus, quiz)
        with campus.writing(campus.instructor) as session:
            service.change_question(session, quiz.id, first.id, QuestionGiven(**TRUE, points=2))
        with campus.writing(campus.instructor) as session:
            service.delete_question(session, quiz.id, first.id)
        with campus.writing(campus.instructor) as session:
            service.change_assessment(session, quiz.id, AssessmentChange(total_points=10, due_date=None))
        said = [(one["revision"], one["questions"], one["total_points"]) for one in campus.said("assessment.changed")]
        assert said == [(1, 0, None), (2, 1, 3.0), (3, 2, 4.0), (4, 2, 3.0), (5, 1, 1.0), (6, 1, 10.0)]

    def test_a_question_of_another_assessment_is_not_there(self, campus: Campus) -> None:
        course = campus.course()
        quiz, other = campus.quiz(course), campus.quiz(course)
        (question, _) = questions_of(campus, other)
        with pytest.raises(NotFound), campus.writing(campus.instructor) as session:
            service.change_question(session, quiz.id, question.id, QuestionGiven(**TRUE))

    def test_questions_keep_their_order(self, campus: Campus) -> None:
        quiz = campus.quiz(campus.course())
        with campus.writing(campus.instructor) as session:
            service.add_question(session, quiz.id, QuestionGiven(**TRUE, order_index=0))
        assert [question.order_index for question in questions_of(campus, quiz)] == [0, 0, 1]


class TestDelete:
    def test_says_that_it_is_gone(self, campus: Campus) -> None:
        quiz = campus.quiz(campus.course())
        with campus.writing(campus.instructor) as session:
            service.delete_assessment(session, quiz.id)
        event = campus.said("assessment.changed")[-1]
        assert (event["deleted"], event["revision"], event["questions"]) == (True, 4, 2)

    def test_refuses_what_was_handed_in(self, campus: Campus) -> None:
        course = campus.course()
        quiz = campus.quiz(course)
        campus.enrolled(course)
        with campus.writing(campus.learner) as session:
            attempts.hand_in(session, quiz.id, HandIn())
        with pytest.raises(AssessmentInUse), campus.writing(campus.instructor) as session:
            service.delete_assessment(session, quiz.id)
        with pytest.raises(QuestionInUse), campus.writing(campus.instructor) as session:
            service.delete_question(session, quiz.id, questions_of(campus, quiz)[0].id)


class TestListQuestions:
    def test_learners_get_no_key(self, campus: Campus) -> None:
        course = campus.course()
        quiz = campus.quiz(course)
        campus.enrolled(course)
        with campus.reading(campus.learner) as session:
            seen = service.list_questions(session, quiz.id)
        assert [question.correct_answer for question in seen] == [None, None]
        assert [question.correct_answer for question in questions_of(campus, quiz)] == ["b", "true"]

    def test_are_for_enrolled_learners(self, campus: Campus) -> None:
        quiz = campus.quiz(campus.course())
        with pytest.raises(NotEnrolled), campus.reading(campus.learner) as session:
            service.list_questions(session, quiz.id)

    def test_with_a_time_limit_they_come_after_the_start(self, campus: Campus) -> None:
        course = campus.course()
        quiz = campus.quiz(course, time_limit_minutes=10)
        campus.enrolled(course)
        with pytest.raises(NotStarted), campus.reading(campus.learner) as session:
            service.list_questions(session, quiz.id)
        with campus.writing(campus.learner) as session:
            attempts.start(session, quiz.id)
        with campus.reading(campus.learner) as session:
            assert len(service.list_questions(session, quiz.id)) == 2


class TestQuestionGiven:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"question_type": "mcq", "correct_answer": "a"},
            {
                "question_type": "mcq",
                "correct_answer": "c",
                "options": [{"key": "a", "text": "1"}, {"key": "b", "text": "2"}],
            },
            {
                "question_type": "mcq",
                "correct_answer": "a",
                "options": [{"key": "a", "text": "1"}, {"key": "a", "text": "2"}],
            },
            {"question_type": "mcq", "correct_answer": "a", "options": [{"key": "a", "text": "1"}]},
            {"question_type": "true_false", "correct_answer": "maybe"},
            {"question_type": "true_false"},
            {"question_type": "essay", "options": [{"key": "a", "text": "1"}, {"key": "b", "text": "2"}]},
            {"question_type": "essay", "points": -1},
        ],
    )
    def test_refuses_a_key_that_does_not_fit(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            QuestionGiven(question_text="?", **wrong)
