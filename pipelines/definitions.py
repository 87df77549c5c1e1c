"""Everything Dagster knows of: loaded from `defs/`, stage by stage."""

from pathlib import Path

import dagster as dg
from dagster.components import load_from_defs_folder

from pipelines.jobs import JOBS
from pipelines.resources import resources
from pipelines.schedules import SCHEDULES
from pipelines.telling import steps

ROOT = Path(__file__).resolve().parent.parent


@dg.definitions
def defs() -> dg.Definitions:
    """The stages, their checks, jobs and schedules, with the resources they share."""
    stages = load_from_defs_folder(project_root=ROOT)
    shared = dg.Definitions(
        jobs=JOBS,
        schedules=SCHEDULES,
        resources=resources(),
        executor=dg.in_process_executor,
        loggers={"console": steps},
    )
    return dg.Definitions.merge(stages, shared)
