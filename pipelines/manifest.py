"""dbt's manifest, which the assets are made from: parsed once per state of the project, never at each load."""

import hashlib
import json
from pathlib import Path
from typing import Any

from stack.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent / "dbt"
SOURCES = ("*.sql", "*.yml", "*.csv")


def target_folder(settings: Settings) -> Path:
    """Where dbt writes; the project's own folder stays clean."""
    return settings.home.resolve() / "dbt"


def manifest(settings: Settings) -> dict[str, Any]:
    """The parsed project. Parsing needs no database and takes seconds; an unchanged project is only read."""
    target = target_folder(settings)
    parsed, stamp = target / "manifest.json", target / "manifest.sources"
    sources = hash_of_sources()
    if not (parsed.exists() and stamp.exists() and stamp.read_text() == sources):
        from pipelines.warm_dbt import parse  # dbt costs a second to import: only where a parse is due

        parse(settings)
        stamp.write_text(sources)
    loaded: dict[str, Any] = json.loads(parsed.read_text())
    return loaded


def hash_of_sources() -> str:
    """Of every file of the project that dbt parses."""
    digest = hashlib.sha256()
    for source in sorted(path for pattern in SOURCES for path in PROJECT.rglob(pattern)):
        digest.update(source.relative_to(PROJECT).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()
