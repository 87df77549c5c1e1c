"""What a prediction says, on its way into the LMS and on serving's wire."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import TraceId
from contracts.ids import Moment, Probability

Model = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Band(StrEnum):
    """How to read a risk; the limits belong to the model's version and are exported with it."""

    HIGH = "high"
    RAISED = "raised"
    LOW = "low"


class ModelVersion(BaseModel):
    """Exactly which model said it."""

    model_config = Model

    name: str = Field(description="Registered name: `risk.<organization>`, `courses.<organization>`, …")
    version: int = Field(ge=1)
    kind: str = Field(description="rule, xgboost, ease, popularity or content.")

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Reason(BaseModel):
    """One observed fact and how far it moved the score, from the model itself (`pred_contribs`)."""

    model_config = Model

    feature: str
    value: float | None = Field(description="None where the fact is not known.")
    contribution: float = Field(description="Log-odds; positive raises the risk.")


class RiskPrediction(BaseModel):
    """The chance that an enrollment ends in fail or withdrawal, as its features stood at `features_as_of`."""

    model_config = Model

    prediction_id: UUID = Field(description="Derived: the same model, subject and features give the same id.")
    enrollment_id: UUID
    value: Probability
    band: Band
    reasons: tuple[Reason, ...] = Field(description="The strongest first; both directions.")
    features_as_of: Moment
    course_week: int = Field(description="Weeks from the course's start to the cut-off; negative before it.")
    never_started: bool = Field(default=False, description="No page of the course was opened before the cut-off.")
    trace_id: TraceId | None = Field(default=None, description="Of the newest event that the features read.")


class WhyRecommended(StrEnum):
    """Where an item came from, in the order of preference."""

    SIMILAR = "similar"
    CONTENT = "content"
    POPULAR = "popular"
    NEXT = "next"


class RecommendedItem(BaseModel):
    """One course or one lesson."""

    model_config = Model

    item_id: UUID
    score: float
    why: WhyRecommended
    because_of: UUID | None = Field(default=None, description="The item of the learner's own that pulled most.")


class Recommendation(BaseModel):
    """Courses for a person (`actor_id`) or next activities in an enrollment (`enrollment_id`)."""

    model_config = Model

    prediction_id: UUID
    kind: Literal["courses", "activities"]
    subject_id: UUID
    items: tuple[RecommendedItem, ...]
    features_as_of: Moment
    trace_id: TraceId | None = None


class PredictionBatch(BaseModel):
    """What the pipeline posts to the LMS, signed. The same batch twice changes nothing."""

    model_config = Model

    batch_id: UUID
    organization_id: UUID
    model: ModelVersion
    computed_at: Moment
    replay_as_of: date | None = Field(default=None, description="Set for a replay: kept, never shown as current.")
    judged_on: int | None = Field(
        default=None, ge=1, description="Learners of earlier presentations that the version was judged on, if any."
    )
    risks: tuple[RiskPrediction, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()


class BatchReceipt(BaseModel):
    """What the LMS did with a batch: received = stored + repeated + refused."""

    model_config = Model

    batch_id: UUID
    received: int
    stored: int
    repeated: int = Field(description="Already there, unchanged.")
    refused: int = Field(description="Unknown subject, or one that opted out.")


# ---------- serving's wire


class RiskRequest(BaseModel):
    """By ids (features come from the online store) or by features given by name."""

    model_config = Model

    organization_id: UUID
    enrollment_ids: tuple[UUID, ...] = ()
    features: tuple[dict[str, float | None], ...] = ()
    reasons: bool = True


class RiskAnswer(BaseModel):
    """One answer; `features` echoes exactly what the model was given, as Float32."""

    model_config = Model

    enrollment_id: UUID | None
    value: Probability | None = Field(description="None where no features are known of this id.")
    band: Band | None
    reasons: tuple[Reason, ...] = ()
    features: dict[str, float | None] = Field(default_factory=dict)
    features_as_of: Moment | None
    model: ModelVersion


class RecommendRequest(BaseModel):
    """By ids, or by the items that a learner already has."""

    model_config = Model

    organization_id: UUID
    kind: Literal["courses", "activities"]
    subject_ids: tuple[UUID, ...] = ()
    histories: tuple[tuple[UUID, ...], ...] = ()
    course_id: UUID | None = Field(default=None, description="For activities by history: whose lessons to rank.")
    k: int = Field(default=10, ge=1, le=100)


class RecommendAnswer(BaseModel):
    model_config = Model

    subject_id: UUID | None
    items: tuple[RecommendedItem, ...]
    features_as_of: Moment | None
    model: ModelVersion
