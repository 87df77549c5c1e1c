"""The cookies of the pages: no script reads them, and no other site's form sends them."""

from typing import Literal

from starlette.responses import Response

from lms_api.identity.service import SignedIn
from lms_api.identity.tokens import ACCESS_LIFE, REFRESH_LIFE
from stack.settings import Settings

Cookie = Literal["access", "refresh", "organization", "made_up"]


def name(settings: Settings, what: Cookie) -> str:
    """With the campus's port: browsers share cookies between the ports of a host, and two campuses may stand on one."""
    return f"campus_{settings.port}_{what}"


def put(response: Response, settings: Settings, signed_in: SignedIn) -> None:
    """Signs the browser in. `Secure` in production only: a campus on one machine speaks plain HTTP on loopback."""
    given: tuple[tuple[Cookie, str, float], ...] = (
        ("access", signed_in.access_token, ACCESS_LIFE.total_seconds()),
        ("refresh", signed_in.refresh_token, REFRESH_LIFE.total_seconds()),
    )
    for what, value, seconds in given:
        response.set_cookie(
            name(settings, what),
            value,
            max_age=int(seconds),
            httponly=True,
            samesite="lax",
            secure=settings.environment == "production",
        )


def clear(response: Response, settings: Settings) -> None:
    """Signs the browser out."""
    given: tuple[Cookie, ...] = ("access", "refresh")
    for what in given:
        response.delete_cookie(name(settings, what), httponly=True, samesite="lax")
