"""What organizations take and give over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from lms_api.schemas import Answer, Body

SLUG = r"[a-z0-9][a-z0-9-]{0,99}"
"""As PostgreSQL checks it, too."""


class OrganizationChange(Body):
    """Only what is given changes. The slug stays: it stands in every sign-in."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    logo_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)] | None = None
    domain: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    predictions_enabled: bool | None = Field(default=None, description="False: no prediction is stored or shown.")


class OrganizationShown(Answer):
    id: UUID
    name: str
    slug: str
    logo_url: str | None
    domain: str | None
    made_up: bool = Field(description="True for a demo campus: its people are made up.")
    predictions_enabled: bool
    created_at: datetime
