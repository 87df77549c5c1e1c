"""What every table of the LMS shares, and the two kinds of session."""

from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, Engine, ForeignKey, MetaData, Text, Uuid, create_engine, func, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from uuid_utils.compat import uuid7

from contracts.ids import OrganizationId
from lms_api.errors import NotSignedIn
from lms_api.principal import Principal
from stack.postgres import DRIVER

POOL = 16
"""Connections of one LMS process, and how many requests it works on at once; the others queue before a connection."""

NAMES = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Base(DeclarativeBase):
    """All tables are one metadata; the migration's SQL is compared with it by a test."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        str: Text(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


class Tenant:
    """A row that belongs to an organization: forced row-level security hides it from all others."""

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), sort_order=-1)


class Identified:
    """A key of our own making, in the order of creation (UUIDv7); PostgreSQL makes one for rows that bring none."""

    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid7, server_default=func.gen_random_uuid(), sort_order=-2
    )


class Created:
    """When the row was made, by PostgreSQL's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=1)


class Updated(Created):
    """When the row was made and last changed, by PostgreSQL's clock."""

    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now(), sort_order=2)


def new_id() -> UUID:
    """UUIDv7: later ids sort after earlier ones."""
    return uuid7()


class ReadSession(Session):
    """One transaction that only reads, of one organization. A write fails in PostgreSQL, and in the type checker."""

    organization_id: OrganizationId | None = None
    """None before the tenant is known: every table is then empty."""
    _who: Principal | None = None

    @property
    def who(self) -> Principal:
        """The signed-in user; raises NotSignedIn where nobody is."""
        if self._who is None:
            raise NotSignedIn
        return self._who

    @who.setter
    def who(self, principal: Principal) -> None:
        self._who = principal

    @property
    def anybody(self) -> Principal | None:
        """The signed-in user, or None: an import or a service has none."""
        return self._who


class WriteSession(ReadSession):
    """One transaction that may change things; what it changes it also says, through `record`."""


@lru_cache
def application_engine(url: str) -> Engine:
    """One pool per URL and process, as the application's role."""
    return create_engine(
        make_url(url).set(drivername=DRIVER),
        pool_size=POOL,
        max_overflow=4,  # commands and the readiness check beside the requests
        pool_recycle=1800,
        # a forgotten transaction would hold the event log's horizon for everybody
        connect_args={"options": "-c idle_in_transaction_session_timeout=60s -c statement_timeout=60s"},
    )
