"""What the daemon starts by the clock. New events need no schedule: the worker sees them."""

import dagster as dg

from pipelines.jobs import loop

nightly = dg.ScheduleDefinition(
    name="nightly",
    job=loop,
    cron_schedule="30 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every open row is refreshed and scored: the recency of the silent moves too.",
)
weekly_retraining = dg.ScheduleDefinition(
    name="weekly_retraining",
    job=loop,
    cron_schedule="30 3 * * 1",
    execution_timezone="UTC",
    run_config={"resources": {"turn": {"config": {"retrain": True}}}},
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="New challengers on what became known in the week; the gate decides whether one becomes champion.",
)
SCHEDULES = [nightly, weekly_retraining]
