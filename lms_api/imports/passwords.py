"""Sign-ins that an import makes: drawn at random, and kept where only the owner of LMS_HOME reads."""

import json
import secrets

from lms_api.imports.campus import SignIn
from stack.local.home import write_atomically
from stack.settings import Settings


def new_password() -> str:
    """About 96 bits, without signs that are read for one another."""
    return secrets.token_urlsafe(12)


def keep_sign_ins(settings: Settings, organization: str, sign_ins: dict[str, SignIn], *, first: bool) -> None:
    """Into `LMS_HOME/sign-ins.json` (0600): at the top for what `make run` shows, else under the organization."""
    path = settings.home.resolve() / "sign-ins.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {}
    said = {
        role: {"email": one.email, "password": one.password, "organization": organization}
        for role, one in sign_ins.items()
    }
    merged = {**kept, **said} if first else {**kept, organization: said}
    write_atomically(path, json.dumps(merged, indent=2) + "\n", mode=0o600)
