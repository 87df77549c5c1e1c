{{ config(
    materialized='incremental',
    incremental_strategy='append',
    order_by='(organization_id, import_id, event_id)',
    indexes=[news_by_batch()],
    post_hook="{{ has_read() }}",
) }}
with new_facts as (
    {{ new_facts(ref('stg_lms__table_imports'), near='organization_id, import_id') }}
)

select * from new_facts
