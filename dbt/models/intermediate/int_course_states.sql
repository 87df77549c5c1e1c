{{ config(order_by='(organization_id, course_id)' ) }}
with states as (
    {{ as_of_states(ref('stg_lms__courses'), 'course_id') }}
)

select * from states
