"""Assessments, their questions, attempts and grades."""

from uuid import UUID

from fastapi import APIRouter

from lms_api.assessments import attempts, service
from lms_api.assessments.errors import (
    AssessmentClosed,
    AssessmentInUse,
    GradeIncomplete,
    NoAttemptsLeft,
    NotOneOfItsQuestions,
    NotStarted,
    QuestionInUse,
    StillUnderWay,
    TimeIsUp,
    TooManyPoints,
)
from lms_api.assessments.schemas import (
    AssessmentChange,
    AssessmentShown,
    Grade,
    HandIn,
    NewAssessment,
    QuestionGiven,
    QuestionShown,
    SubmissionShown,
)
from lms_api.deps import ReadDep, WriteDep
from lms_api.enrollments.errors import EnrollmentEnded, NotEnrolled
from lms_api.errors import NotAllowed, NotFound, documented
from lms_api.schemas import PageDep

router = APIRouter(tags=["assessments"])


@router.get("/courses/{course_id}/assessments", responses=documented(NotFound))
def list_assessments(course_id: UUID, session: ReadDep) -> list[AssessmentShown]:
    """What has to be handed in, the next due first."""
    return [AssessmentShown.model_validate(found) for found in service.list_assessments(session, course_id)]


@router.post("/courses/{course_id}/assessments", status_code=201, responses=documented(NotAllowed, NotFound))
def make_assessment(course_id: UUID, new: NewAssessment, session: WriteDep) -> AssessmentShown:
    """Makes a quiz, an exam or an assignment; its questions are added one by one."""
    return AssessmentShown.model_validate(service.make_assessment(session, course_id, new))


@router.get("/assessments/{assessment_id}", responses=documented(NotFound))
def read_assessment(assessment_id: UUID, session: ReadDep) -> AssessmentShown:
    """One assessment, without its questions."""
    assessment, _ = service.read_assessment(session, assessment_id)
    return AssessmentShown.model_validate(assessment)


@router.put("/assessments/{assessment_id}", responses=documented(NotAllowed, NotFound))
def change_assessment(assessment_id: UUID, change: AssessmentChange, session: WriteDep) -> AssessmentShown:
    """Changes an assessment; what is not given stays."""
    return AssessmentShown.model_validate(service.change_assessment(session, assessment_id, change))


@router.delete(
    "/assessments/{assessment_id}", status_code=204, responses=documented(NotAllowed, NotFound, AssessmentInUse)
)
def delete_assessment(assessment_id: UUID, session: WriteDep) -> None:
    """Deletes it with its questions, while nobody has begun an attempt."""
    service.delete_assessment(session, assessment_id)


# ---------- questions
@router.get(
    "/assessments/{assessment_id}/questions", responses=documented(NotFound, NotEnrolled, EnrollmentEnded, NotStarted)
)
def list_questions(assessment_id: UUID, session: ReadDep) -> list[QuestionShown]:
    """The questions in their order; the key only for those who grade in the course."""
    return service.list_questions(session, assessment_id)


@router.post("/assessments/{assessment_id}/questions", status_code=201, responses=documented(NotAllowed, NotFound))
def add_question(assessment_id: UUID, given: QuestionGiven, session: WriteDep) -> QuestionShown:
    """Adds a question, last in order unless it says its place."""
    return QuestionShown.model_validate(service.add_question(session, assessment_id, given))


@router.put("/assessments/{assessment_id}/questions/{question_id}", responses=documented(NotAllowed, NotFound))
def change_question(assessment_id: UUID, question_id: UUID, given: QuestionGiven, session: WriteDep) -> QuestionShown:
    """Replaces a question; grades that were given stay until they are corrected."""
    return QuestionShown.model_validate(service.change_question(session, assessment_id, question_id, given))


@router.delete(
    "/assessments/{assessment_id}/questions/{question_id}",
    status_code=204,
    responses=documented(NotAllowed, NotFound, QuestionInUse),
)
def delete_question(assessment_id: UUID, question_id: UUID, session: WriteDep) -> None:
    """Deletes a question, while nobody has answered it."""
    service.delete_question(session, assessment_id, question_id)


# ---------- attempts
@router.post(
    "/assessments/{assessment_id}/start",
    responses=documented(NotFound, NotEnrolled, EnrollmentEnded, AssessmentClosed, NoAttemptsLeft),
)
def start(assessment_id: UUID, session: WriteDep) -> SubmissionShown:
    """Begins an attempt, or gives the one that is under way; needed where there is a time limit."""
    return attempts.start(session, assessment_id)


@router.post(
    "/assessments/{assessment_id}/submit",
    status_code=201,
    responses=documented(
        NotFound,
        NotEnrolled,
        EnrollmentEnded,
        AssessmentClosed,
        NoAttemptsLeft,
        NotStarted,
        TimeIsUp,
        NotOneOfItsQuestions,
    ),
)
def hand_in(assessment_id: UUID, given: HandIn, session: WriteDep) -> SubmissionShown:
    """Hands in an attempt; multiple choice and true or false are graded at once, essays wait for a person."""
    return attempts.hand_in(session, assessment_id, given)


@router.get("/assessments/{assessment_id}/results", responses=documented(NotFound))
def results(assessment_id: UUID, session: ReadDep, page: PageDep) -> list[SubmissionShown]:
    """One's own attempts with their answers; every learner's, for those who grade in the course."""
    return attempts.results(session, assessment_id, page=page)


@router.post(
    "/submissions/{submission_id}/grade",
    responses=documented(NotAllowed, NotFound, StillUnderWay, GradeIncomplete, TooManyPoints, NotOneOfItsQuestions),
)
def grade(submission_id: UUID, given: Grade, session: WriteDep) -> SubmissionShown:
    """Gives a score in percent, or points for what doesn't grade itself; again is a correction."""
    return attempts.grade(session, submission_id, given)
