"""Reading and writing of users, pseudonyms and refresh tokens."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, func, select, text, update

from contracts.events import Role
from contracts.ids import ActorId, OrganizationId, UserId
from lms_api.db import ReadSession, WriteSession
from lms_api.identity.tables import Pseudonym, RefreshToken, User
from lms_api.principal import Principal

_SIGN_IN = text("SELECT organization_id, user_id, password_hash, status FROM door_sign_in(:slug, :email)")
_REFRESH = text("SELECT door_refresh(:token_hash)")
# as text: this runs at every request, and building the same statement anew took longer than PostgreSQL's answer
_SIGNED_IN = text(
    """
    SELECT u.role, u.status, u.first_name, p.actor_id
    FROM users u JOIN pseudonyms p ON p.organization_id = u.organization_id AND p.user_id = u.id WHERE u.id = :user_id
    """
)


# ---------- before the tenant is known
def account_behind(session: ReadSession, *, slug: str, email: str) -> Row[tuple[UUID, UUID, str | None, str]] | None:
    """Of any organization: organization_id, user_id, password_hash, status."""
    return session.execute(_SIGN_IN, {"slug": slug, "email": email}).one_or_none()


def organization_of_refresh_token(session: ReadSession, token_hash: bytes) -> OrganizationId | None:
    found: UUID | None = session.execute(_REFRESH, {"token_hash": token_hash}).scalar()
    return None if found is None else OrganizationId(found)


# ---------- users
def principal(session: ReadSession, user_id: UserId) -> Principal | None:
    """None for a user who is gone or not active."""
    row = session.execute(_SIGNED_IN, {"user_id": user_id}).one_or_none()
    if row is None or row.status != "active" or session.organization_id is None:
        return None
    return Principal(
        user_id=user_id,
        organization_id=session.organization_id,
        actor_id=ActorId(row.actor_id),
        role=Role(row.role),
        first_name=row.first_name or "",
    )


def user(session: ReadSession, user_id: UUID) -> User | None:
    return session.get(User, user_id)


def user_by_email(session: ReadSession, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email))


def users(session: ReadSession, *, role: Role | None, after: UUID | None, limit: int) -> Sequence[User]:
    query = select(User).order_by(User.id).limit(limit)
    if role is not None:
        query = query.where(User.role == role.value)
    if after is not None:
        query = query.where(User.id > after)
    return session.scalars(query).all()


def actor_of(session: ReadSession, user_id: UUID) -> ActorId:
    """The pseudonym; every user has one."""
    found = session.execute(select(Pseudonym.actor_id).where(Pseudonym.user_id == user_id)).scalar_one()
    return ActorId(found)


def user_of_actor(session: ReadSession, actor_id: UUID) -> UserId | None:
    found = session.execute(select(Pseudonym.user_id).where(Pseudonym.actor_id == actor_id)).scalar()
    return None if found is None else UserId(found)


# ---------- refresh tokens
def lock_refresh_token(session: WriteSession, token_hash: bytes) -> RefreshToken | None:
    """Two requests with the same token come one after the other."""
    return session.scalar(select(RefreshToken).where(RefreshToken.token_hash == token_hash).with_for_update())


def end_family(session: WriteSession, family_id: UUID, *, now: datetime) -> None:
    family = RefreshToken.family_id == family_id
    session.execute(update(RefreshToken).where(family, RefreshToken.ended_at.is_(None)).values(ended_at=now))


def end_all_of(session: WriteSession, user_id: UUID) -> None:
    """Every sign-in of a user: a new password, or an account that was closed."""
    own = RefreshToken.user_id == user_id
    session.execute(update(RefreshToken).where(own, RefreshToken.ended_at.is_(None)).values(ended_at=func.now()))
