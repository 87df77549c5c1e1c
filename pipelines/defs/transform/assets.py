"""Shape: dbt's models and tests, one asset and one check each."""

from collections.abc import Iterator

import dagster as dg
from dagster_dbt import dbt_assets

from pipelines.manifest import manifest
from pipelines.turn import Turn
from pipelines.warehouse import Stages, Told, told
from pipelines.warm_dbt import invoke
from stack import clickhouse
from stack.event_log.carry import landed_position
from stack.settings import get_settings


@dg.definitions
def warehouse_definitions() -> dg.Definitions:
    """Made when Dagster loads, for the manifest lies in this campus's home."""
    parsed = manifest(get_settings())

    @dbt_assets(manifest=parsed, dagster_dbt_translator=Stages(), name="warehouse")
    def warehouse(context: dg.AssetExecutionContext, turn: Turn) -> Iterator[Told]:
        # the adapter makes its database once per process, whatever server it then speaks to
        clickhouse.ensure_databases(turn.settings)
        command = ("build",) if turn.checks else ("run", "--selector", "refresh")
        results = invoke(turn.settings, *command, variables=turn.dbt_variables())
        with clickhouse.client(settings=turn.settings) as client:
            rows, position = clickhouse.row_counts(client), str(landed_position(client))
        yield from told(results, manifest=parsed, rows=rows, position=position)

    return dg.Definitions(assets=[warehouse])
