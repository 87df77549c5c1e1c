{{ config(order_by='(organization_id, stage, table)') }}
{% set facts = {
    'activity.viewed': 'fct_activity_views',
    'lesson.completed': 'fct_lesson_completions',
    'assessment.submitted': 'fct_assessment_submissions',
    'submission.graded': 'fct_submission_grades',
    'page.viewed': 'fct_page_views',
    'prediction.shown': 'fct_prediction_exposures',
    'prediction.followed': 'fct_prediction_follows',
    'intervention.recorded': 'fct_interventions',
    'learner_attributes.recorded': 'fct_learner_attributes',
    'table.imported': 'fct_table_imports',
} %}
with file as (
    select
        organization_id, 'file' as stage, toString(imports.table) as table,
        sum(rows) as rows_in, sum(events) as rows_out, sum(imports.merged) as merged, sum(imports.rejected) as rejected,
        toUInt64(0) as waiting, sum(imports.clicks) as clicks
    from {{ ref('fct_table_imports') }} as imports
    group by organization_id, table
),

landed as (
    select
        organization_id, 'landed' as stage, toString(name) as table,
        sum(rows) as rows_in, sum(events) as rows_out, rows_in - rows_out as merged, toUInt64(0) as rejected,
        toUInt64(0) as waiting, sum(events.clicks) as clicks
    from {{ ref('int_landed_events') }} as events
    group by organization_id, name
),

known as (
    {% for name, fct in facts.items() %}
    select
        organization_id, '{{ name }}' as name, '{{ fct }}' as fct,
        countIf(recorded_at < {{ cutoff() }}) as known,
        countIf(recorded_at >= {{ cutoff() }}) as waiting,
        {{ 'sum(views)' if fct == 'fct_activity_views' else 'sum(clicks)' if fct == 'fct_table_imports' else 'toUInt64(0)' }} as clicks
    from {{ ref(fct) }}
    group by organization_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- what a table has not got of what landed is missing from rows_out, and the row does not reconcile
facts as (
    select
        landed.organization_id as organization_id, 'facts' as stage, known.fct as table,
        landed.rows_out as rows_in, known.known as rows_out, toUInt64(0) as merged, toUInt64(0) as rejected,
        known.waiting as waiting, known.clicks as clicks
    from landed
    inner join known on landed.organization_id = known.organization_id and landed.table = known.name
),

pages as (
    select organization_id, count() as pairs, sum(views) as clicks
    from {{ ref('ftr_enrollment_lesson') }}
    group by organization_id
),

lessons as (
    select
        facts.organization_id as organization_id, 'features' as stage, 'ftr_enrollment_lesson' as table,
        facts.rows_in as rows_in, pages.pairs as rows_out, facts.rows_in - pages.pairs as merged, toUInt64(0) as rejected,
        toUInt64(0) as waiting, pages.clicks as clicks
    from facts
    inner join pages on facts.organization_id = pages.organization_id
    where facts.table = 'fct_activity_views'
),

active as (
    select organization_id, uniqExact(enrollment_id) as enrollments
    from {{ ref('int_enrollment_spans') }}
    where known_from < {{ cutoff() }} and known_to >= {{ cutoff() }}
        and (ends_at is null or ends_at > {{ cutoff() }})
        and (published or not is_self_paced)
    group by organization_id
),

open as (
    select organization_id, count() as rows
    from {{ ref('ftr_enrollment_week') }}
    where is_open = 1 and replay = '{{ var("replay") }}'
    group by organization_id
),

open_rows as (
    select
        active.organization_id as organization_id, 'features' as stage, 'ftr_enrollment_week' as table,
        active.enrollments as rows_in, open.rows as rows_out, toUInt64(0) as merged, toUInt64(0) as rejected,
        toUInt64(0) as waiting, toUInt64(0) as clicks
    from active
    left join open on active.organization_id = open.organization_id
),

ledger as (
    {% for stage in ['file', 'landed', 'facts', 'lessons', 'open_rows'] %}
    select * from {{ stage }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    organization_id, stage, table,
    toInt64(rows_in) as rows_in, toInt64(rows_out) as rows_out, toInt64(merged) as merged,
    toInt64(rejected) as rejected, toInt64(waiting) as waiting, toInt64(clicks) as clicks
from ledger
