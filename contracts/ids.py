"""Names for the ids, so that one can't be given where another is meant, and the few shared kinds of value."""

from datetime import datetime
from typing import Annotated, NewType
from uuid import UUID, uuid5

from pydantic import AwareDatetime, Field, StringConstraints

OrganizationId = NewType("OrganizationId", UUID)
UserId = NewType("UserId", UUID)
ActorId = NewType("ActorId", UUID)
"""A person's pseudonym outside PostgreSQL. Only `lms_api/identity` knows whose it is."""
CourseId = NewType("CourseId", UUID)
LessonId = NewType("LessonId", UUID)
AssessmentId = NewType("AssessmentId", UUID)
SubmissionId = NewType("SubmissionId", UUID)
EnrollmentId = NewType("EnrollmentId", UUID)
EventId = NewType("EventId", UUID)
PredictionId = NewType("PredictionId", UUID)

Moment = AwareDatetime
"""A moment with its zone; a naive one is refused."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.+-]{0,63}$")]
"""A word of a controlled vocabulary: lower case, no spaces. Never free text, never a name of a person."""

NAMESPACE = UUID("6f0e5c1e-5d0b-5b6e-9a55-2f6f1c0a7d11")
"""The root of every derived (UUIDv5) id of the product."""


def derived_id(*parts: object) -> UUID:
    """The same parts give the same id, on every machine: for imported rows and for predictions."""
    return uuid5(NAMESPACE, "\x1f".join(_said(part) for part in parts))


def _said(part: object) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)
