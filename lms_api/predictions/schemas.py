"""What the LMS says about predictions: facts first, age and version always, words where there is nothing to show."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.events import Act, Difficulty
from contracts.ids import Moment, Probability
from contracts.loop import StageReport
from contracts.predictions import Band, WhyRecommended
from lms_api.schemas import Body

Frozen = ConfigDict(frozen=True, protected_namespaces=())


class Answer(StrEnum):
    """Where an answer came from, in the order in which they are tried."""

    LIVE = "live"
    STORED = "stored"
    ORDER = "order"
    """The course's own order of lessons."""
    POPULAR = "popular"
    NONE = "none"


class Fact(BaseModel):
    """One observed fact as a tutor would say it: observed, never a cause."""

    model_config = Frozen

    feature: str
    value: float | None = Field(description="None where the fact is not known.")
    words: str
    contribution: float = Field(description="Log-odds from the model itself; positive raises the risk.")


class TrendPoint(BaseModel):
    """One earlier prediction of the same enrollment."""

    model_config = Frozen

    course_week: int
    features_as_of: Moment
    value: Probability
    band: Band


class Movement(StrEnum):
    """Against the newest prediction that is at least a week older."""

    NEW = "new"
    BACK = "back"
    UNCHANGED = "unchanged"


class LastIntervention(BaseModel):
    """What was done last about this enrollment, and by whom."""

    model_config = Frozen

    intervention_id: UUID
    act: Act
    by: str
    at: Moment


class BoardRow(BaseModel):
    """One learner on the board. Facts come before the score."""

    model_config = Frozen

    enrollment_id: UUID
    user_id: UUID
    learner: str
    prediction_id: UUID
    reasons: tuple[Fact, ...] = Field(description="At most three that raise the risk, the strongest first.")
    contrary: tuple[Fact, ...] = Field(description="At most three that lower it, the strongest first.")
    value: Probability
    band: Band
    movement: Movement
    trend: tuple[TrendPoint, ...] = Field(description="The last eight values, the oldest first.")
    course_week: int
    features_as_of: Moment
    computed_at: Moment
    age_seconds: float = Field(ge=0, description="From the features' cut-off to now.")
    model_version: str = Field(description="name@version")
    model_kind: str = Field(description="A `rule` orders people; its value is no measured chance.")
    judged_on: int | None = Field(description="Learners of earlier presentations that the model was judged on.")
    trace_id: str | None
    last_intervention: LastIntervention | None


class LearnerOnCourse(BaseModel):
    """A learner of the course who has no place in the ranking."""

    model_config = Frozen

    enrollment_id: UUID
    user_id: UUID
    learner: str
    enrolled_at: Moment
    last_intervention: LastIntervention | None


class NeverStarted(LearnerOnCourse):
    """Enrolled and never opened a page; ranked by nothing, listed apart."""

    prediction_id: UUID
    features_as_of: Moment
    computed_at: Moment


class Board(BaseModel):
    """A course's learners by risk. `message` is set whenever the list isn't a whole and current answer."""

    model_config = Frozen

    course_id: UUID
    course: str
    made_up: bool = Field(description="The people of a demo campus are made up; the page says so.")
    rows: tuple[BoardRow, ...]
    more: int = Field(description="Ranked below the last row; ask without a limit to see them.")
    never_started: tuple[NeverStarted, ...]
    learners: int = Field(description="Active enrollments = ranked + never started + without data + opted out.")
    without_data: tuple[LearnerOnCourse, ...] = Field(description="Active, and no prediction yet.")
    opted_out: int
    switched_off: bool = Field(description="The organization's kill switch.")
    stale: bool = Field(description="The newest prediction is older than a day, and the course goes on.")
    ended: bool = Field(description="The course is over: nobody is scored any more.")
    newest_as_of: Moment | None
    model_version: str | None
    model_kind: str | None
    message: str = Field(description="Honest words; empty when everything is there and current.")


class CourseCard(BaseModel):
    """A recommended course, checked at read time: published, not ended, not already taken."""

    model_config = Frozen

    course_id: UUID
    title: str
    description: str
    category: str | None
    difficulty: Difficulty | None
    duration_hours: int | None
    why: WhyRecommended
    because: str = Field(description="The reason in words, naming the learner's own course where there is one.")
    because_of: UUID | None


class CourseRecommendations(BaseModel):
    """What to take next, where the answer came from and how old it is."""

    model_config = Frozen

    source: Answer
    items: tuple[CourseCard, ...]
    prediction_id: UUID | None = Field(description="None where no stored prediction stands behind it.")
    features_as_of: Moment | None
    age_seconds: float | None
    model_version: str | None
    message: str = Field(description="Honest words; empty when the answer is live or a fresh stored one.")


class LessonCard(BaseModel):
    """A next lesson of a course."""

    model_config = Frozen

    lesson_id: UUID
    title: str
    activity_type: str
    duration_minutes: int | None
    why: WhyRecommended
    because: str


class NextActivities(BaseModel):
    """What to do next in a course: recommended, else simply the next lessons in order."""

    model_config = Frozen

    source: Answer
    enrollment_id: UUID
    course_id: UUID
    items: tuple[LessonCard, ...]
    prediction_id: UUID | None
    features_as_of: Moment | None
    age_seconds: float | None
    model_version: str | None
    message: str


class Home(BaseModel):
    """The learner's home: courses to take and, for each running enrollment, what to do next."""

    model_config = Frozen

    courses: CourseRecommendations
    activities: tuple[NextActivities, ...]


class RecommendCourses(Body):
    """The body of `ai/recommend-courses`."""

    k: int = Field(default=5, ge=1, le=20)


class InterventionRequest(Body):
    """What was done about a flag."""

    act: Act
    prediction_id: UUID | None = Field(default=None, description="The prediction that was on the screen.")
    intervention_id: UUID | None = Field(
        default=None,
        description="The client's own id: sent again, nothing more is recorded. Without it, within a minute.",
    )


class InterventionReceipt(BaseModel):
    """The act as it was recorded."""

    model_config = Frozen

    intervention_id: UUID
    enrollment_id: UUID
    act: Act
    recorded_at: Moment


class FollowRequest(Body):
    """Which item of a recommendation was opened; None for a learner's page opened from the board."""

    item_id: UUID | None = None


class OwnRisk(BaseModel):
    """A risk as its subject may see it, under "my data"."""

    model_config = Frozen

    prediction_id: UUID
    course: str
    course_id: UUID
    value: Probability
    band: Band
    facts: tuple[Fact, ...]
    features_as_of: Moment
    computed_at: Moment
    model_version: str
    model_kind: str
    judged_on: int | None = Field(description="Learners of earlier presentations that the model was judged on.")


class OwnRecommendation(BaseModel):
    """A stored recommendation with what it names."""

    model_config = Frozen

    prediction_id: UUID
    kind: str
    items: int
    features_as_of: Moment
    computed_at: Moment
    model_version: str


class OwnPredictions(BaseModel):
    """Everything that is predicted about the person who asks."""

    model_config = Frozen

    opted_out: bool
    switched_off: bool
    risks: tuple[OwnRisk, ...]
    recommendations: tuple[OwnRecommendation, ...]
    message: str


class Stored(BaseModel):
    """What stands in the LMS of one kind of prediction."""

    model_config = Frozen

    kind: str
    predictions: int
    newest_as_of: Moment | None
    newest_computed_at: Moment | None


class LoopSummary(BaseModel):
    """The last report of the worker."""

    model_config = Frozen

    run_id: UUID
    started_at: Moment
    finished_at: Moment
    replay_as_of: date | None
    seconds: float
    age_seconds: float
    stages: tuple[StageReport, ...]
    reconciles: bool
    failure: str | None
    lag_seconds: float | None
    lag_events: int
    model_versions: dict[str, str]


class SystemStatus(BaseModel):
    """The loop as the LMS was last told, and what it sees for itself."""

    model_config = Frozen

    loop: LoopSummary | None
    serving_ready: bool
    serving_versions: dict[str, str] = Field(description="Registered name → version that answers now.")
    stored: tuple[Stored, ...]
    switched_off: bool
    message: str = Field(description="Honest words; empty when the loop closed lately and serving answers.")


class LoopReceipt(BaseModel):
    """The report is kept; the same run twice replaces nothing."""

    model_config = Frozen

    run_id: UUID
    stored: bool
