"""What an importer hands to the loader: one organization's rows and events as frames."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl

from contracts.events import OrganizationChanged, Role, UserChanged
from contracts.ids import derived_id
from lms_api.imports.events import MOMENT, event_frame
from lms_api.imports.ids import random_ids

OURS = "campusloop"
"""The source file's name in the ids of events that no file tells of."""


def organization_id(slug: str) -> UUID:
    """An imported organization has the same id on every machine."""
    return derived_id("organization", slug)


@dataclass(frozen=True)
class Said:
    """A frame of events from one table; `further` ones are beyond one a row."""

    frame: pl.DataFrame
    table: str = ""
    further: bool = False


@dataclass
class TableCount:
    """One line of the report: rows = events + merged + rejected."""

    table: str
    rows: int
    merged: int = 0
    rejected: int = 0
    clicks: int = 0
    events: int = 0
    further: int = 0

    @property
    def reconciles(self) -> bool:
        return self.rows == self.events + self.merged + self.rejected

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "reconciles": self.reconciles}


@dataclass(frozen=True)
class SignIn:
    """Printed once, and kept for the owner of LMS_HOME."""

    email: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Campus:
    """One import. `rows` are (table, frame) in the order of their foreign keys; `events` are made as they are read."""

    kind: str
    organization_id: UUID
    slug: str
    made_up: bool
    file_hash: str
    rows: tuple[tuple[str, pl.DataFrame], ...]
    events: Iterator[Said]
    counts: dict[str, TableCount] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)


def organization_row(organization: UUID, *, slug: str, name: str, made_up: bool) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [str(organization)],
            "slug": [slug],
            "name": [name],
            "made_up": [made_up],
            "imported": [True],
            "revision": [1],
        }
    )


def organization_said(organization: UUID, *, made_up: bool, moment: datetime) -> Said:
    row = pl.DataFrame(
        {
            "organization": [str(organization)],
            "revision": [1],
            "made_up": [made_up],
            "imported": [True],
            "occurred_at": [moment],
        },
        schema_overrides={"occurred_at": MOMENT},
    )
    return Said(event_frame(OrganizationChanged, row, organization_id=organization, file=OURS, key=("organization",)))


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """Somebody who can sign in; the id is derived from the e-mail."""

    email: str
    first_name: str
    last_name: str
    role: Role
    password_hash: str | None = None


def staff(organization: UUID, members: list[StaffMember], *, joined_at: datetime) -> pl.DataFrame:
    """Rows of users with `actor_id` and `joined_at` beside."""
    return pl.DataFrame(
        {
            "user_id": [str(derived_id(organization, "users", member.email)) for member in members],
            "email": [member.email for member in members],
            "first_name": [member.first_name for member in members],
            "last_name": [member.last_name for member in members],
            "role": [member.role.value for member in members],
            "password_hash": pl.Series([member.password_hash for member in members], dtype=pl.String),
            "joined_at": pl.Series([joined_at] * len(members), dtype=MOMENT),
        }
    ).with_columns(random_ids(len(members)).alias("actor_id"))


def user_rows(people: pl.DataFrame, organization: UUID) -> tuple[tuple[str, pl.DataFrame], ...]:
    """Accounts and their pseudonyms, of a frame with `user_id`, `actor_id`, `email`, names, `role`, `password_hash`."""
    owner = pl.lit(str(organization)).alias("organization_id")
    account = ("email", "first_name", "last_name", "role", "password_hash")
    users = people.select(
        pl.col("user_id").alias("id"), owner, *account, created_at="joined_at", updated_at="joined_at"
    )
    return ("users", users), ("pseudonyms", people.select(owner, "user_id", "actor_id"))


def users_said(people: pl.DataFrame, organization: UUID, *, file: str, table: str = "") -> Said:
    """One UserChanged each, when they joined."""
    rows = people.select(
        "user_id", "actor_id", "role", revision=pl.lit(1), active=pl.lit(True), occurred_at="joined_at"
    )
    frame = event_frame(UserChanged, rows, organization_id=organization, file=file, key=("user_id",))
    return Said(frame, table=table, further=True)
