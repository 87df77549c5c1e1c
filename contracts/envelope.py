"""What wraps each event: who, where, when, and its place in the log."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.ids import Moment

TraceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A W3C trace id; it goes from the request to the prediction that read the event."""


class Source(StrEnum):
    LIVE = "live"
    IMPORT = "import"
    PIPELINE = "pipeline"


class Envelope(BaseModel):
    """One row of the event log but for its place in it. Unique by (organization, event id).

    `occurred_at` is when it was done, as the client may say; `recorded_at` is when it was known: the server's clock
    for live events, the source's own date for imports. Features and labels as of T use what was recorded by T.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: UUID = Field(description="UUIDv7 for live events, UUIDv5 for imported ones.")
    organization_id: UUID
    name: str
    version: int = Field(default=1, ge=1, description="Of the payload's shape; grows when a field is added.")
    source: Source = Source.LIVE
    actor_id: UUID | None = Field(default=None, description="A pseudonym; None when the system itself did it.")
    course_id: UUID | None = None
    occurred_at: Moment
    recorded_at: Moment
    trace_id: TraceId | None = None


class Position(BaseModel):
    """A place in the log. Read in this order, only below the horizon, and nothing is skipped."""

    model_config = ConfigDict(frozen=True)

    epoch: int = Field(ge=0, description="Raised when transaction ids start again: after a restore or a move.")
    txid: int = Field(ge=0)
    seq: int = Field(ge=0)

    def key(self) -> tuple[int, int, int]:
        return (self.epoch, self.txid, self.seq)

    def __str__(self) -> str:
        return f"{self.epoch}/{self.txid}/{self.seq}"


START = Position(epoch=0, txid=0, seq=0)
