"""What identity takes and gives over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, EmailStr, Field, StringConstraints

from contracts.events import Role
from lms_api.schemas import Answer, Body

Email = Annotated[EmailStr, AfterValidator(str.lower), StringConstraints(max_length=255)]
Password = Annotated[str, StringConstraints(min_length=10, max_length=200, strip_whitespace=False)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]


class SignIn(Body):
    organization: str = Field(max_length=100, description="The organization's slug.")
    email: str = Field(max_length=255)
    password: Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]


class RefreshGiven(Body):
    """The cookie of the pages stands in for the field."""

    refresh_token: str | None = Field(default=None, max_length=200)


class Tokens(Answer):
    """`refresh_token` is for one use; its successor comes with the next answer."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="Seconds that the access token lives.")


class NewUser(Body):
    email: Email
    password: Password | None = Field(default=None, description="Without one, nobody can sign in to the account.")
    first_name: Name | None = None
    last_name: Name | None = None
    role: Role = Role.STUDENT


class UserChange(Body):
    """Only what is given changes."""

    first_name: Name | None = None
    last_name: Name | None = None
    role: Role | None = None
    status: Literal["active", "inactive"] | None = None


class ProfileChange(Body):
    """What people may change about themselves. Only what is given changes."""

    first_name: Name | None = None
    last_name: Name | None = None
    avatar_url: WebAddress | None = None
    predictions_opt_out: bool | None = Field(default=None, description="True: no prediction is stored or shown of me.")
    password: Password | None = None
    current_password: str | None = Field(default=None, max_length=200, description="Needed with a new password.")


class UserShown(Answer):
    id: UUID
    organization_id: UUID
    email: str
    first_name: str | None
    last_name: str | None
    avatar_url: str | None
    role: Role
    status: str
    predictions_opt_out: bool
    created_at: datetime
