"""One turn of the loop: its moment, whether it is a replay, and the lock that keeps two turns from overlapping."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from typing import Self

import dagster as dg
import psycopg
from psycopg.rows import TupleRow
from pydantic import Field, PrivateAttr

from stack import clock
from stack.errors import CampusError
from stack.settings import Settings, get_settings

LOOP_LOCK = 7_423_001
"""The advisory lock's number in the platform cluster's `dagster` database."""
PATIENCE = 3_600.0
"""Seconds that a schedule's run waits for the worker's turn, or for a long training."""


class LoopBusy(CampusError):
    """Another turn holds the lock: wait for it, or stop the worker that runs it."""

    exit_code = 22


class Turn(dg.ConfigurableResource["Turn"]):
    """The same for every asset of a run. Empty configuration is a live turn at the present moment."""

    replay_as_of: str = Field(default="", description="YYYY-MM-DD: only what was recorded by the end of that day.")
    every_row: bool = Field(default=True, description="Score every open row; else those that aren't posted yet.")
    checks: bool = Field(default=True, description="Run dbt's tests and make its views too; the worker's turn doesn't.")
    retrain: bool = Field(default=False, description="Train although there is a champion.")

    locked: bool = Field(
        default=False, description="Whoever asks holds the loop's lock; a schedule's run doesn't, and waits for it."
    )

    _cutoff: datetime | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        with nullcontext() if self.locked else only_loop(self.settings, patience=PATIENCE):
            self._cutoff = clock.as_of_cutoff(self.replay) if self.replay else None
            yield self

    @property
    def replay(self) -> date | None:
        return date.fromisoformat(self.replay_as_of) if self.replay_as_of else None

    @property
    def cutoff(self) -> datetime:
        """The business moment of the whole turn: rows read what was recorded before it.

        Live it is when it is first asked for, which is after the carry: whatever has landed is then before it.
        """
        if self._cutoff is None:
            self._cutoff = clock.now()
        return self._cutoff

    @property
    def settings(self) -> Settings:
        return get_settings()

    def dbt_variables(self) -> dict[str, str]:
        """What `dbt_project.yml` documents."""
        return {"cutoff": self.cutoff.astimezone(UTC).isoformat(), "replay": self.replay_as_of}


@contextmanager
def only_loop(settings: Settings, *, patience: float = 0.0) -> Iterator[None]:
    """Holds the loop's lock, for as long as the connection lives.

    Raises LoopBusy when it is still taken after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    with psycopg.connect(settings.platform_url("dagster"), autocommit=True) as connection:
        while not _taken(connection):
            if time.monotonic() >= deadline:
                raise LoopBusy(
                    "Another turn of the loop is running: wait for it to end, or stop the worker that runs it."
                )
            time.sleep(1.0)
        yield


def _taken(connection: psycopg.Connection[TupleRow]) -> bool:
    row = connection.execute("select pg_try_advisory_lock(%s)", [LOOP_LOCK]).fetchone()
    return bool(row and row[0])
