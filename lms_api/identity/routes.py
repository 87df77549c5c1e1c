"""Sign-in, one's own profile, and the organization's users."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from contracts.events import Role
from lms_api.deps import NobodysWriteDep, ReadDep, SettingsDep, WriteDep, refuse_foreign_origin
from lms_api.errors import NotAllowed, NotFound, NotSignedIn, documented
from lms_api.identity import cookies, service
from lms_api.identity.errors import (
    EmailTaken,
    LastAdministrator,
    RefreshRefused,
    RefreshReplayed,
    WrongCurrentPassword,
    WrongSignIn,
)
from lms_api.identity.schemas import (
    NewUser,
    ProfileChange,
    RefreshGiven,
    SignIn,
    Tokens,
    UserChange,
    UserShown,
)
from lms_api.identity.service import SignedIn
from lms_api.identity.tables import User
from lms_api.identity.tokens import ACCESS_LIFE
from lms_api.schemas import PageDep

router = APIRouter(tags=["identity"])


@router.post("/auth/login", responses=documented(WrongSignIn))
def login(given: SignIn, session: NobodysWriteDep, settings: SettingsDep, response: Response) -> Tokens:
    """Signs in; the tokens come in the body and, for pages, as cookies that scripts can't read."""
    signed_in = service.sign_in(session, settings, slug=given.organization, email=given.email, password=given.password)
    return _told(signed_in, settings, response)


@router.post("/auth/refresh", responses=documented(RefreshRefused, RefreshReplayed))
def refresh(
    session: NobodysWriteDep,
    settings: SettingsDep,
    request: Request,
    response: Response,
    given: RefreshGiven | None = None,
) -> Tokens:
    """Replaces both tokens. A refresh token works once: a use later than moments after the first ends the sign-in."""
    signed_in = service.refresh(session, settings, refresh_token=_refresh_token(given, request, settings))
    return _told(signed_in, settings, response)


@router.post("/auth/logout", status_code=204)
def logout(
    session: NobodysWriteDep,
    settings: SettingsDep,
    request: Request,
    response: Response,
    given: RefreshGiven | None = None,
) -> None:
    """Ends the sign-in that the refresh token belongs to; also when it had ended before."""
    service.sign_out(session, refresh_token=_refresh_token(given, request, settings))
    cookies.clear(response, settings)


@router.get("/auth/me", responses=documented(NotSignedIn))
def me(session: ReadDep) -> UserShown:
    """One's own account."""
    return _shown(service.profile(session))


@router.put("/auth/profile", responses=documented(NotSignedIn, WrongCurrentPassword))
def change_profile(change: ProfileChange, session: WriteDep, settings: SettingsDep, response: Response) -> UserShown:
    """Changes one's own account. A new password ends every sign-in; this one gets its new tokens as cookies."""
    user, fresh = service.change_profile(session, settings, change)
    if fresh is not None:
        cookies.put(response, settings, fresh)
    return _shown(user)


@router.get("/organizations/{organization_id}/users", responses=documented(NotAllowed, NotFound))
def list_users(organization_id: UUID, session: ReadDep, page: PageDep, role: Role | None = None) -> list[UserShown]:
    """The organization's accounts, in the order in which they were opened."""
    _own(organization_id, session.who.organization_id)
    return [_shown(user) for user in service.list_users(session, role=role, page=page)]


@router.post(
    "/organizations/{organization_id}/users", status_code=201, responses=documented(NotAllowed, NotFound, EmailTaken)
)
def open_account(organization_id: UUID, new: NewUser, session: WriteDep) -> UserShown:
    """Opens an account; without a password nobody can sign in to it yet."""
    _own(organization_id, session.who.organization_id)
    return _shown(service.open_account(session, new))


@router.put(
    "/organizations/{organization_id}/users/{user_id}",
    responses=documented(NotAllowed, NotFound, LastAdministrator),
)
def change_account(organization_id: UUID, user_id: UUID, change: UserChange, session: WriteDep) -> UserShown:
    """Changes name, role or status of an account; closing it ends its sign-ins."""
    _own(organization_id, session.who.organization_id)
    return _shown(service.change_account(session, user_id, change))


def _own(organization_id: UUID, of_signed_in: UUID) -> None:
    if organization_id != of_signed_in:
        raise NotFound("organization", organization_id)


def _refresh_token(given: RefreshGiven | None, request: Request, settings: SettingsDep) -> str:
    if given is not None and given.refresh_token is not None:
        return given.refresh_token
    refuse_foreign_origin(request)
    return request.cookies.get(cookies.name(settings, "refresh"), "")


def _told(signed_in: SignedIn, settings: SettingsDep, response: Response) -> Tokens:
    cookies.put(response, settings, signed_in)
    return Tokens(
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        expires_in=int(ACCESS_LIFE.total_seconds()),
    )


def _shown(user: User) -> UserShown:
    return UserShown.model_validate(user)
