"""LMS_HOME: the one folder that holds all data of a campus."""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.errors import DamagedHome, ForeignHome
from stack.settings import SECRETS, Settings, get_settings

MARKER = "campusloop.json"
FORMAT = 1
"""Raised when a newer version lays the folder out in a way that older ones can't read."""


def ensure_home(settings: Settings) -> Settings:
    """Makes or checks the folder, and gives the same settings with its secrets read.

    Raises ForeignHome for a folder of somebody else and DamagedHome for one that this version can't read.
    """
    home = settings.home.resolve()
    with _locked(home):
        if (home / MARKER).exists():
            _check_marker(home)
        else:
            _refuse_foreign(home)
            write_atomically(home / MARKER, json.dumps({"format": FORMAT}) + "\n", mode=0o644)
        if settings.environment != "production":
            _ensure_secrets(home)
        settings.logs_folder.mkdir(exist_ok=True)
        run_folder(settings).mkdir(exist_ok=True)
    get_settings.cache_clear()
    return Settings(**{name: getattr(settings, name) for name in settings.model_fields_set})


def run_folder(settings: Settings) -> Path:
    """Pid files: what of this campus is up, readable by every other command."""
    return settings.home.resolve() / "run"


def outside_folder(settings: Settings) -> Path:
    """Where PostgreSQL's files go when its unprivileged user can't pass the folders above LMS_HOME."""
    name = hashlib.sha256(os.fsencode(settings.home.resolve())).hexdigest()[:12]
    return Path("/var/tmp") / f"campusloop-{name}"  # survives a reboot, unlike /tmp


def write_atomically(path: Path, text: str, *, mode: int) -> None:
    """A reader sees the old file or the new one, whole."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Two commands may meet an empty folder at the same time; the lock is on the folder itself, so it adds no file."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        reason = error.strerror
        raise ForeignHome(f"LMS_HOME={home} is not a folder we can use ({reason}); set LMS_HOME to another.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _refuse_foreign(home: Path) -> None:
    if any(home.iterdir()):
        raise ForeignHome(
            f"LMS_HOME={home} holds files that are not Campusloop's (no {MARKER}); set LMS_HOME to an empty folder."
        )


def _check_marker(home: Path) -> None:
    found = _read(home / MARKER).get("format")
    if not isinstance(found, int):
        raise DamagedHome(f"{home / MARKER} has no format; restore it, or set LMS_HOME to another folder.")
    if found > FORMAT:
        raise DamagedHome(
            f"{home} has format {found} and this version reads up to {FORMAT}; update Campusloop, or set LMS_HOME."
        )


def _ensure_secrets(home: Path) -> None:
    """Generates what is missing: a later version may add a secret to an old folder."""
    stored = home / "secrets.json"
    known = _read(stored) if stored.exists() else {}
    missing = [name for name in SECRETS if name not in known]
    if stored.exists() and not known.keys() & set(SECRETS):
        raise DamagedHome(f"{stored} holds none of our secrets; restore it, or move {home} away and start anew.")
    if missing:
        fresh = {name: secrets.token_urlsafe(32) for name in missing}
        write_atomically(stored, json.dumps({**known, **fresh}, indent=2) + "\n", mode=0o600)


def _read(path: Path) -> dict[str, object]:
    home = path.parent
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DamagedHome(f"{path} can't be read ({error}); restore it, or move {home} away and start anew.") from error
    if not isinstance(content, dict):
        raise DamagedHome(f"{path} is not a JSON object; restore it, or move {home} away and start anew.")
    return content
