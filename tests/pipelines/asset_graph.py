"""`python -m tests.pipelines.asset_graph` renews the snapshot of the asset graph, after a change that was meant.

The difference of `asset_graph.json` is then part of the commit, and says to its reader what the change does.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import dagster as dg

SNAPSHOT = Path(__file__).with_suffix(".json")
DATABASES = ("staging/", "intermediate/", "marts/")


def graph() -> dict[str, Any]:
    """Keys and what they depend on, checks (those that block are marked), jobs and schedules, as Dagster knows them."""
    from pipelines.circle import definitions  # parses dbt's project where it has changed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        defs = definitions()
        repository = defs.get_repository_def()
    assets = repository.asset_graph
    return {
        "assets": {_said(key): _asset(assets.get(key)) for key in sorted(assets.get_all_asset_keys())},
        "checks": [_check(assets.get_check_spec(key)) for key in sorted(assets.asset_check_keys)],
        "jobs": {name: _selected(defs.resolve_job_def(name)) for name in ("loop", "refresh")},
        "schedules": {
            schedule.name: {
                "job": schedule.job_name,
                "cron": schedule.cron_schedule,
                "zone": schedule.execution_timezone,
                "running": schedule.default_status is dg.DefaultScheduleStatus.RUNNING,
            }
            for schedule in repository.schedule_defs
        },
    }


def _asset(node: Any) -> dict[str, Any]:
    return {"group": node.group_name, "deps": sorted(_said(key) for key in node.parent_keys)}


def _check(spec: dg.AssetCheckSpec) -> str:
    return f"{_said(spec.asset_key)}: {spec.name}{' (blocks)' if spec.blocking else ''}"


def _selected(job: dg.JobDefinition) -> dict[str, Any]:
    """dbt's tests come all or none, so they are counted; the others are named."""
    selected = job.asset_layer.asset_graph
    checks = {f"{_said(key.asset_key)}: {key.name}" for key in selected.asset_check_keys}
    tests = {check for check in checks if check.startswith(DATABASES)}
    return {
        "assets": sorted(_said(key) for key in selected.executable_asset_keys),
        "checks": sorted(checks - tests),
        "dbt tests": len(tests),
    }


def _said(key: dg.AssetKey) -> str:
    return "/".join(key.path)


def text() -> str:
    return json.dumps(graph(), indent=1) + "\n"


if __name__ == "__main__":
    from stack.local.home import ensure_home
    from stack.settings import get_settings

    ensure_home(get_settings())
    SNAPSHOT.write_text(text())
