{{ config(order_by='(organization_id, actor_id)') }}
with latest as (
    {{ latest_state(ref('stg_lms__users'), 'actor_id') }}
),

actors as (
    -- an account always has its pseudonym; without one there is nobody to tell apart
    select * replace (assumeNotNull(actor_id) as actor_id) from latest where actor_id is not null
)

select * from actors
