-- Named for dbt's inference:
-- depends_on: {{ ref('fct_activity_views') }}, {{ ref('fct_lesson_completions') }}
-- depends_on: {{ ref('fct_assessment_submissions') }}, {{ ref('fct_submission_grades') }}
-- depends_on: {{ ref('stg_lms__enrollments') }}, {{ ref('stg_lms__courses') }}
-- depends_on: {{ ref('stg_lms__lessons') }}, {{ ref('stg_lms__assessments') }}
-- depends_on: {{ ref('int_course_states') }}, {{ ref('int_enrollment_states') }}, {{ ref('int_landed_events') }}
{{ config(order_by='(organization_id, enrollment_id)') }}
{% if features_start_anew() %}
select organization_id, enrollment_id, {{ always() }} as since
from {{ ref('int_enrollment_states') }}
group by organization_id, enrollment_id
{% else %}
-- What landed before its moment: read by an earlier refresh, and only now before the cut-off.
{% set early = "select batch from " ~ ref('int_landed_events') ~ " where last_recorded_at >= "
    ~ watermark('ftr_enrollment_week_open', 'cutoff') ~ " and not " ~ open_rows_are_stale() %}
{% set unread = "batch <= " ~ watermark('arrived') ~ " and (batch > " ~ watermark('ftr_enrollment_week')
    ~ ("" if var('replay') else " or batch in (" ~ early ~ ")") ~ ")"
    ~ " and (batch > " ~ watermark('ftr_enrollment_week')
    ~ " or recorded_at >= " ~ watermark('ftr_enrollment_week_open', 'cutoff') ~ ")" %}
with own_events as (
    {% for events in [
        'fct_activity_views', 'fct_lesson_completions', 'fct_assessment_submissions', 'fct_submission_grades',
        'stg_lms__enrollments',
    ] %}
    select organization_id, enrollment_id, recorded_at as since from {{ ref(events) }} where {{ unread }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

course_events as (
    {% for staging in ['courses', 'lessons', 'assessments'] %}
    select organization_id, course_id, recorded_at as since from {{ ref('stg_lms__' ~ staging) }} where {{ unread }}
    union all
    {% endfor %}
    -- a course that ended since the last refresh has no open rows any more, and its closed ones stay
    select organization_id, course_id, {{ never() }} as since
    from {{ ref('int_course_states') }}
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
