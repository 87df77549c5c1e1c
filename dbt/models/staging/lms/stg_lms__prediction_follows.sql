with source as (
    select * from {{ source('raw', 'learning_events') }}
    where name = 'prediction.followed'
    limit 1 by organization_id, batch, event_id
),

renamed as (
    select
        ---------- ids
        organization_id,
        event_id,
        course_id,
        actor_id,
        {{ field('prediction_id', 'UUID') }},
        {{ field('item_id', 'Nullable(UUID)') }},
        ---------- facts
        {{ field('kind', 'LowCardinality(String)') }},
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
