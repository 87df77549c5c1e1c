"""The models that answer now: each pinned at load, and swapped when the registry's pointer moves."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

POINTER = "champion.json"

Model = TypeVar("Model")
_log = logging.getLogger(__name__)


class NotOnShelf(LookupError):
    """No model of this name answers here; the message is meant for the caller."""


@dataclass(frozen=True)
class Shelved(Generic[Model]):
    """One loaded version. A request holds on to it, so a swap in its middle changes nothing for it."""

    model: Model
    version: int
    loaded_at: datetime


@dataclass(frozen=True)
class Failure:
    """A version that the pointer names and that could not be loaded; the one before goes on answering."""

    version: int | None
    said: str


class Shelf(Generic[Model]):
    """Models whose name begins with `prefix`.

    `load` reads an export folder and raises when it is damaged or answers nonsense: only what it returns
    answers.
    """

    def __init__(self, prefix: str, folder: Path, load: Callable[[Path], Model]) -> None:
        self._pattern = f"{prefix}*/{POINTER}"
        self._folder = folder
        self._load = load
        self._shelved: dict[str, Shelved[Model]] = {}
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._failures: dict[str, Failure] = {}
        self._lock = Lock()

    def get(self, name: str) -> Shelved[Model]:
        """The version that answers; raises `NotOnShelf`. A dictionary's read: nothing here touches the disk."""
        try:
            return self._shelved[name]
        except KeyError:
            raise NotOnShelf(f"{name}: no version of this model answers here") from None

    @property
    def shelved(self) -> Mapping[str, Shelved[Model]]:
        return dict(self._shelved)

    @property
    def failures(self) -> Mapping[str, Failure]:
        return dict(self._failures)

    def refresh(self) -> list[str]:
        """Looks at every pointer; returns the names whose version changed. Blocks while it loads."""
        with self._lock:
            pointers = {path.parent.name: path for path in self._folder.glob(self._pattern)}
            changed = [name for name, pointer in pointers.items() if self._follow(name, pointer)]
            return changed + [self._withdraw(name) for name in set(self._seen) - set(pointers)]

    def _follow(self, name: str, pointer: Path) -> bool:
        """Load, check, swap. A failed load is tried again only when the pointer moves again."""
        version: int | None = None
        try:
            stat = pointer.stat()
            seen = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if self._seen.get(name) == seen:
                return False
            self._seen[name] = seen
            version = int(json.loads(pointer.read_text())["version"])
            before = self._shelved.get(name)
            if before is None or before.version != version:
                model = self._load(pointer.parent / str(version))
                self._shelved[name] = Shelved(model=model, version=version, loaded_at=datetime.now(UTC))
                _log.info("%s: version %d answers now", name, version)
        except Exception as failure:  # whatever a damaged export raises must not take down the version before it
            self._failures[name] = Failure(version=version, said=f"{type(failure).__name__}: {failure}")
            _log.exception("%s: version %s is not taken", name, version)
            return False
        self._failures.pop(name, None)
        return before is None or before.version != version

    def _withdraw(self, name: str) -> str:
        self._seen.pop(name)
        self._failures.pop(name, None)
        self._shelved.pop(name, None)
        _log.info("%s: withdrawn", name)
        return name
