"""Signing in, renewing and signing out, with cookies that no script can read."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from lms_api.db import ReadSession
from lms_api.deps import NobodysWriteDep, SettingsDep
from lms_api.identity import cookies
from lms_api.identity import service as identity
from lms_api.identity.errors import WrongSignIn
from lms_api.organizations import service as organizations
from lms_api.organizations.tables import Organization
from lms_api.schemas import Text
from lms_api.web.refusals import RENEWAL
from lms_api.web.templates import respond
from lms_api.web.viewer import nobody
from stack.settings import Settings

router = APIRouter(include_in_schema=False)

YEAR = 31_536_000

Back = Annotated[Text, Query(alias="next")]
"""Where to go on afterwards."""


def inside(address: str) -> str:
    """The address if it is a path of this site, else the first page: no sign-in sends anybody elsewhere."""
    starts_well = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if starts_well and address.isprintable() and "\\" not in address else "/"


@router.get("/sign-in")
def ask(
    request: Request, session: NobodysWriteDep, settings: SettingsDep, organization: Text = "", back: Back = "/"
) -> Response:
    """`organization` (a slug) fills in the first field; the campus's addresses are printed with it."""
    slug = organization or request.cookies.get(cookies.name(settings, "organization"), "")
    return _form(request, session, slug=slug, email="", back=inside(back))


@router.post("/sign-in")
def sign_in(
    request: Request,
    session: NobodysWriteDep,
    settings: SettingsDep,
    organization: Annotated[Text, Form(max_length=100)],
    email: Annotated[Text, Form(max_length=255)],
    password: Annotated[Text, Form(max_length=200)],
    back: Annotated[Text, Form(alias="next")] = "/",
) -> Response:
    try:
        signed_in = identity.sign_in(session, settings, slug=organization, email=email, password=password)
    except WrongSignIn as refusal:  # nothing was written before it
        return _form(request, session, slug=organization, email=email, back=inside(back), refusal=refusal)
    answer = RedirectResponse(inside(back), status_code=303)
    cookies.put(answer, settings, signed_in)
    _remember(answer, settings, organization=organizations.own(session))
    return answer


def _remember(answer: Response, settings: Settings, *, organization: Organization) -> None:
    """For pages that are shown when nobody is known: whose door it is, so that nobody types its slug twice, and
    whether its people are made up.
    """
    told: dict[cookies.Cookie, str] = {
        "organization": organization.slug,
        "made_up": "1" if organization.made_up else "0",
    }
    for what, value in told.items():
        answer.set_cookie(cookies.name(settings, what), value, max_age=YEAR, httponly=True, samesite="lax")


@router.api_route(RENEWAL, methods=["GET", "POST"])
def renew(request: Request, session: NobodysWriteDep, settings: SettingsDep, back: Back = "/") -> Response:
    """A new pair of tokens, and on with what was asked: 307 repeats it, a form's body included."""
    token = request.cookies.get(cookies.name(settings, "refresh"), "")
    signed_in = identity.refresh(session, settings, refresh_token=token)
    answer = RedirectResponse(inside(back), status_code=307)
    cookies.put(answer, settings, signed_in)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, session: NobodysWriteDep, settings: SettingsDep) -> Response:
    identity.sign_out(session, refresh_token=request.cookies.get(cookies.name(settings, "refresh"), ""))
    answer = RedirectResponse("/sign-in", status_code=303)
    cookies.clear(answer, settings)
    return answer


def _form(
    request: Request, session: ReadSession, *, slug: str, email: str, back: str, refusal: WrongSignIn | None = None
) -> Response:
    plate = organizations.doorplate(session, slug.strip().lower()) if slug.strip() else None
    asked = {"organization": slug, "email": email, "next": back, "refused": refusal.title if refusal else ""}
    page = nobody(made_up=plate.made_up if plate else False, plate=plate, **asked)
    return respond(request, "sign_in.html", page, status=401 if refusal else 200)
