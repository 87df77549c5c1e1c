{{ config(order_by='(organization_id, course_id, enrollment_id)' ) }}
with states as (
    {{ as_of_states(ref('stg_lms__enrollments'), 'enrollment_id') }}
)

select * from states
