"""What an import refuses, named so that it can be found in the file."""

from collections.abc import Iterable
from dataclasses import dataclass

from stack.errors import CampusError

SHOWN = 20
"""Rejects that are printed; the rest are counted."""


@dataclass(frozen=True, order=True)
class Reject:
    """One thing that can't be imported. `line` counts from 1, the header's; 0 is the file as a whole."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}" if self.line else f"{self.file}: {self.why}"


class ImportRejected(CampusError):
    """Nothing was written: the file has rows that can't be what they should be."""

    exit_code = 10

    def __init__(self, rejects: Iterable[Reject]) -> None:
        self.rejects = tuple(sorted(rejects))
        listed = "\n".join(f"  {reject}" for reject in self.rejects[:SHOWN])
        more = len(self.rejects) - SHOWN
        tail = f"\n  … and {more:,} more" if more > 0 else ""
        super().__init__(f"{len(self.rejects):,} rejected, nothing was imported:\n{listed}{tail}")


def refuse(rejects: Iterable[Reject]) -> None:
    """Raises ImportRejected when there is at least one."""
    found = tuple(rejects)
    if found:
        raise ImportRejected(found)
