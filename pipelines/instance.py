"""Dagster's instance: its home under LMS_HOME, its storage in the platform's PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from stack.settings import Settings, tell_libraries

TEMPLATE = Path(__file__).resolve().parent.parent / "dagster.yaml"


def environment(settings: Settings) -> dict[str, str]:
    """What `dagster.yaml` and the processes of Dagster read."""
    return {"DAGSTER_HOME": str(settings.dagster_home), "LMS_DAGSTER_URL": settings.platform_url("dagster")}


def prepare(settings: Settings) -> None:
    """Dagster reads its configuration from its home alone, so the project's file is laid there."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TEMPLATE, settings.dagster_home / "dagster.yaml")


@contextmanager
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The persistent instance; every run of the circle is recorded there."""
    prepare(settings)
    tell_libraries(**environment(settings))
    with dg.DagsterInstance.get() as persistent:
        # else it connects anew for each of the thousand statements of a turn
        persistent.optimize_for_webserver(statement_timeout=0, pool_recycle=3_600, max_overflow=4)
        yield persistent
