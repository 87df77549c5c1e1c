-- Nobody who had left or had not enrolled, as known at the cut-off, has a row.
select features.organization_id, features.enrollment_id, features.as_of
from {{ ref('ftr_enrollment_week') }} as features
left join (
    select organization_id, enrollment_id, groupArray((known_from, known_to)) as spans
    from {{ ref('int_enrollment_spans') }}
    group by organization_id, enrollment_id
) as active on features.organization_id = active.organization_id and features.enrollment_id = active.enrollment_id
where not arrayExists(span -> span.1 < features.as_of and features.as_of <= span.2, active.spans)
