"""Accounts, sign-in, and the bridge between a person and the pseudonym that the event log knows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from contracts.events import Role, UserChanged
from contracts.ids import ActorId, OrganizationId, UserId
from lms_api.db import ReadSession, WriteSession, new_id
from lms_api.errors import NotFound, NotSignedIn
from lms_api.identity import queries, tokens
from lms_api.identity.errors import (
    EmailTaken,
    LastAdministrator,
    RefreshRefused,
    RefreshReplayed,
    WrongCurrentPassword,
    WrongSignIn,
)
from lms_api.identity.policy import Permission, require
from lms_api.identity.schemas import NewUser, ProfileChange, UserChange
from lms_api.identity.tables import Pseudonym, RefreshToken, User
from lms_api.identity.tokens import Claims
from lms_api.outbox.record import record
from lms_api.principal import Principal
from lms_api.schemas import Page
from lms_api.unit_of_work import enter
from stack.settings import Settings


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A fresh pair of tokens and whose they are."""

    user_id: UserId
    organization_id: OrganizationId
    access_token: str
    refresh_token: str


# ---------- sign-in; the session enters the organization on the way
def sign_in(session: WriteSession, settings: Settings, *, slug: str, email: str, password: str) -> SignedIn:
    """Starts a family of refresh tokens. Raises WrongSignIn, the same for every reason."""
    found = queries.account_behind(session, slug=slug.strip().lower(), email=email.strip().lower())
    fits = tokens.password_fits(password, found.password_hash if found else None)
    if found is None or not fits or found.status != "active":
        raise WrongSignIn
    enter(session, OrganizationId(found.organization_id))
    return _issue(session, settings, user_id=UserId(found.user_id), family_id=new_id())


def refresh(session: WriteSession, settings: Settings, *, refresh_token: str) -> SignedIn:
    """The token's successor, in the same family; within `REUSE_GRACE` of its use a token has a second one.

    Raises RefreshReplayed for one that was used before that: its family ends.
    """
    now = datetime.now(UTC)
    token = _entered(session, refresh_token)
    replayed = token.used_at is not None and now - token.used_at > tokens.REUSE_GRACE
    if replayed and token.ended_at is None:
        queries.end_family(session, token.family_id, now=now)
        raise RefreshReplayed
    if token.ended_at is not None or token.expires_at <= now:
        raise RefreshRefused
    token.used_at = token.used_at or now
    if queries.principal(session, UserId(token.user_id)) is None:
        raise RefreshRefused
    return _issue(session, settings, user_id=UserId(token.user_id), family_id=token.family_id)


def sign_out(session: WriteSession, *, refresh_token: str) -> None:
    """Ends the sign-in that the token belongs to; a token that is no one's changes nothing."""
    try:
        token = _entered(session, refresh_token)
    except RefreshRefused:
        return
    queries.end_family(session, token.family_id, now=datetime.now(UTC))


def signed_in(session: ReadSession, claims: Claims) -> Principal:
    """Whoever the token names, if still active: closing an account takes effect at the next request."""
    principal = queries.principal(session, claims.user_id)
    if principal is None:
        raise NotSignedIn("This account is not active.")
    return principal


def _entered(session: WriteSession, refresh_token: str) -> RefreshToken:
    token_hash = tokens.refresh_hash(refresh_token)
    organization_id = queries.organization_of_refresh_token(session, token_hash)
    if organization_id is None:
        raise RefreshRefused
    enter(session, organization_id)
    token = queries.lock_refresh_token(session, token_hash)
    if token is None:
        raise RefreshRefused
    return token


def _issue(session: WriteSession, settings: Settings, *, user_id: UserId, family_id: UUID) -> SignedIn:
    assert session.organization_id is not None
    refresh_token, token_hash = tokens.new_refresh_token()
    session.add(
        RefreshToken(
            organization_id=session.organization_id,
            user_id=user_id,
            family_id=family_id,
            token_hash=token_hash,
            expires_at=datetime.now(UTC) + tokens.REFRESH_LIFE,
        )
    )
    access = tokens.access_token(settings, user_id=user_id, organization_id=session.organization_id)
    return SignedIn(
        user_id=user_id,
        organization_id=session.organization_id,
        access_token=access,
        refresh_token=refresh_token,
    )


# ---------- accounts
def list_users(session: ReadSession, *, role: Role | None, page: Page) -> list[User]:
    """In the order in which the accounts were opened."""
    require(session.who, Permission.SEE_USERS)
    return list(queries.users(session, role=role, after=page.after, limit=page.limit))


def profile(session: ReadSession) -> User:
    """Of the signed-in user."""
    return _found(session, session.who.user_id)


def open_account(session: WriteSession, new: NewUser) -> User:
    """With a pseudonym of its own. Raises EmailTaken."""
    require(session.who, Permission.CHANGE_USERS)
    return add_account(session, new)


def add_account(session: WriteSession, new: NewUser) -> User:
    """As `open_account`, for a command that has no signed-in user: it made the organization a moment ago."""
    if queries.user_by_email(session, new.email) is not None:
        raise EmailTaken(field="email", value=new.email)
    user = User(
        id=new_id(),
        organization_id=session.organization_id,
        email=new.email,
        password_hash=tokens.hash_password(new.password) if new.password else None,
        first_name=new.first_name,
        last_name=new.last_name,
        role=new.role.value,
        status="active",
        predictions_opt_out=False,
        revision=1,
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken(field="email", value=new.email) from error
    session.add(Pseudonym(organization_id=session.organization_id, user_id=user.id))
    session.flush()
    _say(session, user)
    return user


def change_account(session: WriteSession, user_id: UUID, change: UserChange) -> User:
    """An administrator's change of another's account; closing it ends its sign-ins."""
    require(session.who, Permission.CHANGE_USERS)
    user = _found(session, user_id)
    _apply(user, change.model_dump(exclude_unset=True, mode="json"), required=("role", "status"))
    _keep_an_administrator(session, user)
    if user.status != "active":
        queries.end_all_of(session, user.id)
    _say_changed(session, user)
    return user


def change_profile(session: WriteSession, settings: Settings, change: ProfileChange) -> tuple[User, SignedIn | None]:
    """Of the signed-in user. A new password ends all other sign-ins, and gives fresh tokens for this one."""
    user = profile(session)
    given = change.model_dump(exclude_unset=True, exclude={"password", "current_password"})
    _apply(user, given, required=("predictions_opt_out",))
    fresh = None
    if change.password is not None:
        if not tokens.password_fits(change.current_password or "", user.password_hash):
            raise WrongCurrentPassword(field="current_password")
        user.password_hash = tokens.hash_password(change.password)
        queries.end_all_of(session, user.id)
        fresh = _issue(session, settings, user_id=UserId(user.id), family_id=new_id())
    _say_changed(session, user)
    return user, fresh


def actor_of(session: ReadSession, user_id: UUID) -> ActorId:
    """What the event log calls this user of the organization."""
    return queries.actor_of(session, user_id)


def user_of_actor(session: ReadSession, actor_id: UUID) -> UserId | None:
    """Who is behind a pseudonym; None for one that is unknown, erased or another organization's."""
    return queries.user_of_actor(session, actor_id)


def _found(session: ReadSession, user_id: UUID) -> User:
    user = queries.user(session, user_id)
    if user is None:
        raise NotFound("user", user_id)
    return user


def _apply(user: User, given: dict[str, object], *, required: tuple[str, ...]) -> None:
    """Null empties a field; one that must have a value keeps it."""
    for name, value in given.items():
        if value is not None or name not in required:
            setattr(user, name, value)


def _keep_an_administrator(session: WriteSession, changed: User) -> None:
    session.flush()
    administrators = select(func.count()).where(User.role == Role.ADMIN.value, User.status == "active")
    if session.scalar(administrators) == 0:
        raise LastAdministrator(field="role", value=changed.role)


def _say_changed(session: WriteSession, user: User) -> None:
    user.revision += 1
    session.flush()
    _say(session, user)


def _say(session: WriteSession, user: User) -> None:
    event = UserChanged(revision=user.revision, role=Role(user.role), active=user.status == "active")
    record(session, event, actor=queries.actor_of(session, user.id))
