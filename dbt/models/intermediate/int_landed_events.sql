{{ config(
    materialized='incremental',
    incremental_strategy='append',
    order_by='(organization_id, name, source, batch)',
    post_hook="{{ has_read() }}",
) }}
with landed as (
    select * from {{ ref('stg_lms__events') }}
    where {{ arrived() }}
    {% if is_incremental() %}
        and batch not in (select batch from {{ this }})
    {% endif %}
),

once as (
    select
        organization_id,
        batch,
        event_id,
        any(landed.name) as name,
        any(landed.source) as source,
        count() as copies,
        any(landed.views) as views,
        any(landed.recorded_at) as recorded_at
    from landed
    group by organization_id, batch, event_id
)

select
    organization_id,
    toLowCardinality(once.name) as name,
    toLowCardinality(once.source) as source,
    batch,
    sum(copies) as rows,
    count() as events,
    sum(views) as clicks,
    max(recorded_at) as last_recorded_at
from once
group by organization_id, name, source, batch
