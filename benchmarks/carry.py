"""Log → ClickHouse with exactly-once on, beside COPY TO STDOUT thrown away: as fast as PostgreSQL gives rows out."""

from collections.abc import Callable, Iterator

import psycopg

from benchmarks.measure import ROUNDS, Row, alternating
from stack import clickhouse
from stack.event_log.carry import carry
from stack.event_log.table import OUTBOX_DDL, ensure_partitions
from stack.settings import Settings

EVENTS = 1_000_000
COLUMNS = (
    "organization_id, event_id, name, version, source, actor_id, course_id, occurred_at, recorded_at, trace_id, payload"
)
FILL = (
    """
select set_config('campus.organization_id', '00000000-0000-7000-8000-000000000001', true)""",
    f"""
insert into learning_events ({COLUMNS})
select '00000000-0000-7000-8000-000000000001', gen_random_uuid(), 'activity.viewed', 1, 'live', gen_random_uuid(),
    gen_random_uuid(), now(), now(), md5(n::text),
    jsonb_build_object('enrollment_id', gen_random_uuid(), 'lesson_id', gen_random_uuid(), 'views', 1)
from generate_series(1, %s) as n""",
)


def measure(settings: Settings, *, told: Callable[[str], None]) -> Iterator[Row]:
    """Rows a second; each round carries the whole log into an empty raw."""
    with psycopg.connect(settings.owner_url) as owner:
        told(f"making {EVENTS:,} events, made up")
        for statement in OUTBOX_DDL:
            owner.execute(statement)
        ensure_partitions(owner)
        owner.execute(FILL[0])
        owner.execute(FILL[1], [EVENTS])
    told(f"carrying them {ROUNDS} times, and copying them to nowhere")
    ours, limit = alternating(lambda: _carried(settings), lambda: _copied(settings))
    yield Row(
        path="event log to ClickHouse, rows/s",
        ours=EVENTS / ours,
        beside="COPY TO STDOUT, thrown away",
        limit=EVENTS / limit,
        aim="at least 0.6",
    )


def _carried(settings: Settings) -> None:
    with clickhouse.client(settings=settings) as client:
        client.command("drop database if exists raw sync")
    if carry(settings).rows != EVENTS:
        raise AssertionError("the carry left events behind")


def _copied(settings: Settings) -> None:
    with (
        psycopg.connect(settings.log_url) as log,
        log.cursor() as cursor,
        cursor.copy("copy (select * from learning_events) to stdout (format binary)") as rows,
    ):
        for _ in rows:
            pass
