"""The suite that every landing is held against: what raw promises to dbt."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from contracts.envelope import Source
from contracts.events import CATALOGUE

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One expectation's result: its name, whether it held, and what was seen."""

    name: str
    held: bool
    unexpected: int
    seen: str


CHECKS = (
    "name_is_in_the_catalogue",
    "source_is_known",
    "payload_is_json",
    "event_id_is_unique",
    "recorded_before_it_landed",
    "occurred_before_it_was_recorded",
)
"""The expectations by name, in the order of the suite."""


def findings(rows: pa.Table) -> Iterator[Finding]:
    """One finding per check, from one validation of the rows of `stack.event_log.landed.newest`."""
    # 285 MB and seconds: only where a landing is really validated
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("landing").add_dataframe_asset("learning_events")
    batch = asset.add_batch_definition_whole_dataframe("newest").get_batch({"dataframe": rows.to_pandas()})
    suite = gx.ExpectationSuite(name="landing", expectations=list(_expectations()))
    outcome = batch.validate(suite, result_format="SUMMARY")
    for name, result in zip(CHECKS, outcome.results, strict=True):
        seen = result.result.get("partial_unexpected_list", [])[:5]
        yield Finding(
            name=name,
            held=bool(result.success),
            unexpected=int(result.result.get("unexpected_count", 0)),
            seen=str(seen),
        )


def _expectations() -> "tuple[Expectation, ...]":
    from great_expectations.expectations import core  # see above

    return (
        core.ExpectColumnValuesToBeInSet(column="name", value_set=sorted(CATALOGUE)),
        core.ExpectColumnValuesToBeInSet(column="source", value_set=[source.value for source in Source]),
        core.ExpectColumnValuesToBeInSet(column="payload_is_json", value_set=[1]),
        core.ExpectCompoundColumnsToBeUnique(column_list=["organization_id", "event_id"]),
        # An import may be dated by its source; nothing may be known before it happens, but for a clock's drift.
        core.ExpectColumnValuesToBeBetween(column="seconds_ahead", max_value=DAY),
        # Clients' clocks are wrong now and then: a rare one is theirs, many are ours.
        core.ExpectColumnValuesToBeBetween(column="seconds_early", max_value=DAY, mostly=0.99),
    )
