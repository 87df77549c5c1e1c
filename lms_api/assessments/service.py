"""Assessments and their questions, made by those who teach; each change says the assessment's whole state."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from contracts.events import AssessmentChanged, AssessmentKind
from lms_api.assessments import queries
from lms_api.assessments.errors import AssessmentInUse, NotStarted, QuestionInUse
from lms_api.assessments.schemas import AssessmentChange, NewAssessment, QuestionGiven, QuestionKind, QuestionShown
from lms_api.assessments.tables import Assessment, Question
from lms_api.courses import service as courses
from lms_api.courses.tables import Course
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.enrollments import service as enrollments
from lms_api.enrollments.tables import Enrollment
from lms_api.errors import NotFound
from lms_api.identity.policy import Permission, may, require
from lms_api.outbox.record import record


# ---------- reading
def list_assessments(session: ReadSession, course_id: UUID) -> list[Assessment]:
    """Of a course that one may see, the next due first."""
    courses.read_course(session, course_id)
    return list(queries.assessments(session, course_id))


def read_assessment(session: ReadSession, assessment_id: UUID) -> tuple[Assessment, Course]:
    """Raises NotFound also where the course is not for the signed-in user."""
    assessment = queries.assessment(session, assessment_id)
    if assessment is None:
        raise NotFound("assessment", assessment_id)
    course = courses.course_of(session, assessment.course_id)
    if not courses.visible(session.who, course):
        raise NotFound("assessment", assessment_id)
    return assessment, course


def list_questions(session: ReadSession, assessment_id: UUID) -> list[QuestionShown]:
    """In their order, with the key for those who teach the course.

    A learner must be enrolled, and must have started where there is a time limit. Raises NotStarted.
    """
    assessment, course = read_assessment(session, assessment_id)
    with_key = may(session.who, Permission.GRADE, instructor_id=course.instructor_id)
    if not with_key:
        _must_have_started(session, assessment, enrollments.participant(session, course))
    found = [QuestionShown.model_validate(question) for question in queries.questions(session, assessment.id)]
    return found if with_key else [question.model_copy(update={"correct_answer": None}) for question in found]


def _must_have_started(session: ReadSession, assessment: Assessment, enrollment: Enrollment) -> None:
    if assessment.time_limit_minutes is None:
        return
    if not queries.attempts(session, assessment_id=assessment.id, enrollment_id=enrollment.id):
        raise NotStarted(field="assessment_id", value=assessment.id)


# ---------- assessments
def make_assessment(session: WriteSession, course_id: UUID, new: NewAssessment) -> Assessment:
    course = courses.read_course(session, course_id)
    require(session.who, Permission.CHANGE_COURSES, instructor_id=course.instructor_id)
    assessment = Assessment(
        id=new_id(), organization_id=course.organization_id, course_id=course.id, revision=1, **new.model_dump()
    )
    session.add(assessment)
    session.flush()
    _say(session, assessment)
    return assessment


def change_assessment(session: WriteSession, assessment_id: UUID, change: AssessmentChange) -> Assessment:
    assessment = _taught(session, assessment_id)
    for name, value in change.given().items():
        setattr(assessment, name, value)
    _say_changed(session, assessment)
    return assessment


def delete_assessment(session: WriteSession, assessment_id: UUID) -> None:
    """With its questions. Raises AssessmentInUse where an attempt stands."""
    assessment = _taught(session, assessment_id)
    state = _state(session, assessment, deleted=True)
    session.delete(assessment)
    try:
        session.flush()
    except IntegrityError as error:
        raise AssessmentInUse(field="assessment_id", value=assessment_id) from error
    record(session, state, course_id=assessment.course_id)


# ---------- questions
def add_question(session: WriteSession, assessment_id: UUID, given: QuestionGiven) -> Question:
    assessment = _taught(session, assessment_id)
    question = Question(id=new_id(), organization_id=assessment.organization_id, assessment_id=assessment.id)
    _fill(question, given)
    if given.order_index is None:
        question.order_index = queries.next_place(session, assessment.id)
    session.add(question)
    _say_changed(session, assessment)
    return question


def change_question(session: WriteSession, assessment_id: UUID, question_id: UUID, given: QuestionGiven) -> Question:
    """Replaces it. Grades that were given stay until they are corrected."""
    assessment = _taught(session, assessment_id)
    question = _question(session, assessment, question_id)
    _fill(question, given)
    _say_changed(session, assessment)
    return question


def delete_question(session: WriteSession, assessment_id: UUID, question_id: UUID) -> None:
    """Raises QuestionInUse where somebody answered it."""
    assessment = _taught(session, assessment_id)
    session.delete(_question(session, assessment, question_id))
    try:
        session.flush()
    except IntegrityError as error:
        raise QuestionInUse(field="question_id", value=question_id) from error
    _say_changed(session, assessment)


def _question(session: WriteSession, assessment: Assessment, question_id: UUID) -> Question:
    question = queries.question(session, question_id)
    if question is None or question.assessment_id != assessment.id:
        raise NotFound("question", question_id)
    return question


def _fill(question: Question, given: QuestionGiven) -> None:
    question.question_text = given.question_text
    question.question_type = given.question_type.value
    question.options = None if given.options is None else [option.model_dump() for option in given.options]
    question.correct_answer = given.correct_answer
    question.points = given.points
    if given.order_index is not None:
        question.order_index = given.order_index


def _taught(session: WriteSession, assessment_id: UUID) -> Assessment:
    _, course = read_assessment(session, assessment_id)
    require(session.who, Permission.CHANGE_COURSES, instructor_id=course.instructor_id)
    assessment = queries.lock_assessment(session, assessment_id)
    if assessment is None:
        raise NotFound("assessment", assessment_id)
    return assessment


# ---------- saying so
def _say_changed(session: WriteSession, assessment: Assessment) -> None:
    assessment.revision += 1
    session.flush()
    _say(session, assessment)


def _say(session: WriteSession, assessment: Assessment) -> None:
    record(session, _state(session, assessment), course_id=assessment.course_id)


def _state(session: WriteSession, assessment: Assessment, *, deleted: bool = False) -> AssessmentChanged:
    questions = queries.questions(session, assessment.id)
    points = sum(question.points for question in questions) if questions else None
    total = points if assessment.total_points is None else assessment.total_points
    return AssessmentChanged(
        revision=assessment.revision + (1 if deleted else 0),
        deleted=deleted,
        assessment_id=assessment.id,
        kind=AssessmentKind(assessment.type),
        due_at=assessment.due_date,
        weight=None if assessment.weight is None else float(assessment.weight),
        total_points=None if total is None else float(total),
        max_attempts=assessment.max_attempts,
        questions=len(questions),
    )


def grades_itself(question: Question) -> bool:
    """Whether the key alone decides; essays and code wait for a person."""
    return QuestionKind(question.question_type).grades_itself
