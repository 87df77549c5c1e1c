{{ config(order_by='organization_id') }}
with latest as (
    {{ latest_state(ref('stg_lms__organizations'), 'organization_id') }}
)

select * from latest
