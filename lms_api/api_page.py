"""The documentation page of the API: `python -m lms_api.api_page` writes it, a test fails when it is stale."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from contracts.events import Role
from lms_api.app import create_app
from lms_api.identity.policy import GRANTS, IN_OWN_COURSES, Permission
from lms_api.openapi import ANYBODY, NEEDS, PREFIX, SIGNED, operations
from stack.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
ROLES = (Role.STUDENT, Role.TA, Role.INSTRUCTOR, Role.ADMIN)

INTRODUCTION = f"""# The API

Derived from the application's OpenAPI document (`GET {PREFIX}/openapi.json`) by `python -m lms_api.api_page`.

Paths stand behind `{PREFIX}`. Sign in at `POST /auth/login` and send `Authorization: Bearer …`; pages use cookies.
Every refusal is a problem document (RFC 9457, `application/problem+json`) that says which field, what to do instead,
and the trace id. Another organization's rows look like rows that are not there. Lists take `limit` and `after`, the
last id of the page before."""


def page(app: FastAPI) -> str:
    """Who may do what, then every operation by its tag."""
    found = list(operations(app.openapi()))
    parts = [INTRODUCTION, "## Who may do what", _permissions(), _RULES]
    for tag, told in groupby(found, key=lambda one: one[1]["tags"][0]):
        parts += [f"## {tag.capitalize()}", _table(("operation", "who", "what it does"), map(_line, told))]
    return "\n\n".join(parts) + "\n"


_RULES = (
    "¹ an instructor in their own courses; a teaching assistant and an administrator in every course. "
    "A learner's own enrollments and attempts are theirs. The table is `lms_api/identity/policy.py`."
)


def _permissions() -> str:
    rows = ([f"{one.value}{'¹' if one in IN_OWN_COURSES else ''}", *_granted(one)] for one in Permission)
    return _table(("may", *(role.value for role in ROLES)), rows)


def _granted(permission: Permission) -> list[str]:
    return ["yes" if permission in GRANTS[role] else "" for role in ROLES]


def _line(operation: tuple[str, dict[str, Any]]) -> list[str]:
    key, told = operation
    return [f"`{key}`", who(key), " ".join(told.get("description", "").split())]


def who(key: str) -> str:
    """In words, by the operation's key."""
    if key in ANYBODY:
        return "anybody"
    if key in SIGNED:
        return "the pipeline, signed"
    if key not in NEEDS:
        return "signed in"
    allowed = {role for permission in NEEDS[key] for role in ROLES if permission in GRANTS[role]}
    return ", ".join(role.value for role in ROLES if role in allowed)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first = list(heads)
    lines = [first, ["---"] * len(first), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    PAGE.write_text(page(create_app(Settings(secret_key=SecretStr("only to describe the API")))))
