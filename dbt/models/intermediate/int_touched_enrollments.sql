-- The facts come first: what is looked at here must be in them. The staging models are named for dbt's inference.
-- depends_on: {{ ref('fct_activity_views') }}, {{ ref('fct_lesson_completions') }}
-- depends_on: {{ ref('fct_assessment_submissions') }}, {{ ref('fct_submission_grades') }}
-- depends_on: {{ ref('stg_lms__activity_views') }}, {{ ref('stg_lms__lesson_completions') }}
-- depends_on: {{ ref('stg_lms__assessment_submissions') }}, {{ ref('stg_lms__submission_grades') }}
-- depends_on: {{ ref('stg_lms__enrollments') }}, {{ ref('stg_lms__courses') }}
-- depends_on: {{ ref('stg_lms__lessons') }}, {{ ref('stg_lms__assessments') }}
-- depends_on: {{ ref('int_course_states') }}, {{ ref('int_enrollment_states') }}
{{ config(order_by='(organization_id, enrollment_id)') }}
{% if features_start_anew() %}
select organization_id, enrollment_id, {{ always() }} as since
from {{ ref('int_enrollment_states') }}
group by organization_id, enrollment_id
{% else %}
{% set unread = "batch <= " ~ watermark('arrived') ~ " and batch > " ~ watermark('ftr_enrollment_week') %}
with own_events as (
    {% for staging in ['activity_views', 'lesson_completions', 'assessment_submissions', 'submission_grades', 'enrollments'] %}
    select organization_id, enrollment_id, recorded_at as since from {{ ref('stg_lms__' ~ staging) }} where {{ unread }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

course_events as (
    {% for staging in ['courses', 'lessons', 'assessments'] %}
    select organization_id, course_id, recorded_at as since from {{ ref('stg_lms__' ~ staging) }} where {{ unread }}
    union all
    {% endfor %}
    -- a course that ended since the last refresh has no open rows any more, and its closed ones stay
    select organization_id, course_id, {{ never() }} as since from {{ ref('int_course_states') }}
    where ends_at > {{ watermark('ftr_enrollment_week', 'cutoff') }} and ends_at <= {{ cutoff() }}
),

touched as (
    select * from own_events
    union all
    select states.organization_id, states.enrollment_id, course_events.since
    from {{ ref('int_enrollment_states') }} as states
    inner join course_events using (organization_id, course_id)
)

select organization_id, enrollment_id, min(since) as since
from touched
group by organization_id, enrollment_id
{% endif %}
