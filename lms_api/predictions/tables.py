"""Tables of what the models said, who saw it, and what was done."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lms_api.db import Base, Created, Identified, Tenant


class Prediction(Tenant, Base):
    """One prediction about an enrollment (risk, activities) or a person (courses). Never changed once stored."""

    __tablename__ = "predictions"
    __table_args__ = (
        CheckConstraint("kind in ('risk', 'courses', 'activities')", name="kind"),
        CheckConstraint("num_nonnulls(enrollment_id, user_id) = 1", name="subject"),
        CheckConstraint("value between 0 and 1", name="value"),
        Index("predictions_latest_of_enrollment", "enrollment_id", "kind", text("computed_at desc"),
              postgresql_where=text("replay_as_of is null and enrollment_id is not null")),
        Index("predictions_latest_of_user", "user_id", "kind", text("computed_at desc"),
              postgresql_where=text("replay_as_of is null and user_id is not null")),
        Index("predictions_of_replay", "organization_id", "replay_as_of", "enrollment_id",
              postgresql_where=text("replay_as_of is not null")),
        Index("idx_predictions_batch", "batch_id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The prediction's own id, derived by the pipeline: the same content again is the same row."""
    kind: Mapped[str] = mapped_column(String(20))
    enrollment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    model_name: Mapped[str] = mapped_column(String(120))
    model_version: Mapped[int]
    model_kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[float | None] = mapped_column(Double)
    band: Mapped[str | None] = mapped_column(String(10))
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    features_as_of: Mapped[datetime]
    course_week: Mapped[int | None]
    never_started: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    computed_at: Mapped[datetime]
    replay_as_of: Mapped[date | None]
    """Set for a replay: kept, never shown as current."""
    batch_id: Mapped[UUID]
    trace_id: Mapped[str | None] = mapped_column(String(32))
    stored_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PredictionBatch(Tenant, Base):
    """The receipt of a batch: received = stored + repeated + refused."""

    __tablename__ = "prediction_batches"
    __table_args__ = (CheckConstraint("received = stored + repeated + refused", name="reconciles"),)

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    received: Mapped[int]
    stored: Mapped[int]
    repeated: Mapped[int]
    refused: Mapped[int]
    judged_on: Mapped[int | None]
    """Learners that the batch's model was judged on, as the pipeline says."""
    stored_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PredictionExposure(Tenant, Base):
    """Who has seen a prediction; once per viewer, at the first time."""

    __tablename__ = "prediction_exposures"

    prediction_id: Mapped[UUID] = mapped_column(ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True)
    viewer_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    shown_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Intervention(Identified, Tenant, Created, Base):
    """What an instructor did about a flag. The note is free text and never leaves this table."""

    __tablename__ = "interventions"
    __table_args__ = (
        CheckConstraint("act in ('contacted', 'extension_given', 'no_need')", name="act"),
        Index("idx_interventions_enrollment", "enrollment_id", "created_at"),
    )

    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"))
    instructor_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    prediction_id: Mapped[UUID | None] = mapped_column(ForeignKey("predictions.id", ondelete="SET NULL"))
    act: Mapped[str] = mapped_column(String(30))
    note: Mapped[str | None]


class LoopReportRow(Base):
    """A signed report of one turn of the loop, of the whole platform and no organization's."""

    __tablename__ = "loop_reports"
    __table_args__ = (
        UniqueConstraint("run_id"),
        Index("idx_loop_reports_received", text("received_at desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    run_id: Mapped[UUID]
    report: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ServiceNonce(Base):
    """A signature's nonce that was used; kept a little longer than a signature is valid."""

    __tablename__ = "service_nonces"
    __table_args__ = (Index("idx_service_nonces_used", "used_at"),)

    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())
