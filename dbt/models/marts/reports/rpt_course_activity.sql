{{ config(
    materialized='incremental',
    incremental_strategy='delete_insert',
    unique_key='(organization_id, course_id, week_of)',
    order_by='(organization_id, course_id, week_of)',
    post_hook="{{ has_read() }}",
) }}
with views as (
    select *, toMonday(recorded_at) as week_of from {{ ref('fct_activity_views') }}
    {% if is_incremental() %}
    where (organization_id, course_id, toMonday(recorded_at)) in (
        select organization_id, course_id, toMonday(recorded_at)
        from {{ ref('fct_activity_views') }} where {{ arrived() }}
    )
    {% endif %}
),

counted as (
    select organization_id, course_id, week_of, uniqExact(enrollment_id) as learners, sum(views) as views
    from views
    group by organization_id, course_id, week_of
)

select
    organization_id,
    course_id,
    week_of,
    {{ suppressed('learners', people='learners') }} as learners,
    {{ suppressed('views', people='learners') }} as views,
    toUInt8(counted.learners < {{ fewest_people() }}) as is_suppressed
from counted
