with source as (
    select * from {{ source('raw', 'learning_events') }}
    where name = 'assessment.changed'
    limit 1 by organization_id, batch, event_id
),

renamed as (
    select
        ---------- ids
        organization_id,
        event_id,
        -- inside a course by nature; a column of an order may not be null
        ifNull(source.course_id, toUUID('00000000-0000-0000-0000-000000000000')) as course_id,
        actor_id,
        {{ field('assessment_id', 'UUID') }},
        ---------- facts
        {{ field('revision', 'UInt32') }},
        {{ field('deleted', 'Bool') }},
        {{ field('kind', 'LowCardinality(String)') }},
        {{ field('weight', 'Nullable(Float64)') }},
        {{ field('total_points', 'Nullable(Float64)') }},
        {{ field('max_attempts', 'Nullable(Int32)') }},
        {{ field('questions', 'Int32') }},
        ---------- moments
        {{ field('due_at', 'Nullable(DateTime64)') }},
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
