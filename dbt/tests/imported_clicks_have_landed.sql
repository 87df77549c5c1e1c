-- What a file's table of clicks said it became stands in raw: as many events, as many clicks.
with said as (
    select organization_id, sum(imports.events) as events, sum(imports.clicks) as clicks
    from {{ ref('fct_table_imports') }} as imports
    where imports.clicks > 0
    group by organization_id
),

landed as (
    select organization_id, sum(counted.events) as events, sum(counted.clicks) as clicks
    from {{ ref('int_landed_events') }} as counted
    where name = 'activity.viewed' and source = 'import'
    group by organization_id
)

select said.organization_id
from said
left join landed on said.organization_id = landed.organization_id
where said.events != landed.events or said.clicks != landed.clicks
