{{ config(
    materialized='incremental',
    incremental_strategy='delete_insert',
    unique_key='(organization_id, course_id, enrollment_id)',
    order_by='(organization_id, course_id, enrollment_id, lesson_id)',
    post_hook="{{ has_read() }}",
) }}
with views as (
    select * from {{ ref('fct_activity_views') }}
    {% if is_incremental() %}
    -- all pages of an enrollment that has news: it is one stretch of both tables
    where (organization_id, course_id, enrollment_id) in (
        select organization_id, course_id, enrollment_id from {{ ref('fct_activity_views') }} where {{ arrived() }}
    )
    {% endif %}
)

select
    organization_id,
    course_id,
    enrollment_id,
    lesson_id,
    any(actor_id) as actor_id,
    sum(views) as views,
    min(recorded_at) as first_recorded_at,
    max(recorded_at) as last_recorded_at
from views
group by organization_id, course_id, enrollment_id, lesson_id
