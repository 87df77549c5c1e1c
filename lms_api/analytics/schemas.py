"""What track-event takes and gives."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Discriminator, Field, Tag

from lms_api.schemas import Answer, Body

MOST = 500
"""Events of one batch."""


class Tracked(Body):
    """One event, as the client saw it. The same `event_id` again changes nothing."""

    event_id: UUID = Field(description="The client's own, UUIDv7 for choice: it makes a retry harmless.")
    name: str = Field(max_length=64, examples=["activity.viewed"])
    occurred_at: AwareDatetime | None = Field(default=None, description="When it was done; now, where left out.")
    payload: dict[str, Any] = Field(description="The fields of the event's class.")


class TrackedBatch(Body):
    events: Annotated[list[Tracked], Field(min_length=1, max_length=MOST)]


def _one_or_many(given: Any) -> str:
    """Decided before validation, so that a mistake is told once, for what was meant."""
    many = isinstance(given, TrackedBatch) or (isinstance(given, dict) and "events" in given)
    return "as:batch" if many else "as:one"


OneOrMany = Annotated[
    Annotated[Tracked, Tag("as:one")] | Annotated[TrackedBatch, Tag("as:batch")], Discriminator(_one_or_many)
]


class Receipt(Answer):
    """received = recorded + repeated."""

    received: int
    recorded: int
    repeated: int = Field(description="Said before under the same id.")
