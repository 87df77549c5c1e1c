-- depends_on: {{ ref('stg_lms__activity_views') }}
{{ config(
    materialized='incremental',
    incremental_strategy='delete_insert',
    unique_key='(organization_id, course_id, enrollment_id, lesson_id)',
    order_by='(organization_id, course_id, enrollment_id, lesson_id)',
    post_hook="{{ has_read() }}",
) }}
with views as (
    select * from {{ ref('fct_activity_views') }}
    {% if is_incremental() %}
    where (organization_id, course_id, enrollment_id, lesson_id) in (
        select organization_id, course_id, enrollment_id, lesson_id
        from {{ ref('stg_lms__activity_views') }} where {{ arrived() }}
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
