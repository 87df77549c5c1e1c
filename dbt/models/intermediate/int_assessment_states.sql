{{ config(order_by='(organization_id, course_id, assessment_id)' ) }}
with states as (
    {{ as_of_states(ref('stg_lms__assessments'), 'assessment_id') }}
)

select * from states
