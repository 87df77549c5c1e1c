"""Access tokens and password hashes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from pydantic import SecretStr

from contracts.ids import OrganizationId, UserId
from lms_api.errors import NotSignedIn
from lms_api.identity import tokens
from stack.settings import Settings

SETTINGS = Settings(secret_key=SecretStr("k" * 40))


def forged(key: str = "k" * 40, algorithm: str = "HS256", **claims: Any) -> str:
    now = datetime.now(UTC)
    said = {"typ": "access", "sub": str(uuid4()), "org": str(uuid4()), "iat": now, "exp": now + timedelta(minutes=1)}
    return jwt.encode({**said, **claims}, key, algorithm=algorithm)


class TestAccessToken:
    def test_comes_back_as_it_was_and_lives_fifteen_minutes(self) -> None:
        user, organization = UserId(uuid4()), OrganizationId(uuid4())
        token = tokens.access_token(SETTINGS, user_id=user, organization_id=organization)
        claims = tokens.read_access_token(SETTINGS, token)
        assert (claims.user_id, claims.organization_id) == (user, organization)
        raw = jwt.decode(token, options={"verify_signature": False})
        assert raw["exp"] - raw["iat"] == 900

    def test_says_that_an_expired_one_can_be_refreshed(self) -> None:
        with pytest.raises(NotSignedIn, match="expired"):
            tokens.read_access_token(SETTINGS, forged(exp=datetime.now(UTC) - timedelta(seconds=1)))

    @pytest.mark.parametrize(
        "token",
        [
            "",
            "a.b.c",
            "\ud800",
            forged(key="x" * 40),
            forged(typ="refresh"),
            forged(sub="nobody"),
            forged(org=None),
            jwt.encode({"typ": "access", "sub": str(uuid4()), "org": str(uuid4())}, "k" * 40, algorithm="HS256"),
            jwt.encode({"typ": "access", "sub": str(uuid4()), "org": str(uuid4())}, "", algorithm="none"),
        ],
    )
    def test_refuses_everything_else(self, token: str) -> None:
        with pytest.raises(NotSignedIn):
            tokens.read_access_token(SETTINGS, token)


class TestPassword:
    def test_is_kept_as_argon2id(self) -> None:
        kept = tokens.hash_password("a long password")
        assert kept.startswith("$argon2id$")
        assert tokens.password_fits("a long password", kept)
        assert not tokens.password_fits("another password", kept)

    @pytest.mark.parametrize("kept", [None, "", "not a hash"])
    def test_nothing_fits_no_hash(self, kept: str | None) -> None:
        assert not tokens.password_fits("", kept)
