{{ config(order_by='(organization_id, actor_id, course_id, enrollment_id)') }}
with enrollments as (
    select
        organization_id, course_id, enrollment_id,
        assumeNotNull(actor_id) as actor_id,
        min(known_from) as first_recorded_at
    from {{ ref('int_enrollment_states') }}
    where actor_id is not null
    group by organization_id, course_id, enrollment_id, actor_id
)

select
    enrollments.organization_id as organization_id,
    enrollments.actor_id as actor_id,
    enrollments.course_id as course_id,
    courses.family as family,
    enrollments.enrollment_id as enrollment_id,
    enrollments.first_recorded_at as first_recorded_at,
    nullIf(toString(labels.outcome), '') as outcome
from enrollments
inner join {{ ref('dim_courses') }} as courses
    on enrollments.organization_id = courses.organization_id and enrollments.course_id = courses.course_id
left join {{ ref('ftr_enrollment_labels') }} as labels
    on enrollments.organization_id = labels.organization_id and enrollments.enrollment_id = labels.enrollment_id
