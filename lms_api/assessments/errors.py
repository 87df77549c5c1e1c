"""What assessments refuse."""

from lms_api.errors import Conflict, Invalid


class AssessmentClosed(Conflict):
    title = "The due date has passed"
    remedy = "Ask the instructor to move the date."


class NoAttemptsLeft(Conflict):
    title = "All attempts are used"
    remedy = "Ask the instructor for another one."


class NotStarted(Conflict):
    title = "This assessment has a time limit and was not started"
    remedy = "Start it at POST /api/v1/assessments/{id}/start, then hand it in."


class TimeIsUp(Conflict):
    title = "The time limit of this attempt has passed"
    remedy = "Start another attempt, if one is left."


class AssessmentInUse(Conflict):
    title = "Somebody has begun or handed in this assessment"
    remedy = "Move its due date instead; what was handed in is kept."


class QuestionInUse(Conflict):
    title = "Somebody has answered this question"
    remedy = "Set its points to 0 instead; the answers are kept."


class StillUnderWay(Conflict):
    title = "This attempt is not handed in yet"
    remedy = "Wait for it, or for its time limit."


class NotOneOfItsQuestions(Invalid):
    title = "This question is not of this assessment"
    remedy = "Send each of the assessment's questions at most once, by its id."


class TooManyPoints(Invalid):
    title = "More points than the question has"
    remedy = "Send at most the question's points."


class GradeIncomplete(Invalid):
    title = "An answer has no points yet"
    remedy = "Send points for every question that isn't graded by itself, or the whole score in percent."
