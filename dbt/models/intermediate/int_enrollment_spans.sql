{{ config(order_by='(organization_id, enrollment_id)') }}
with enrollments as (
    select * from {{ ref('int_enrollment_states') }} where status = 'active' and not deleted
),

courses as (
    select * from {{ ref('int_course_states') }} where not deleted
),

spans as (
    select
        enrollments.organization_id as organization_id,
        enrollments.enrollment_id as enrollment_id,
        enrollments.course_id as course_id,
        enrollments.actor_id as actor_id,
        ---------- facts
        enrollments.previous_attempts as previous_attempts,
        enrollments.credits as credits,
        courses.published as published,
        courses.starts_at is null as is_self_paced,
        ---------- moments
        enrollments.enrolled_at as enrolled_at,
        ifNull(courses.starts_at, enrollments.enrolled_at) as start,
        courses.ends_at as ends_at,
        greatest(enrollments.known_from, courses.known_from) as known_from,
        least(enrollments.known_to, courses.known_to) as known_to
    from enrollments
    inner join courses
        on enrollments.organization_id = courses.organization_id and enrollments.course_id = courses.course_id
)

select * from spans where known_from < known_to
