{{ config(
    materialized='incremental',
    incremental_strategy='append',
    order_by='(organization_id, course_id, enrollment_id, recorded_at, event_id)',
    indexes=[news_by_batch()],
    post_hook="{{ has_read() }}",
) }}
with new_facts as (
    -- by the envelope's columns alone: a bulk import is not parsed twice
    {{ new_facts(ref('stg_lms__activity_views'), near='organization_id, course_id, assumeNotNull(actor_id)') }}
)

select * from new_facts
