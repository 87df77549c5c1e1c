{{ config(order_by='(organization_id, course_id, enrollment_id)') }}
with left_the_course as (
    select organization_id, course_id, enrollment_id, max(actor_id) as actor_id, min(known_from) as withdrew_at
    from {{ ref('int_enrollment_states') }}
    where status = 'dropped' and known_to = {{ never() }} and not deleted
    group by organization_id, course_id, enrollment_id
),

results as (
    select organization_id, course_id, enrollment_id, actor_id, toString(outcome) as outcome, recorded_at
    from {{ ref('fct_course_results') }}
    union all
    -- who leaves has withdrawn, whether or not a result was written
    select organization_id, course_id, enrollment_id, actor_id, 'withdrawn' as outcome, withdrew_at as recorded_at
    from left_the_course
    where (organization_id, enrollment_id) not in (
        select organization_id, enrollment_id from {{ ref('fct_course_results') }}
    )
)

select
    results.organization_id as organization_id,
    results.enrollment_id as enrollment_id,
    results.course_id as course_id,
    results.actor_id as actor_id,
    toLowCardinality(results.outcome) as outcome,
    results.recorded_at as label_recorded_at,
    toUInt8(results.outcome in ('fail', 'withdrawn')) as fails_or_withdraws,
    nullIf(left_the_course.withdrew_at, {{ always() }}) as withdrew_at
from results
left join left_the_course
    on results.organization_id = left_the_course.organization_id
    and results.enrollment_id = left_the_course.enrollment_id
