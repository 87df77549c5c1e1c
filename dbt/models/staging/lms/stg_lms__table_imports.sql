with source as (
    select * from {{ source('raw', 'learning_events') }}
    where name = 'table.imported'
    limit 1 by organization_id, batch, event_id
),

renamed as (
    select
        ---------- ids
        organization_id,
        event_id,
        course_id,
        actor_id,
        {{ field('import_id', 'UUID') }},
        ---------- facts
        {{ field('table', 'LowCardinality(String)') }},
        {{ field('rows', 'UInt64') }},
        {{ field('events', 'UInt64') }},
        {{ field('merged', 'UInt64') }},
        {{ field('rejected', 'UInt64') }},
        {{ field('further', 'UInt64') }},
        {{ field('clicks', 'UInt64') }},
        ---------- moments
        occurred_at,
        recorded_at,
        ---------- where it comes from
        source.source as source,
        trace_id,
        batch,
        txid,
        seq
    from source
)

select * from renamed
