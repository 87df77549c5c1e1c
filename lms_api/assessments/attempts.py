"""Attempts: begun, handed in, graded. Deadlines are the server's clock's, never the client's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from contracts.events import AssessmentSubmitted, SubmissionGraded
from lms_api.assessments import queries, service
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
from lms_api.assessments.schemas import AnswerGiven, AnswerShown, Grade, HandIn, PointsGiven, SubmissionShown
from lms_api.assessments.tables import Assessment, Question, StudentAnswer, Submission
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.enrollments import service as enrollments
from lms_api.enrollments.tables import Enrollment
from lms_api.errors import NotFound
from lms_api.identity import service as identity
from lms_api.identity.policy import Permission, may, require
from lms_api.outbox.record import record
from lms_api.schemas import Page
from stack import clock

GRACE = timedelta(seconds=30)
"""After a time limit, for the way of the last click to us."""


# ---------- a learner's attempt
def start(session: WriteSession, assessment_id: UUID) -> SubmissionShown:
    """Begins an attempt, or gives the one that is under way. Raises AssessmentClosed, NoAttemptsLeft."""
    assessment, enrollment = _taken(session, assessment_id)
    now = clock.now()
    under_way = _under_way(session, assessment, enrollment, now=now)
    attempt = under_way or _begin(session, assessment, enrollment, started_at=now)
    session.flush()
    return _shown(attempt, assessment, [])


def hand_in(session: WriteSession, assessment_id: UUID, given: HandIn) -> SubmissionShown:
    """Hands in the attempt that is under way, or one at once; graded now where every question grades itself.

    Raises AssessmentClosed, NoAttemptsLeft, NotStarted, TimeIsUp, NotOneOfItsQuestions.
    """
    assessment, enrollment = _taken(session, assessment_id)
    now = clock.now()
    attempt = _attempt_to_hand_in(session, assessment, enrollment, now=now)
    attempt.submitted_at = now
    session.flush()
    questions = queries.questions(session, assessment.id)
    answers = _answer(session, attempt, questions, given.answers)
    _say_submitted(session, attempt, assessment)
    if any(question.points for question in questions) and all(map(service.grades_itself, questions)):
        _grade(session, attempt, assessment, _score(session, assessment, answers))
    return _shown(attempt, assessment, answers)


def _taken(session: WriteSession, assessment_id: UUID) -> tuple[Assessment, Enrollment]:
    assessment, course = service.read_assessment(session, assessment_id)
    enrollment = enrollments.lock_participant(session, course)
    if assessment.due_date is not None and clock.now() > assessment.due_date:
        raise AssessmentClosed(field="assessment_id", value=assessment_id)
    return assessment, enrollment


def _under_way(
    session: WriteSession, assessment: Assessment, enrollment: Enrollment, *, now: datetime
) -> Submission | None:
    attempts = queries.attempts(session, assessment_id=assessment.id, enrollment_id=enrollment.id)
    last = attempts[-1] if attempts else None
    if last is None or last.submitted_at is not None:
        return None
    submit_by = _submit_by(last, assessment)
    return last if submit_by is None or now <= submit_by + GRACE else None


def _attempt_to_hand_in(
    session: WriteSession, assessment: Assessment, enrollment: Enrollment, *, now: datetime
) -> Submission:
    under_way = _under_way(session, assessment, enrollment, now=now)
    if under_way is not None:
        return under_way
    if assessment.time_limit_minutes is None:
        return _begin(session, assessment, enrollment, started_at=None)
    attempts = queries.attempts(session, assessment_id=assessment.id, enrollment_id=enrollment.id)
    expired = bool(attempts) and attempts[-1].submitted_at is None
    raise (TimeIsUp if expired else NotStarted)(field="assessment_id", value=assessment.id)


def _begin(
    session: WriteSession, assessment: Assessment, enrollment: Enrollment, *, started_at: datetime | None
) -> Submission:
    used = len(queries.attempts(session, assessment_id=assessment.id, enrollment_id=enrollment.id))
    if assessment.max_attempts is not None and used >= assessment.max_attempts:
        raise NoAttemptsLeft(field="assessment_id", value=assessment.id)
    attempt = Submission(
        id=new_id(),
        organization_id=enrollment.organization_id,
        assessment_id=assessment.id,
        enrollment_id=enrollment.id,
        student_id=enrollment.student_id,
        attempt=used + 1,
        started_at=started_at,
        banked=False,
        grade_revision=0,
    )
    session.add(attempt)
    return attempt


def _submit_by(attempt: Submission, assessment: Assessment) -> datetime | None:
    if attempt.started_at is None or assessment.time_limit_minutes is None:
        return None
    return attempt.started_at + timedelta(minutes=assessment.time_limit_minutes)


def _answer(
    session: WriteSession, attempt: Submission, questions: Sequence[Question], given: Sequence[AnswerGiven]
) -> list[StudentAnswer]:
    """One row per question; what was left out is an empty answer."""
    texts = {answer.question_id: answer.answer_text for answer in given}
    _refuse_strangers([answer.question_id for answer in given], questions)
    answers = [_marked(attempt, question, texts.get(question.id)) for question in questions]
    session.add_all(answers)
    session.flush()
    return answers


def _refuse_strangers(given: Sequence[UUID], questions: Sequence[Question]) -> None:
    known = {question.id for question in questions}
    for place, question_id in enumerate(given):
        if question_id not in known or question_id in given[:place]:
            raise NotOneOfItsQuestions(field=f"answers.{place}.question_id", value=question_id)


def _marked(attempt: Submission, question: Question, answer_text: str | None) -> StudentAnswer:
    correct = None
    if service.grades_itself(question):
        correct = (answer_text or "").strip().lower() == (question.correct_answer or "").strip().lower()
    return StudentAnswer(
        id=new_id(),
        organization_id=attempt.organization_id,
        submission_id=attempt.id,
        student_id=attempt.student_id,
        question_id=question.id,
        answer_text=answer_text,
        is_correct=correct,
        points_earned=None if correct is None else question.points * int(correct),
        submitted_at=attempt.submitted_at,
    )


# ---------- grades
def grade(session: WriteSession, submission_id: UUID, given: Grade) -> SubmissionShown:
    """By who may grade in the course; again is a correction with a higher revision, the same again changes nothing.

    Raises StillUnderWay, GradeIncomplete, TooManyPoints, NotOneOfItsQuestions.
    """
    attempt, assessment = _gradable(session, submission_id)
    answers = list(queries.answers(session, [attempt.id]))
    if given.points is not None:
        _give_points(session, assessment, answers, given.points)
    score = _score(session, assessment, answers) if given.score is None else given.score
    if attempt.score != score or attempt.grade_revision == 0:
        _grade(session, attempt, assessment, score)
    return _shown(attempt, assessment, answers)


def _gradable(session: WriteSession, submission_id: UUID) -> tuple[Submission, Assessment]:
    attempt = queries.submission(session, submission_id)
    if attempt is None:
        raise NotFound("submission", submission_id)
    assessment, course = service.read_assessment(session, attempt.assessment_id)
    theirs = attempt.student_id == session.who.user_id
    if not theirs and not may(session.who, Permission.SEE_ROSTER, instructor_id=course.instructor_id):
        raise NotFound("submission", submission_id)
    require(session.who, Permission.GRADE, instructor_id=course.instructor_id)
    locked = queries.lock_submission(session, submission_id)
    if locked is None or locked.submitted_at is None:
        raise StillUnderWay(field="submission_id", value=submission_id)
    return locked, assessment


def _give_points(
    session: WriteSession, assessment: Assessment, answers: list[StudentAnswer], given: Sequence[PointsGiven]
) -> None:
    questions = {question.id: question for question in queries.questions(session, assessment.id)}
    answered = {answer.question_id: answer for answer in answers}
    for place, one in enumerate(given):
        if one.question_id not in answered:
            raise NotOneOfItsQuestions(field=f"points.{place}.question_id", value=one.question_id)
        if one.points > questions[one.question_id].points:
            raise TooManyPoints(field=f"points.{place}.points", value=one.points)
        answered[one.question_id].points_earned = one.points
        answered[one.question_id].is_correct = one.points == questions[one.question_id].points
    session.flush()


def _score(session: WriteSession, assessment: Assessment, answers: Sequence[StudentAnswer]) -> Decimal:
    """Percent of the points of the questions that were asked."""
    points = {question.id: question.points for question in queries.questions(session, assessment.id)}
    possible = sum(points[answer.question_id] for answer in answers)
    if possible == 0 or any(answer.points_earned is None for answer in answers):
        raise GradeIncomplete(field="points")
    earned = sum(min(answer.points_earned or 0, points[answer.question_id]) for answer in answers)
    return (Decimal(100) * earned / possible).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _grade(session: WriteSession, attempt: Submission, assessment: Assessment, score: Decimal) -> None:
    attempt.score = score
    attempt.graded_at = clock.now()
    attempt.grade_revision += 1
    session.flush()
    event = SubmissionGraded(
        revision=attempt.grade_revision,
        enrollment_id=attempt.enrollment_id,
        assessment_id=assessment.id,
        submission_id=attempt.id,
        score=float(score),
    )
    actor = identity.actor_of(session, attempt.student_id)
    record(session, event, actor=actor, course_id=assessment.course_id)


def _say_submitted(session: WriteSession, attempt: Submission, assessment: Assessment) -> None:
    assert attempt.submitted_at is not None
    spent = attempt.submitted_at - attempt.started_at if attempt.started_at else None
    event = AssessmentSubmitted(
        enrollment_id=attempt.enrollment_id,
        assessment_id=assessment.id,
        submission_id=attempt.id,
        attempt=attempt.attempt,
        seconds_spent=None if spent is None else max(0, int(spent.total_seconds())),
    )
    record(session, event, course_id=assessment.course_id)


# ---------- reading
def results(session: ReadSession, assessment_id: UUID, *, page: Page) -> list[SubmissionShown]:
    """A learner's own attempts with their answers; every learner's, for those who grade in the course."""
    assessment, course = service.read_assessment(session, assessment_id)
    everybody = may(session.who, Permission.GRADE, instructor_id=course.instructor_id)
    attempts = queries.submissions(
        session,
        assessment_id,
        student_id=None if everybody else session.who.user_id,
        after=page.after,
        limit=page.limit,
    )
    answers = queries.answers(session, [attempt.id for attempt in attempts])
    return [
        _shown(attempt, assessment, [answer for answer in answers if answer.submission_id == attempt.id])
        for attempt in attempts
    ]


def own_results_in_course(session: ReadSession, course_id: UUID) -> dict[UUID, list[Submission]]:
    """What the signed-in learner has handed in, by assessment, without the answers: one query for a whole course."""
    handed_in: dict[UUID, list[Submission]] = {}
    for attempt in queries.own_submissions(session, course_id, student_id=session.who.user_id):
        if attempt.submitted_at is not None:
            handed_in.setdefault(attempt.assessment_id, []).append(attempt)
    return handed_in


def _shown(attempt: Submission, assessment: Assessment, answers: Sequence[StudentAnswer]) -> SubmissionShown:
    shown = SubmissionShown.model_validate(
        {name: getattr(attempt, name) for name in SubmissionShown.model_fields if name not in ("answers", "submit_by")}
    )
    submit_by = None if attempt.submitted_at else _submit_by(attempt, assessment)
    told = [AnswerShown.model_validate(answer) for answer in answers]
    return shown.model_copy(update={"submit_by": submit_by, "answers": told})
