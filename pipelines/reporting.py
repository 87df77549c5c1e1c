"""What one run did, read back from Dagster: the report that the LMS's system page and `campus loop` show."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import dagster as dg

from contracts.loop import LoopReport, StageReport

LEDGER = "ledger"
"""Metadata of an asset that gives stages of its own, as a list of StageReport."""


def report_of(instance: dg.DagsterInstance, run_id: str, *, replay: date | None) -> LoopReport:
    """Stages in the order in which they ran; a failed run gives those that ended, and why the next did not."""
    run = instance.get_run_record_by_id(run_id)
    if run is None:
        raise LookupError(f"Dagster knows no run {run_id}")
    return LoopReport(
        run_id=UUID(run_id),
        started_at=_moment(run.start_time),
        finished_at=_moment(run.end_time),
        replay_as_of=replay,
        stages=tuple(stages(instance, run_id)),
        **told(instance, run_id),
        failure=failure(instance, run_id),
    )


def stages(instance: dg.DagsterInstance, run_id: str) -> Iterator[StageReport]:
    """One row per asset that says how many rows went in and out, and the rows of the ledger mart."""
    seconds = {step.step_key: _seconds(step) for step in instance.get_run_step_stats(run_id)}
    made = list(_materialised(instance, run_id))
    tables = {asset: metadata for _, asset, metadata in made}
    for step, _, metadata in made:
        for row in json.loads(metadata.get(LEDGER, "[]")):
            yield _of_a_table(StageReport.model_validate(row), tables)
        if "rows_in" in metadata:
            yield _stage(step, metadata, seconds.get(step, 0.0))


def _of_a_table(stage: StageReport, tables: dict[str, dict[str, Any]]) -> StageReport:
    """How long dbt took for the table that this row counts, and how far it had read."""
    metadata = tables.get(stage.stage.rpartition(" ")[2], {})
    return stage.model_copy(
        update={"seconds": metadata.get("seconds", 0.0), "position": metadata.get("position", stage.position)}
    )


def _stage(step: str, metadata: dict[str, Any], seconds: float) -> StageReport:
    known = {
        name: metadata[name] for name in ("position", "merged", "rejected", "waiting", "clicks") if name in metadata
    }
    return StageReport(
        stage=step.removeprefix("raw__"),
        rows_in=metadata["rows_in"],
        rows_out=metadata["rows_out"],
        seconds=seconds,
        note=str(metadata.get("note", "")),
        **known,
    )


def told(instance: dg.DagsterInstance, run_id: str) -> dict[str, Any]:
    """Lag and model versions, from whichever asset knew them."""
    wanted = ("lag_seconds", "lag_events")
    found: dict[str, Any] = {}
    versions: dict[str, str] = {}
    for _, _, metadata in _materialised(instance, run_id):
        found.update({name: metadata[name] for name in wanted if name in metadata})
        versions.update(json.loads(metadata.get("model_versions", "{}")))
    return {**found, "model_versions": versions}


def failure(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """The first step that failed, or the first blocking check, in one line; None when the circle closed."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        error = event.step_failure_data.error if event else None
        cause = error.cause if error and error.cause else error
        return f"{event.step_key if event else '?'}: {' '.join((cause.message if cause else '').split())[:600]}"
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        check = entry.dagster_event.asset_check_evaluation_data if entry.dagster_event else None
        if check and not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
            return f"{check.asset_key.to_user_string()}: the check {check.check_name} does not hold"
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE):
        return " ".join(entry.user_message.split())[:600]
    return None


def _materialised(instance: dg.DagsterInstance, run_id: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Step, last part of the asset's key, metadata; in the order of materialisation."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        made = entry.dagster_event.step_materialization_data.materialization if entry.dagster_event else None
        if made:
            plain = {name: value.value for name, value in made.metadata.items()}
            yield entry.step_key or "", made.asset_key.path[-1] if made.asset_key else "", plain


def _seconds(step: Any) -> float:
    return round(step.end_time - step.start_time, 3) if step.start_time and step.end_time else 0.0


def _moment(timestamp: float | None) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC) if timestamp else datetime.now(UTC)
