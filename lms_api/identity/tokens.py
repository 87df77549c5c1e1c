"""Passwords and tokens. Their times are the wall clock's, never the business clock's."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contracts.ids import OrganizationId, UserId
from lms_api.errors import NotSignedIn
from stack.settings import Settings

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)
REUSE_GRACE = timedelta(seconds=10)
"""A refresh token works so long after its first use: two tabs that renew at the same moment send the same one."""
ALGORITHM = "HS256"

# Argon2id as OWASP's minimum has it (19 MiB, two passes, one lane): 40 ms here, and a class may sign in at once
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a valid access token says. Whether the user is still active is asked of the database."""

    user_id: UserId
    organization_id: OrganizationId


@lru_cache
def _nobody_s() -> str:
    """A hash that nothing fits, made once per process."""
    return _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Takes as long for an account that is not there as for one that is."""
    try:
        return _hasher.verify(password_hash or _nobody_s(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def access_token(settings: Settings, *, user_id: UserId, organization_id: OrganizationId) -> str:
    now = datetime.now(UTC)
    claims = {"typ": "access", "sub": str(user_id), "org": str(organization_id), "iat": now, "exp": now + ACCESS_LIFE}
    return jwt.encode(claims, settings.secret_key.get_secret_value(), algorithm=ALGORITHM)


def read_access_token(settings: Settings, token: str) -> Claims:
    """Raises NotSignedIn for one that is expired, forged or of another kind."""
    try:
        key = settings.secret_key.get_secret_value()
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], options={"require": ["exp", "iat", "sub"]})
        if claims.get("typ") != "access":
            raise NotSignedIn("This is not an access token.")
        user, organization = UUID(str(claims["sub"])), UUID(str(claims["org"]))
        return Claims(user_id=UserId(user), organization_id=OrganizationId(organization))
    except jwt.ExpiredSignatureError as error:
        raise NotSignedIn("The access token has expired; refresh it at POST /api/v1/auth/refresh.") from error
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise NotSignedIn("The access token is not valid.") from error


def new_refresh_token() -> tuple[str, bytes]:
    """The token, which only its owner keeps, and its hash, which we keep."""
    token = secrets.token_urlsafe(32)
    return token, refresh_hash(token)


def refresh_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
