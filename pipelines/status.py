"""Where the loop stands now."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from contracts.loop import LoopReport
from models.exports import in_use
from stack import clock
from stack.event_log.carry import lag
from stack.settings import Settings


class Status(BaseModel):
    """The lag of the log, the last turn and what answers now."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    lag_events: int
    lag_news: int
    lag_seconds: float | None
    landed: str
    model_versions: dict[str, str]
    last_run: LoopReport | None


def status_of(settings: Settings) -> Status:
    """Asks the log, ClickHouse, Dagster and the export folders; needs no process of the loop to be up."""
    behind = lag(settings)
    oldest = behind.oldest_recorded_at
    return Status(
        lag_events=behind.events,
        lag_news=behind.news,
        lag_seconds=(clock.now() - oldest).total_seconds() if oldest else None,
        landed=str(behind.landed),
        model_versions={name: str(version) for name, version in in_use(settings.models_folder).items()},
        last_run=_last_run(settings),
    )


def _last_run(settings: Settings) -> LoopReport | None:
    from dagster import DagsterRunStatus, RunsFilter  # heavy: only where the status is really asked

    from pipelines.instance import instance
    from pipelines.reporting import report_of

    ended = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
    with instance(settings) as persistent:
        newest = [
            record
            for job in ("loop", "refresh")
            for record in persistent.get_run_records(RunsFilter(job_name=job, statuses=ended), limit=1)
        ]
        if not newest:
            return None
        run = max(newest, key=lambda record: record.create_timestamp).dagster_run
        replay = run.tags.get("campus/replay")
        return report_of(persistent, run.run_id, replay=date.fromisoformat(replay) if replay else None)
