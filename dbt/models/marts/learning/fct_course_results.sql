{{ config(order_by='(organization_id, course_id, enrollment_id)') }}
with latest as (
    {{ latest_state(ref('stg_lms__course_results'), 'enrollment_id') }}
)

select * from latest where not deleted
