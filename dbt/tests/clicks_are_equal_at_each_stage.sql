-- The sum of clicks is the same as landed, as facts and as features.
select organization_id, groupArray((stage, clicks)) as stages
from {{ ref('rpt_ledger') }}
where table in ('activity.viewed', 'fct_activity_views', 'ftr_enrollment_lesson')
group by organization_id
having uniqExact(clicks) > 1
