-- Per course: every enrollment is exactly one of the three.
select organization_id, course_id
from {{ ref('dim_enrollments') }}
where not deleted
group by organization_id, course_id
having count() != countIf(status = 'active') + countIf(status = 'completed') + countIf(status = 'dropped')
