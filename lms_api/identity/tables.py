"""Tables of identity. E-mail is unique per organization, not in the world."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms_api.db import Base, Created, Identified, Tenant, Updated


class User(Identified, Tenant, Updated, Base):
    """An account. Without a password hash nobody can sign in to it."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("organization_id", "email"),
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("role in ('admin', 'instructor', 'ta', 'student')", name="role"),
        CheckConstraint("status in ('active', 'inactive')", name="status"),
        Index("idx_users_email", "email"),
        Index("idx_users_organization", "organization_id"),
    )

    email: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    first_name: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    avatar_url: Mapped[str | None]
    role: Mapped[str] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(20), default="active", server_default="active")
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    predictions_opt_out: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class Pseudonym(Tenant, Base):
    """The pair of a person and what the event log calls them; without it the log's rows are nobody's."""

    __tablename__ = "pseudonyms"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))


class RefreshToken(Identified, Tenant, Created, Base):
    """One refresh token, by its hash. A family is one sign-in; each use replaces its token by the next."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        Index("idx_refresh_tokens_family", "family_id"),
        Index("idx_refresh_tokens_user", "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    family_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """SHA-256 of a random token; it needs no slow hash."""
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """Signed out, or replayed: the whole family ended then."""
