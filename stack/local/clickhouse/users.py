"""The two users. They live in this process: the embedded engine knows one user and no grants."""

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from stack.local.clickhouse.errors import AUTHENTICATION_FAILED, ClickHouseError
from stack.settings import Settings

WRITER = "campus"
READER = "campus_reader"


@dataclass(frozen=True)
class User:
    name: str
    read_only: bool


class Users:
    """Keeps hashes only, and compares in constant time."""

    def __init__(self, settings: Settings) -> None:
        self._known = {
            WRITER: (User(WRITER, read_only=False), _hash(settings.clickhouse_password.get_secret_value())),
            READER: (User(READER, read_only=True), _hash(settings.clickhouse_reader_password.get_secret_value())),
        }

    def authenticate(self, headers: Mapping[str, str], parameters: Mapping[str, str]) -> User:
        """By Basic authentication, `X-ClickHouse-User` and `-Key`, or `?user=&password=`, in this order."""
        name, password = _credentials(headers, parameters)
        user, expected = self._known.get(name, (None, _hash("")))
        # An empty password never opens: it would mean that the secrets weren't made.
        if not hmac.compare_digest(_hash(password), expected) or user is None or not password:
            reason = "Authentication failed: password is incorrect, or there is no user with such name."
            raise ClickHouseError(AUTHENTICATION_FAILED, f"{name}: {reason}")
        return user


def _credentials(headers: Mapping[str, str], parameters: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, password = b64decode(encoded).decode().partition(":")
        except ValueError:
            name, password = "", ""
        return name, password
    if "x-clickhouse-user" in headers:
        return headers["x-clickhouse-user"], headers.get("x-clickhouse-key", "")
    return parameters.get("user", "default"), parameters.get("password", "")


def _hash(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()
