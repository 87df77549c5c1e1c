"""What has landed in raw, as a table to be checked."""

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

SAMPLE_ROWS = 100_000
"""Enough for a distribution; a bulk import is sampled, a turn of the loop is seen whole."""


def newest(client: "Client", *, batches: int, limit: int = SAMPLE_ROWS) -> pa.Table:
    """Rows of the last `batches` batches, at most `limit` of them spread evenly.

    Columns: `name`, `source`, `organization_id`, `event_id`, `payload_is_json` (0 or 1), `seconds_ahead` (recorded
    after it landed: a clock that runs ahead), `seconds_early` (recorded before it occurred: a client's wrong clock).
    """
    return client.query_arrow(
        """
with (select max(batch) from raw.learning_events) as last
select
    toString(name) as name,
    toString(source) as source,
    toString(organization_id) as organization_id,
    toString(event_id) as event_id,
    isValidJSON(payload) as payload_is_json,
    dateDiff('second', landed_at, recorded_at) as seconds_ahead,
    dateDiff('second', recorded_at, occurred_at) as seconds_early
from raw.learning_events
where batch > last - {batches:UInt64}
order by cityHash64(event_id)
limit {limit:UInt64}""",
        parameters={"batches": batches, "limit": limit},
        use_strings=True,
    )
