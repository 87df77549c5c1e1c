with source as (
    select * from {{ source('raw', 'learning_events') }}
),

-- as landed, a duplicate included: this is what the ledger counts
renamed as (
    select
        ---------- ids
        organization_id,
        event_id,
        ---------- facts
        name,
        if(name = 'activity.viewed', views_said, 0) as views,
        ---------- moments
        recorded_at,
        ---------- where it comes from
        source.source as source,
        batch
    from (select *, {{ field('views', 'UInt32') | replace(' as views', ' as views_said') }} from source) as source
)

select * from renamed
