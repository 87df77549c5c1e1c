"""dbt's nodes as Dagster's assets and checks, run by the warm dbt of this process."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from pipelines.warm_dbt import DbtFailed

Told = dg.MaterializeResult[Any] | dg.AssetCheckResult
MATERIALISED = ("model", "seed", "snapshot")
SUCCEEDED = ("success", "pass", "warn")


class Stages(DagsterDbtTranslator):
    """An asset's key is its database and its name: `marts/fct_activity_views`; sources keep theirs: `raw/…`."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return "transform"


def told(
    results: Sequence[Any], *, manifest: Mapping[str, Any], rows: Mapping[tuple[str, str], int], position: str
) -> Iterator[Told]:
    """Each node's result as Dagster says it: models first, then checks. Raises DbtFailed last."""
    translator = Stages()
    for result in results:
        if result.node.resource_type in MATERIALISED and result.status in SUCCEEDED:
            yield _made(result, rows, position)
    for result in results:
        if result.node.resource_type == "test" and (check := _checked(result, manifest, translator)):
            yield check
    # a test that fails is a check that doesn't hold, told above; what could not run at all is an error
    failed = [result for result in results if result.status in ("error", "runtime error", "partial success")]
    if failed:
        raise DbtFailed("; ".join(f"{result.node.name}: {_first_lines(result.message)}" for result in failed))


def _made(result: Any, rows: Mapping[tuple[str, str], int], position: str) -> dg.MaterializeResult[Any]:
    place = (result.node.schema, result.node.name)
    known = {"dagster/row_count": rows[place]} if place in rows else {}
    return dg.MaterializeResult(
        asset_key=list(place), metadata={**known, "seconds": round(result.execution_time, 3), "position": position}
    )


def _checked(result: Any, manifest: Mapping[str, Any], translator: DagsterDbtTranslator) -> dg.AssetCheckResult | None:
    key = get_asset_check_key_for_test(manifest, translator, result.node.unique_id, None)
    if key is None or result.status == "skipped":
        return None
    severity = dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR
    return dg.AssetCheckResult(
        passed=result.status == "pass",
        asset_key=key.asset_key,
        check_name=key.name,
        severity=severity,
        metadata={"failures": result.failures or 0, "message": _first_lines(result.message)},
    )


def _first_lines(message: str | None) -> str:
    return " ".join((message or "").split())[:400]
