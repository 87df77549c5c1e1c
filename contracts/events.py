"""Everything the LMS can say happened. One class each; nothing is said anywhere else.

A field is an id, a number, an enumeration, a moment or a word of a controlled vocabulary: never a name, a message or
an essay, for these rows leave PostgreSQL. A noun's state travels whole in its `…Changed` event, with a `revision`
that grows by one and `deleted`; its latest state is the highest revision, its state as of T the highest that was
recorded by T. Fields are only ever added, with a default.
"""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import Moment, Slug

XAPI = "http://adlnet.gov/expapi/verbs/"
ACTIVITY_STREAMS = "http://activitystrea.ms/"
OURS = "https://campusloop.example/xapi/verbs/"


class Event(BaseModel):
    """What happened, in the past tense. Subclass it and the rest of the platform knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    verb: ClassVar[str]
    """The xAPI verb that says the same."""
    trackable: ClassVar[bool] = False
    """Whether a client may report it through `track-event`; all others are said by the LMS alone."""
    unread: ClassVar[str] = ""
    """Why nobody reads it yet; empty where a staging model does."""


class NounChanged(Event):
    """The whole state of a thing after a change."""

    revision: int = Field(ge=1, description="1 when it was made; grows by one with each change.")
    deleted: bool = Field(default=False, description="True in the last revision of a thing that is gone.")


# ---------- the state of things


class Role(StrEnum):
    ADMIN = "admin"
    INSTRUCTOR = "instructor"
    TA = "ta"
    STUDENT = "student"


class OrganizationChanged(NounChanged):
    """An organization was made or changed."""

    name = "organization.changed"
    verb = OURS + "described"
    made_up: bool = Field(description="True for a demo campus: every screen then says that its people are made up.")
    imported: bool = Field(default=False, description="True where its history came from a file.")


class UserChanged(NounChanged):
    """An account was opened, changed or closed; the envelope's actor is its owner's pseudonym."""

    name = "user.changed"
    verb = OURS + "described"
    role: Role
    active: bool


class Difficulty(StrEnum):
    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class CourseChanged(NounChanged):
    """A course was made, published, scheduled or withdrawn; the envelope's course is the course itself."""

    name = "course.changed"
    verb = OURS + "described"
    family: Slug = Field(description="What is the same from one presentation to the next: the module's code.")
    category: Slug | None = None
    tags: tuple[Slug, ...] = ()
    difficulty: Difficulty | None = None
    duration_hours: int | None = Field(default=None, ge=0)
    published: bool
    starts_at: Moment | None = Field(default=None, description="None for a self-paced course.")
    ends_at: Moment | None = None


class LessonChanged(NounChanged):
    """A lesson, or any other page that a learner can open, was made or changed."""

    name = "lesson.changed"
    verb = OURS + "described"
    lesson_id: UUID
    activity_type: Slug = Field(description="lesson, video, forum, quiz, resource, … as the source calls it.")
    order_index: int = Field(ge=0)
    duration_minutes: int | None = Field(default=None, ge=0)
    is_free: bool = False
    week_from: int | None = Field(default=None, description="The course week in which it is meant to be used first.")
    week_to: int | None = None


class AssessmentKind(StrEnum):
    QUIZ = "quiz"
    ASSIGNMENT = "assignment"
    PROJECT = "project"
    EXAM = "exam"


class AssessmentChanged(NounChanged):
    """An assessment was made or changed, its questions and its key included."""

    name = "assessment.changed"
    verb = OURS + "described"
    assessment_id: UUID
    kind: AssessmentKind
    due_at: Moment | None = Field(default=None, description="None where no date is set: an exam without one.")
    weight: float | None = Field(default=None, ge=0, description="Percent of the course's result.")
    total_points: float | None = Field(default=None, ge=0)
    max_attempts: int | None = Field(default=None, ge=1, description="None is as many as one likes.")
    questions: int = Field(default=0, ge=0)


class EnrollmentStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    DROPPED = "dropped"


class EnrollmentChanged(NounChanged):
    """A learner enrolled in a course, completed it or dropped it; the actor is the learner."""

    name = "enrollment.changed"
    verb = XAPI + "registered"
    enrollment_id: UUID
    status: EnrollmentStatus
    enrolled_at: Moment
    ended_at: Moment | None = Field(default=None, description="When it was completed or dropped.")
    previous_attempts: int = Field(default=0, ge=0, description="How often this learner tried this course's family.")
    credits: int | None = Field(default=None, ge=0, description="Credits studied at the same time.")


class LearnerAttributesRecorded(Event):
    """What only the fairness audit reads. No feature and no screen may use it."""

    name = "learner_attributes.recorded"
    verb = OURS + "described"
    enrollment_id: UUID
    gender: Slug | None = None
    age_band: Slug | None = None
    region: Slug | None = None
    education: Slug | None = None
    deprivation_band: Slug | None = None
    disability: bool | None = None


# ---------- what learners do


class Page(StrEnum):
    HOME = "home"
    COURSE = "course"
    BOARD = "board"
    SYSTEM = "system"


class PageViewed(Event):
    """Somebody opened a page of the LMS that is not a lesson."""

    name = "page.viewed"
    verb = ACTIVITY_STREAMS + "open"
    page: Page


class ActivityViewed(Event):
    """A learner opened a lesson or another page of a course, once or several times."""

    name = "activity.viewed"
    verb = XAPI + "experienced"
    trackable = True
    enrollment_id: UUID
    lesson_id: UUID
    views: int = Field(default=1, ge=1, description="Clicks that this event stands for; an import adds up a day's.")


class LessonCompleted(Event):
    """A learner finished a lesson."""

    name = "lesson.completed"
    verb = XAPI + "completed"
    enrollment_id: UUID
    lesson_id: UUID
    seconds_spent: int | None = Field(default=None, ge=0)


class AssessmentSubmitted(Event):
    """A learner handed in an attempt; grading may still be open."""

    name = "assessment.submitted"
    verb = XAPI + "attempted"
    enrollment_id: UUID
    assessment_id: UUID
    submission_id: UUID
    attempt: int = Field(ge=1, description="1 for the first try of this learner.")
    banked: bool = Field(default=False, description="Carried over from an earlier presentation.")
    seconds_spent: int | None = Field(default=None, ge=0, description="None when the page was closed mid-way.")


class SubmissionGraded(NounChanged):
    """A submission got its grade, or a corrected one with a higher revision."""

    name = "submission.graded"
    verb = XAPI + "scored"
    enrollment_id: UUID
    assessment_id: UUID
    submission_id: UUID
    score: float = Field(ge=0, le=100, description="Percent of the points that could be had.")


class Outcome(StrEnum):
    DISTINCTION = "distinction"
    PASS = "pass"
    FAIL = "fail"
    WITHDRAWN = "withdrawn"


class CourseResultRecorded(NounChanged):
    """How an enrollment ended: the label that the risk model learns from."""

    name = "course_result.recorded"
    verb = XAPI + "completed"
    enrollment_id: UUID
    outcome: Outcome


class TableImported(Event):
    """One table of an imported file was loaded, whole: the first row of the ledger."""

    name = "table.imported"
    verb = OURS + "imported"
    import_id: UUID
    table: Slug
    rows: int = Field(ge=0, description="Rows of the file; rows = events + merged + rejected.")
    events: int = Field(ge=0, description="Rows that became an event of their own.")
    merged: int = Field(ge=0, description="Rows added up into another row's event.")
    rejected: int = Field(ge=0)
    further: int = Field(default=0, ge=0, description="Events beyond one a row, such as a row's unregistration.")
    clicks: int = Field(default=0, ge=0, description="The sum of clicks, where the table counts them.")


# ---------- what came of a prediction


class PredictionKind(StrEnum):
    RISK = "risk"
    COURSES = "courses"
    ACTIVITIES = "activities"


class PredictionShown(Event):
    """A stored prediction was put before somebody: said once per prediction and viewer."""

    name = "prediction.shown"
    verb = OURS + "was-shown"
    prediction_id: UUID
    kind: PredictionKind
    viewer_role: Role


class PredictionFollowed(Event):
    """Somebody took up what a prediction proposed: opened the course or the lesson, or the learner's page."""

    name = "prediction.followed"
    verb = OURS + "followed"
    trackable = True
    prediction_id: UUID
    kind: PredictionKind
    item_id: UUID | None = None


class Act(StrEnum):
    CONTACTED = "contacted"
    EXTENSION_GIVEN = "extension_given"
    NO_NEED = "no_need"


class InterventionRecorded(Event):
    """An instructor said what was done about a flag; the actor is the instructor."""

    name = "intervention.recorded"
    verb = OURS + "intervened"
    intervention_id: UUID
    enrollment_id: UUID
    act: Act
    prediction_id: UUID | None = Field(default=None, description="The prediction that was on the screen then.")


def _every(kind: type[Event]) -> list[type[Event]]:
    return [found for child in kind.__subclasses__() for found in [child, *_every(child)]]


CATALOGUE: dict[str, type[Event]] = {event.name: event for event in _every(Event) if "name" in vars(event)}
"""Every event by its name."""
