"""The tokens as cookies, for pages: no script reads them, and no other site's form sends them."""

from starlette.responses import Response

from lms_api.deps import ACCESS_COOKIE, REFRESH_COOKIE
from lms_api.identity.service import SignedIn
from lms_api.identity.tokens import ACCESS_LIFE, REFRESH_LIFE
from stack.settings import Settings


def put(response: Response, settings: Settings, signed_in: SignedIn) -> None:
    """`Secure` in production only: a campus on one machine speaks plain HTTP on loopback."""
    for name, value, life in (
        (ACCESS_COOKIE, signed_in.access_token, ACCESS_LIFE),
        (REFRESH_COOKIE, signed_in.refresh_token, REFRESH_LIFE),
    ):
        response.set_cookie(
            name,
            value,
            max_age=int(life.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=settings.environment == "production",
        )


def clear(response: Response) -> None:
    """Signs the browser out."""
    for name in (ACCESS_COOKIE, REFRESH_COOKIE):
        response.delete_cookie(name, httponly=True, samesite="lax")
