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
    select organization_id, name, source, batch, event_id, count() as copies, any(views) as views
    from landed
    group by organization_id, name, source, batch, event_id
)

select
    organization_id,
    name,
    source,
    batch,
    sum(copies) as rows,
    count() as events,
    sum(views) as clicks
from once
group by organization_id, name, source, batch
