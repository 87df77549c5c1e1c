"""Both ends of the event log: the outbox in PostgreSQL, which a migration executes, and raw in ClickHouse."""

import psycopg
from psycopg.rows import TupleRow

ORGANIZATION_SETTING = "campus.organization_id"
"""Set per transaction by `set_config(…, true)`; unset means no rows."""

_OWN = f"organization_id = nullif(current_setting('{ORGANIZATION_SETTING}', true), '')::uuid"

OUTBOX_DDL: tuple[str, ...] = (
    """
create table event_log_epoch (
    epoch int not null,
    one boolean primary key default true check (one)
)""",
    "insert into event_log_epoch (epoch) values (1)",
    "create sequence learning_event_seq cache 1",
    # no primary key: it could not hold across partitions; `learning_event_ids` has the unique key
    """
create table learning_events (
    logged_on date not null default (now() at time zone 'utc')::date,
    -- a constant, moved by raise_event_log_epoch(): a function here would cost a bulk import a call per row
    epoch int not null default 1,
    txid xid8 not null default pg_current_xact_id(),
    seq bigint not null default nextval('learning_event_seq'),
    event_id uuid not null,
    organization_id uuid not null,
    name text not null,
    version smallint not null default 1,
    source text not null,
    actor_id uuid,
    course_id uuid,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    trace_id text,
    payload jsonb not null
) partition by range (logged_on)""",
    "alter sequence learning_event_seq owned by learning_events.seq",
    "create index learning_events_position on learning_events (epoch, txid, seq)",
    "create table learning_events_default partition of learning_events default",
    """
create table learning_event_ids (
    organization_id uuid not null,
    event_id uuid not null,
    logged_on date not null default (now() at time zone 'utc')::date,
    primary key (organization_id, event_id)
)""",
    "alter table learning_events enable row level security",
    "alter table learning_events force row level security",
    "alter table learning_events_default enable row level security",
    "alter table learning_events_default force row level security",
    "alter table learning_event_ids enable row level security",
    "alter table learning_event_ids force row level security",
    f"create policy own_organization on learning_events using ({_OWN}) with check ({_OWN})",
    f"create policy own_organization on learning_event_ids using ({_OWN}) with check ({_OWN})",
    "create policy whole_log on learning_events for select to campus_log using (true)",
    # append-only for the application: nobody edits what was said
    "grant select, insert on learning_events, learning_event_ids to campus_app",
    "grant usage on sequence learning_event_seq to campus_app",
    "grant select on event_log_epoch to campus_app, campus_log",
    "grant select on learning_events to campus_log",
    """
create function ensure_event_partitions(days int) returns int language plpgsql as $$
declare
    day date;
    today date := (now() at time zone 'utc')::date;
    partition text;
    made int := 0;
begin
    for day in select today + ahead from generate_series(0, days) as ahead loop
        partition := 'learning_events_' || to_char(day, 'YYYYMMDD');
        continue when to_regclass(partition) is not null;
        begin
            execute 'create table ' || partition || ' partition of learning_events for values from ('
                || quote_literal(day) || ') to (' || quote_literal(day + 1) || ')';
            execute 'alter table ' || partition || ' enable row level security';
            execute 'alter table ' || partition || ' force row level security';
            made := made + 1;
        exception when check_violation then
            -- that day's first rows are in the default partition already, and the rest joins them
            null;
        end;
    end loop;
    return made;
end $$""",
    """
create function raise_event_log_epoch() returns int language plpgsql as $$
declare
    raised int;
begin
    update event_log_epoch set epoch = epoch + 1 returning epoch into raised;
    execute 'alter table learning_events alter column epoch set default ' || raised;
    return raised;
end $$""",
    "revoke execute on function ensure_event_partitions(int), raise_event_log_epoch() from public",
)
"""One statement each, for the owner. The roles campus_app and campus_log stand already."""

OUTBOX_DROP: tuple[str, ...] = (
    "drop function raise_event_log_epoch()",
    "drop function ensure_event_partitions(int)",
    "drop table learning_event_ids",
    "drop table learning_events",
    "drop table event_log_epoch",
)

PARTITION_DAYS = 14
"""How many days of partitions are made ahead; the default partition is the net under them."""


def ensure_partitions(connection: psycopg.Connection[TupleRow], *, days: int = PARTITION_DAYS) -> int:
    """Makes today's partition and those of the next `days`, as the owner; gives how many were missing."""
    row = connection.execute("select ensure_event_partitions(%s)", (days,)).fetchone()
    return int(row[0]) if row else 0


RAW_DDL: tuple[str, ...] = (
    "create database if not exists raw engine = Atomic",
    # by place in the log, never by event time: one imported batch spans years
    """
create table if not exists raw.learning_events (
    organization_id UUID,
    event_id UUID,
    name LowCardinality(String),
    version UInt16,
    source LowCardinality(String),
    actor_id Nullable(UUID),
    course_id Nullable(UUID),
    occurred_at DateTime64(6, 'UTC'),
    recorded_at DateTime64(6, 'UTC'),
    trace_id String,
    payload String codec(ZSTD(1)),
    epoch UInt32,
    txid UInt64,
    seq UInt64,
    batch UInt64,
    landed_at DateTime64(6, 'UTC') default now64(6, 'UTC')
) engine = MergeTree
order by (name, batch, txid, seq)
partition by intDiv(batch, 100000)""",
    # two rows a batch: `planned` fixes its range before anything is sent, `done` says that all of it landed
    """
create table if not exists raw.carry_batches (
    batch UInt64,
    epoch UInt32,
    after_txid UInt64,
    after_seq UInt64,
    to_txid UInt64,
    to_seq UInt64,
    rows UInt64,
    state Enum8('planned' = 1, 'done' = 2),
    generation UInt64,
    said_at DateTime64(6, 'UTC') default now64(6, 'UTC')
) engine = MergeTree
order by (batch, state)""",
    """
create table if not exists raw.carriers (
    generation UInt64,
    said_at DateTime64(6, 'UTC') default now64(6, 'UTC')
) engine = MergeTree
order by generation""",
)
"""Ensured by the carrier at its start. dbt knows raw as a source."""
