"""What is kept when a test fails: the logs of every campus's processes, Dagster's last runs, the last ledger."""

import json
import shutil
import traceback
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from stack.settings import Settings
from tests.homes import at_home, homes

LAST = 20
"""Runs of Dagster that are told."""


def keep(folder: Path, words: str) -> None:
    """Beside the test's own words; whatever goes wrong here is written down and never hides why the test failed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure.txt").write_text(words)
    for settings in homes:
        try:
            _keep(folder, settings)
        except Exception:
            (folder / f"incomplete-{settings.home.name}.txt").write_text(traceback.format_exc())


def _keep(folder: Path, settings: Settings) -> None:
    if settings.logs_folder.exists():
        shutil.copytree(settings.logs_folder, folder / f"logs-{settings.home.name}", dirs_exist_ok=True)
    with at_home(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if (settings.dagster_home / "dagster.yaml").exists() and _answers(Settings()):
            _keep_runs(folder, Settings())


def _answers(settings: Settings) -> bool:
    """Whether Dagster's database does; a test may have stopped it, and a Dagster that waits for it costs a minute."""
    try:
        psycopg.connect(settings.platform_url("dagster"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _keep_runs(folder: Path, settings: Settings) -> None:
    from pipelines.instance import instance  # heavy: only where something failed

    with instance(settings) as dagster:
        records = dagster.get_run_records(limit=LAST)
        _write(folder / f"runs-{settings.home.name}.json", [_told(dagster, record) for record in records])
        ended = [record.dagster_run.run_id for record in records if record.end_time]
        if ended:
            from pipelines.reporting import report_of

            report = report_of(dagster, ended[0], replay=None)
            _write(folder / f"ledger-{settings.home.name}.json", report.model_dump(mode="json"))


def _told(dagster: Any, record: Any) -> dict[str, Any]:
    from pipelines.reporting import failure

    run = record.dagster_run
    moments = dict(_moments(started=record.start_time, ended=record.end_time))
    return {
        "id": run.run_id,
        "job": run.job_name,
        "status": run.status.value,
        **moments,
        "failure": failure(dagster, run.run_id),
    }


def _moments(**timestamps: float | None) -> Iterator[tuple[str, str | None]]:
    for name, timestamp in timestamps.items():
        yield name, datetime.fromtimestamp(timestamp, UTC).isoformat() if timestamp else None


def _write(path: Path, told: Any) -> None:
    path.write_text(json.dumps(told, indent=2) + "\n")
