{{ config(
    materialized='incremental',
    incremental_strategy='append',
    order_by='(organization_id, prediction_id, event_id)',
    indexes=[news_by_batch()],
    post_hook="{{ has_read() }}",
) }}
with new_facts as (
    {{ new_facts(ref('stg_lms__prediction_exposures'), near='organization_id, prediction_id') }}
)

select * from new_facts
