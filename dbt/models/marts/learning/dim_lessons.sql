{{ config(order_by='(organization_id, course_id, lesson_id)') }}
with latest as (
    {{ latest_state(ref('stg_lms__lessons'), 'lesson_id') }}
),

first_known as (
    select
        organization_id,
        lesson_id,
        argMin(activity_type, revision) as first_activity_type,
        min(recorded_at) as first_recorded_at
    from {{ ref('stg_lms__lessons') }}
    where batch <= {{ watermark('arrived') }}
    group by organization_id, lesson_id
)

select latest.*, first_activity_type, first_recorded_at
from latest
inner join first_known using (organization_id, lesson_id)
