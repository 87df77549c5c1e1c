{{ config(order_by='(organization_id, course_id, act)') }}
with counted as (
    select organization_id, course_id, act, uniqExact(enrollment_id) as learners, uniqExact(intervention_id) as interventions
    from {{ ref('fct_interventions') }}
    group by organization_id, course_id, act
)

select
    organization_id,
    course_id,
    act,
    {{ suppressed('learners', people='learners') }} as learners,
    {{ suppressed('interventions', people='learners') }} as interventions,
    toUInt8(counted.learners < {{ fewest_people() }}) as is_suppressed
from counted
