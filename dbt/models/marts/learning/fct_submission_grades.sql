{{ config(
    materialized='incremental',
    incremental_strategy='append',
    order_by='(organization_id, course_id, enrollment_id, recorded_at, event_id)',
    indexes=[news_by_batch()],
    post_hook="{{ has_read() }}",
) }}
with new_facts as (
    {{ new_facts(ref('stg_lms__submission_grades'), near='organization_id, course_id, enrollment_id') }}
)

select * from new_facts
