"""A registered version as a folder that can be scored from without a registry: what serving and the pipeline load.

`<models>/<name>/<version>/` holds `manifest.json` and the files, and never changes; `<models>/<name>/<pointer>.json`
says which version is in use (`champion`, or `asof-<date>` of a replay) and is swapped in one step.
"""

import json
import os
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict

from contracts.predictions import ModelVersion

MANIFEST = "manifest.json"
CHAMPION = "champion"


class NoSuchModel(LookupError):
    """Nothing was exported under that name and pointer."""


class Manifest(BaseModel):
    """Everything that is said of a version, beside the numbers it predicts with."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    name: str
    version: int | None = None
    """None in the registry's own copy, which is made before the version has its number."""
    kind: str
    organization_id: UUID
    as_of: datetime
    data_hash: str
    code_version: str
    feature_service: str
    parameters: dict[str, Any] = {}
    metrics: dict[str, float | None] = {}
    details: dict[str, Any] = {}
    """What this kind of model needs to be loaded again, as plain numbers and words."""

    @property
    def model_version(self) -> ModelVersion:
        return ModelVersion(name=self.name, version=self.version or 1, kind=self.kind)


def replay_pointer(day: date) -> str:
    """The alias and pointer of a replay."""
    return f"asof-{day.isoformat()}"


def write(folder: Path, manifest: Manifest, save: Callable[[Path], None]) -> Path:
    """Makes the folder whole or not at all; one that is there already is left as it is."""
    if (folder / MANIFEST).exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}-{uuid4().hex[:8]}")
    draft.mkdir()
    save(draft)
    (draft / MANIFEST).write_text(manifest.model_dump_json(indent=2))
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return folder


def read_manifest(folder: Path) -> Manifest:
    """Raises NoSuchModel when the folder holds none."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_text())
    except FileNotFoundError as missing:
        raise NoSuchModel(str(folder)) from missing


def point(models: Path, name: str, version: int, pointer: str = CHAMPION) -> None:
    """Readers see the old version or the new one, never half a file."""
    target = models / name / f"{pointer}.json"
    draft = target.with_name(f".{pointer}-{uuid4().hex[:8]}")
    draft.write_text(json.dumps({"version": version}))
    os.replace(draft, target)


def pointed(models: Path, name: str, pointer: str = CHAMPION) -> int | None:
    """The version in use; None when there is none yet."""
    try:
        return int(json.loads((models / name / f"{pointer}.json").read_text())["version"])
    except FileNotFoundError:
        return None


def folder_of(models: Path, name: str, pointer: str = CHAMPION) -> Path:
    """The folder of the version in use. Raises NoSuchModel."""
    version = pointed(models, name, pointer)
    if version is None:
        raise NoSuchModel(f"{name}: no {pointer}")
    return models / name / str(version)


def in_use(models: Path, pointer: str = CHAMPION) -> dict[str, int]:
    """Every model that the pointer names a version of, by name."""
    named = sorted(path.parent.name for path in models.glob(f"*/{pointer}.json"))
    return {name: version for name in named if (version := pointed(models, name, pointer)) is not None}
