"""Attempts and grades."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import event

from contracts.events import EnrollmentStatus, Role
from lms_api.assessments import attempts, service
from lms_api.assessments.errors import (
    AssessmentClosed,
    GradeIncomplete,
    NoAttemptsLeft,
    NotOneOfItsQuestions,
    NotStarted,
    StillUnderWay,
    TimeIsUp,
    TooManyPoints,
)
from lms_api.assessments.schemas import Grade, HandIn, SubmissionShown
from lms_api.assessments.tables import Assessment
from lms_api.courses.tables import Course
from lms_api.enrollments import service as enrollments
from lms_api.enrollments.errors import EnrollmentEnded, NotEnrolled
from lms_api.errors import NotAllowed, NotFound
from lms_api.schemas import Page
from stack import clock
from tests.lms_api.conftest import Campus, moment

DUE = moment("2026-03-01")


@pytest.fixture
def course(campus: Campus) -> Course:
    """The learner is in it."""
    course = campus.course()
    campus.enrolled(course)
    return course


def hand_in(campus: Campus, assessment: Assessment, *answers: str | None) -> SubmissionShown:
    """In the order of the questions; None leaves one out."""
    with campus.reading(campus.instructor) as session:
        questions = service.list_questions(session, assessment.id)
    given = [
        {"question_id": question.id, "answer_text": text}
        for question, text in zip(questions, answers, strict=False)
        if text is not None
    ]
    with campus.writing(campus.learner) as session:
        return attempts.hand_in(session, assessment.id, HandIn(answers=given))


def start(campus: Campus, assessment: Assessment) -> SubmissionShown:
    with campus.writing(campus.learner) as session:
        return attempts.start(session, assessment.id)


def grade(campus: Campus, submission_id: UUID, **given: Any) -> SubmissionShown:
    with campus.writing(campus.instructor) as session:
        return attempts.grade(session, submission_id, Grade(**given))


class TestHandIn:
    def test_says_so_in_the_same_transaction(self, campus: Campus, course: Course) -> None:
        done = hand_in(campus, campus.quiz(course), "b", "true")
        submitted, graded = (campus.said(name)[0] for name in ("assessment.submitted", "submission.graded"))
        assert submitted["payload"] == {
            "enrollment_id": str(done.enrollment_id),
            "assessment_id": str(done.assessment_id),
            "submission_id": str(done.id),
            "attempt": 1,
            "banked": False,
            "seconds_spent": None,
        }
        assert (submitted["actor_id"], submitted["course_id"]) == (campus.learner.actor_id, course.id)
        assert (graded["score"], graded["revision"], graded["submission_id"]) == (100.0, 1, str(done.id))

    def test_says_nothing_when_rolled_back(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course)
        with campus.taken_back(campus.learner) as session:
            attempts.hand_in(session, quiz.id, HandIn())
        assert campus.said("assessment.submitted") == campus.said("submission.graded") == []

    @pytest.mark.parametrize(
        ("answers", "score"),
        [(("b", "true"), "100"), ((" B ", "false"), "75"), (("a", "TRUE"), "25"), ((None, None), "0"), (("b",), "75")],
    )
    def test_grades_by_the_key_at_once(
        self, campus: Campus, course: Course, answers: tuple[str | None, ...], score: str
    ) -> None:
        assert hand_in(campus, campus.quiz(course), *answers).score == Decimal(score)

    def test_waits_for_a_person_where_there_is_an_essay(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course)
        campus.essay(quiz)
        done = hand_in(campus, quiz, "b", "true", "Because.")
        assert (done.score, done.grade_revision) == (None, 0)
        assert [answer.points_earned for answer in done.answers] == [3, 1, None]
        assert campus.said("submission.graded") == []

    def test_without_questions_there_is_nothing_to_grade_by_itself(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course)
        with campus.reading(campus.instructor) as session:
            questions = service.list_questions(session, quiz.id)
        for question in questions:
            with campus.writing(campus.instructor) as session:
                service.delete_question(session, quiz.id, question.id)
        assert hand_in(campus, quiz).score is None

    def test_refuses_after_the_deadline(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course, due_date=DUE)
        with clock.standing_at(DUE + timedelta(seconds=1)), pytest.raises(AssessmentClosed):
            hand_in(campus, quiz, "b")
        with clock.standing_at(DUE):
            assert hand_in(campus, quiz, "b").submitted_at == DUE

    def test_refuses_more_attempts_than_there_are(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course, max_attempts=2)
        assert [hand_in(campus, quiz).attempt for _ in range(2)] == [1, 2]
        with pytest.raises(NoAttemptsLeft):
            hand_in(campus, quiz)

    def test_null_is_as_many_as_one_likes(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course, max_attempts=None)
        assert [hand_in(campus, quiz).attempt for _ in range(4)] == [1, 2, 3, 4]

    def test_the_last_attempt_goes_to_one_of_two_at_once(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course)

        def attempt(_: int) -> str:
            try:
                hand_in(campus, quiz)
            except NoAttemptsLeft:
                return "none left"
            return "handed in"

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(attempt, range(4))) == ["handed in"] + ["none left"] * 3
        assert len(campus.said("assessment.submitted")) == 1

    @pytest.mark.parametrize("doubled", [True, False])
    def test_refuses_answers_to_other_questions(self, campus: Campus, course: Course, doubled: bool) -> None:
        quiz = campus.quiz(course)
        with campus.reading(campus.instructor) as session:
            own = service.list_questions(session, quiz.id)[0].id
        given = [{"question_id": own}, {"question_id": own if doubled else uuid4()}]
        with pytest.raises(NotOneOfItsQuestions) as refusal, campus.writing(campus.learner) as session:
            attempts.hand_in(session, quiz.id, HandIn(answers=given))
        assert refusal.value.field == "answers.1.question_id"
        assert campus.said("assessment.submitted") == []

    def test_is_for_learners_in_the_course(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course)
        for who in (campus.instructor, campus.open_account(Role.STUDENT)):
            with pytest.raises(NotEnrolled), campus.writing(who) as session:
                attempts.hand_in(session, quiz.id, HandIn())
        with campus.writing(campus.learner) as session:
            own = enrollments.own_enrollments(session)[0]
            enrollments.change_status(session, own.id, EnrollmentStatus.DROPPED)
        with pytest.raises(EnrollmentEnded):
            hand_in(campus, quiz)


class TestTimeLimit:
    def test_runs_from_the_start_by_the_server_s_clock(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course, time_limit_minutes=10)
        with clock.standing_at(DUE):
            begun = start(campus, quiz)
        assert begun.submit_by == DUE + timedelta(minutes=10)
        with clock.standing_at(DUE + timedelta(minutes=9)):
            done = hand_in(campus, quiz, "b", "true")
        assert (done.id, done.submit_by) == (begun.id, None)
        assert campus.said("assessment.submitted")[0]["seconds_spent"] == 540

    def test_refuses_what_was_not_started(self, campus: Campus, course: Course) -> None:
        with pytest.raises(NotStarted):
            hand_in(campus, campus.quiz(course, time_limit_minutes=10))

    def test_refuses_when_the_time_is_up_and_the_attempt_is_used(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course, time_limit_minutes=10)
        with clock.standing_at(DUE):
            start(campus, quiz)
        with clock.standing_at(DUE + timedelta(minutes=10) + attempts.GRACE):
            assert start(campus, quiz).attempt == 1
        late = DUE + timedelta(minutes=10, seconds=1) + attempts.GRACE
        with clock.standing_at(late), pytest.raises(TimeIsUp):
            hand_in(campus, quiz)
        with clock.standing_at(late), pytest.raises(NoAttemptsLeft):
            start(campus, quiz)

    def test_starting_again_gives_the_attempt_under_way(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course)
        assert start(campus, quiz).id == start(campus, quiz).id
        assert hand_in(campus, quiz).attempt == 1


class TestGrade:
    @pytest.fixture
    def essay(self, campus: Campus, course: Course) -> tuple[SubmissionShown, UUID]:
        """Handed in: 4 points by the key, and an essay of 4 that waits."""
        quiz = campus.quiz(course)
        question = campus.essay(quiz)
        return hand_in(campus, quiz, "b", "true", "Because."), question

    def test_points_and_key_make_the_score(self, campus: Campus, essay: tuple[SubmissionShown, UUID]) -> None:
        done, question = essay
        graded = grade(campus, done.id, points=[{"question_id": question, "points": 1}])
        assert (graded.score, graded.grade_revision) == (Decimal("62.50"), 1)
        (event,) = campus.said("submission.graded")
        assert (event["score"], event["actor_id"]) == (62.5, campus.learner.actor_id)

    def test_a_correction_is_a_revision_and_the_same_again_is_not(
        self, campus: Campus, essay: tuple[SubmissionShown, UUID]
    ) -> None:
        for score in (60, 60, 70):
            grade(campus, essay[0].id, score=score)
        said = [(one["revision"], one["score"]) for one in campus.said("submission.graded")]
        assert said == [(1, 60.0), (2, 70.0)]

    def test_refuses_more_points_than_there_are(self, campus: Campus, essay: tuple[SubmissionShown, UUID]) -> None:
        with pytest.raises(TooManyPoints):
            grade(campus, essay[0].id, points=[{"question_id": essay[1], "points": 5}])

    def test_refuses_half_a_grade(self, campus: Campus, essay: tuple[SubmissionShown, UUID]) -> None:
        with pytest.raises(GradeIncomplete):
            grade(campus, essay[0].id, points=[])
        with pytest.raises(NotOneOfItsQuestions):
            grade(campus, essay[0].id, points=[{"question_id": uuid4(), "points": 1}])
        assert campus.said("submission.graded") == []

    def test_refuses_an_attempt_that_is_under_way(self, campus: Campus, course: Course) -> None:
        begun = start(campus, campus.quiz(course))
        with pytest.raises(StillUnderWay):
            grade(campus, begun.id, score=50)

    def test_is_for_who_teaches_the_course(
        self, campus: Campus, other_campus: Campus, essay: tuple[SubmissionShown, UUID]
    ) -> None:
        given = Grade(score=Decimal(100))
        with pytest.raises(NotAllowed), campus.writing(campus.learner) as session:
            attempts.grade(session, essay[0].id, given)
        strangers = (campus.open_account(Role.STUDENT), campus.open_account(Role.INSTRUCTOR))
        for place, who in [(campus, one) for one in strangers] + [(other_campus, other_campus.admin)]:
            with pytest.raises(NotFound), place.writing(who) as session:
                attempts.grade(session, essay[0].id, given)
        with campus.writing(campus.ta) as session:
            assert attempts.grade(session, essay[0].id, given).score == 100

    @pytest.mark.parametrize("given", [{}, {"score": 50, "points": []}, {"score": 101}, {"score": "NaN"}])
    def test_takes_either_score_or_points(self, given: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Grade(**given)


class TestResults:
    def test_a_learner_sees_their_own_and_teachers_all(self, campus: Campus, course: Course) -> None:
        quiz = campus.quiz(course, max_attempts=2)
        mine = [hand_in(campus, quiz, "b").id, hand_in(campus, quiz, "a").id]
        classmate = campus.open_account(Role.STUDENT)
        campus.enrolled(course, classmate)
        with campus.writing(classmate) as session:
            theirs = attempts.hand_in(session, quiz.id, HandIn()).id
        seen = {}
        for who in (campus.learner, classmate, campus.instructor, campus.open_account(Role.INSTRUCTOR)):
            with campus.reading(who) as session:
                seen[who] = [one.id for one in attempts.results(session, quiz.id, page=Page())]
        assert list(seen.values()) == [mine, [theirs], [*mine, theirs], []]


class TestOwnResultsInCourse:
    def test_gives_what_was_handed_in_by_assessment(self, campus: Campus, course: Course) -> None:
        first, second, untouched = (campus.quiz(course, max_attempts=2) for _ in range(3))
        timed = campus.quiz(course, time_limit_minutes=5)
        elsewhere = campus.course()
        campus.enrolled(elsewhere)
        hand_in(campus, campus.quiz(elsewhere), "b", "true")
        hand_in(campus, first, "b", "true")
        hand_in(campus, first, "a", "true")
        hand_in(campus, second, "b", "false")
        start(campus, timed)
        somebody = campus.open_account(Role.STUDENT)
        campus.enrolled(course, somebody)
        with campus.writing(somebody) as session:
            attempts.hand_in(session, untouched.id, HandIn())
        with campus.reading(campus.learner) as session:
            own = attempts.own_results_in_course(session, course.id)
        scores = {found: [attempt.score for attempt in made] for found, made in own.items()}
        assert scores == {first.id: [Decimal(100), Decimal(25)], second.id: [Decimal(75)]}

    def test_costs_the_same_for_any_number_of_assessments(self, campus: Campus, course: Course) -> None:
        for _ in range(5):
            hand_in(campus, campus.quiz(course), "b", "true")
        asked: list[str] = []
        with campus.reading(campus.learner) as session:
            listening = (campus.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
            event.listen(*listening)
            try:
                assert len(attempts.own_results_in_course(session, course.id)) == 5
            finally:
                event.remove(*listening)
        assert len(asked) == 1
