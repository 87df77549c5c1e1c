"""One turn of the circle in this process, seen in Dagster as a run of the persistent instance."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import dagster as dg

from contracts.loop import LoopReport
from pipelines.instance import instance
from pipelines.reporting import report_of
from pipelines.turn import only_loop
from stack.settings import Settings


@lru_cache(maxsize=1)
def definitions() -> dg.Definitions:
    """Loaded once per process: it reads dbt's manifest and imports the stages."""
    from pipelines.definitions import defs  # loads dbt's translator; the worker pays it once

    return defs()


def turn_the_loop(
    settings: Settings,
    *,
    job: str = "loop",
    replay: date | None = None,
    every_row: bool = True,
    checks: bool = True,
    retrain: bool = False,
) -> LoopReport:
    """Runs the circle once and says what each stage did, failure included. Raises LoopBusy when another turn runs."""
    config: dict[str, Any] = {
        "replay_as_of": replay.isoformat() if replay else "",
        "every_row": every_row,
        "checks": checks,
        "retrain": retrain,
        "locked": True,
    }
    with only_loop(settings), instance(settings) as persistent:
        outcome = (
            definitions()
            .resolve_job_def(job)
            .execute_in_process(
                instance=persistent,
                run_config={"resources": {"turn": {"config": config}}, "loggers": {"console": {}}},
                tags=_tags(replay),
                raise_on_error=False,
            )
        )
        return report_of(persistent, outcome.run_id, replay=replay)


def _tags(replay: date | None) -> Mapping[str, str]:
    return {"campus/replay": replay.isoformat()} if replay else {}
