-- depends_on: {{ ref('int_touched_enrollments') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    order_by='(organization_id, course_id, enrollment_id, as_of)',
    pre_hook="{{ delete_rows_due() }}",
    post_hook="{{ has_made_features() }}",
    query_settings={'max_block_size': 4096, 'max_bytes_before_external_group_by': 1000000000},
) }}
-- Knowledge: only what was recorded before the cut-off. Windows: when it was done, in the N days before the cut-off; what a
-- client dates after its recording counts as of the recording. Everything is gathered once per enrollment into arrays,
-- in microseconds, and each cut-off takes its part of them.
{% set day = 86400000000 %}
with due as (
    select *, toUnixTimestamp64Micro(as_of) as t, toUnixTimestamp64Micro(start) as start_t
    from {{ ref('int_feature_rows_due') }}
),

-- ---------- visits
views as (
    select * from {{ ref('fct_activity_views') }}
    where (organization_id, enrollment_id) in (select organization_id, enrollment_id from due)
),

visit_moments as (
    select
        organization_id, enrollment_id,
        toUnixTimestamp64Micro(recorded_at) as known,
        toUnixTimestamp64Micro(least(occurred_at, recorded_at)) as done,
        sum(views) as views
    from views
    group by organization_id, enrollment_id, known, done
),

visits as (
    select
        organization_id, enrollment_id,
        arraySort(groupArray((known, done, toUInt32(views)))) as each,
        each.1 as visit_known,
        each.2 as visit_done,
        each.3 as visit_views
    from visit_moments
    group by organization_id, enrollment_id
),

-- ---------- pages
pages as (
    select
        viewed.organization_id as organization_id,
        viewed.enrollment_id as enrollment_id,
        toUnixTimestamp64Micro(viewed.first_recorded_at) as known,
        lessons.first_activity_type as kind,
        toUnixTimestamp64Micro(greatest(viewed.first_recorded_at, lessons.first_recorded_at)) as kind_known
    from {{ ref('ftr_enrollment_lesson') }} as viewed
    left join {{ ref('dim_lessons') }} as lessons
        on viewed.organization_id = lessons.organization_id and viewed.lesson_id = lessons.lesson_id
    where (viewed.organization_id, viewed.enrollment_id) in (select organization_id, enrollment_id from due)
),

kinds as (
    select organization_id, enrollment_id, groupArray(known) as kind_known
    from (
        select organization_id, enrollment_id, kind, min(kind_known) as known
        from pages
        where kind != ''
        group by organization_id, enrollment_id, kind
    )
    group by organization_id, enrollment_id
),

lessons_seen as (
    select organization_id, enrollment_id, groupArray(known) as lesson_known
    from pages
    group by organization_id, enrollment_id
),

forums as (
    select
        organization_id, enrollment_id,
        groupArray((known, done, clicks)) as each,
        each.1 as forum_known,
        each.2 as forum_done,
        each.3 as forum_views
    from (
        select
            views.organization_id as organization_id,
            views.enrollment_id as enrollment_id,
            toUnixTimestamp64Micro(greatest(views.recorded_at, lessons.first_recorded_at)) as known,
            toUnixTimestamp64Micro(least(views.occurred_at, views.recorded_at)) as done,
            toUInt32(sum(views.views)) as clicks
        from views
        inner join {{ ref('dim_lessons') }} as lessons
            on views.organization_id = lessons.organization_id and views.lesson_id = lessons.lesson_id
        where startsWith(lessons.first_activity_type, 'forum')
        group by organization_id, enrollment_id, known, done
    )
    group by organization_id, enrollment_id
),

completions as (
    select organization_id, enrollment_id, groupArray(known) as completion_known
    from (
        select organization_id, enrollment_id, lesson_id, toUnixTimestamp64Micro(min(recorded_at)) as known
        from {{ ref('fct_lesson_completions') }}
        where (organization_id, enrollment_id) in (select organization_id, enrollment_id from due)
        group by organization_id, enrollment_id, lesson_id
    )
    group by organization_id, enrollment_id
),

-- ---------- assessments of the course, as their schedule was known
schedules as (
    select
        organization_id, course_id, assessment_id,
        toUnixTimestamp64Micro(known_from) as from_t,
        toUnixTimestamp64Micro(known_to) as to_t,
        -- 0 stands for no date
        if(due_at is null, 0, toUnixTimestamp64Micro(assumeNotNull(due_at))) as due_t,
        ifNull(weight, 0) as weight
    from {{ ref('int_assessment_states') }}
    where not deleted
),

calendars as (
    select
        organization_id, course_id,
        groupArray((from_t, to_t, due_t)) as each,
        each.1 as calendar_from,
        each.2 as calendar_to,
        each.3 as calendar_due
    from schedules
    where due_t != 0
    group by organization_id, course_id
),

-- ---------- what was handed in: the attempt that became known first stands for the assessment
submissions as (
    select
        organization_id, enrollment_id, course_id, assessment_id, banked,
        toUnixTimestamp64Micro(recorded_at) as known,
        toUnixTimestamp64Micro(least(occurred_at, recorded_at)) as done
    from {{ ref('fct_assessment_submissions') }}
    where (organization_id, enrollment_id) in (select organization_id, enrollment_id from due)
),

handed_in as (
    select
        organization_id, enrollment_id, course_id, assessment_id,
        min(known) as first_known,
        argMin(done, (known, done)) as first_done,
        argMin(banked, (known, done)) as first_banked
    from submissions
    group by organization_id, enrollment_id, course_id, assessment_id
),

first_attempts as (
    select
        organization_id, enrollment_id,
        groupArray((first_known, first_banked)) as each,
        each.1 as assessment_known,
        each.2 as assessment_banked
    from handed_in
    group by organization_id, enrollment_id
),

attempts as (
    select
        organization_id, enrollment_id,
        groupArrayIf((known, done), not banked) as each,
        each.1 as attempt_known,
        each.2 as attempt_done
    from submissions
    group by organization_id, enrollment_id
),

-- one element per assessment handed in and state of its schedule
scheduled_attempts as (
    select
        handed_in.organization_id as organization_id,
        handed_in.enrollment_id as enrollment_id,
        groupArray((
            greatest(first_known, from_t), to_t, due_t, first_done, weight, first_banked
        )) as each,
        each.1 as handed_from,
        each.2 as handed_to,
        each.3 as handed_due,
        each.4 as handed_done,
        each.5 as handed_weight,
        each.6 as handed_banked
    from handed_in
    inner join schedules
        on handed_in.organization_id = schedules.organization_id and handed_in.assessment_id = schedules.assessment_id
    group by organization_id, enrollment_id
),

-- ---------- grades: each revision counts until a higher one is known
grade_states as (
    select
        *,
        leadInFrame(known, 1, 4611686018427387904) over (
            partition by organization_id, submission_id order by known, revision
            rows between current row and unbounded following
        ) as replaced
    from (
        select
            organization_id, enrollment_id, submission_id, revision, score, deleted,
            toUnixTimestamp64Micro(recorded_at) as known,
            max(revision) over (
                partition by organization_id, submission_id order by recorded_at, revision
                rows between unbounded preceding and 1 preceding
            ) as highest_before
        from {{ ref('fct_submission_grades') }}
        where (organization_id, enrollment_id) in (select organization_id, enrollment_id from due)
    )
    where revision > highest_before
),

grades as (
    select
        organization_id, enrollment_id,
        -- in the order of becoming known
        arraySort(groupArray((known, replaced, score))) as each,
        each.1 as grade_known,
        each.2 as grade_replaced,
        each.3 as grade_score
    from grade_states
    where not deleted
    group by organization_id, enrollment_id
),

-- ---------- the newest event that a row reads
own_events as (
    select organization_id, enrollment_id, recorded_at, event_id, trace_id, batch, seq from views
    {% for fct in ['fct_lesson_completions', 'fct_assessment_submissions', 'fct_submission_grades'] %}
    union all
    select organization_id, enrollment_id, recorded_at, event_id, trace_id, batch, seq from {{ ref(fct) }}
    where (organization_id, enrollment_id) in (select organization_id, enrollment_id from due)
    {% endfor %}
),

newest_events as (
    select
        organization_id, enrollment_id, recorded_at,
        toNullable(argMax(event_id, (batch, seq))) as last_event_id,
        argMax(trace_id, (batch, seq)) as last_trace_id
    from own_events
    group by organization_id, enrollment_id, recorded_at
),

peers as (
    select organization_id, course_id, as_of as closed_at, mean_views from {{ ref('ftr_course_week') }}
),

-- ---------- each cut-off's part of the arrays
gathered as (
    select
        due.organization_id as organization_id,
        due.enrollment_id as enrollment_id,
        due.course_id as course_id,
        due.actor_id as actor_id,
        {% for column in [
            'course_week', 'as_of', 't', 'start_t', 'ends_at', 'enrolled_at', 'is_open', 'replay',
            'is_self_paced', 'previous_attempts', 'credits',
        ] %}
        due.{{ column }} as {{ column }},
        {% endfor %}
        newest_events.last_event_id as last_event_id,
        newest_events.last_trace_id as trace_id,
        peers.mean_views as mean_views,
        arrayCount(k -> k < t, visit_known) as visits_known,
        arraySlice(visit_done, 1, visits_known) as done,
        arraySlice(visit_views, 1, visits_known) as clicks,
        arraySort(arrayDistinct(arrayMap(d -> toInt32(intDiv(d, {{ day }})), done))) as active_days,
        arrayCount(k -> k < t, lesson_known) as lessons_viewed,
        arrayCount(k -> k < t, kind_known) as activity_types_viewed,
        arraySum((k, d, v) -> if(k < t and d >= t - 28 * {{ day }}, v, 0), forum_known, forum_done, forum_views)
            as forum_views_last_28_days,
        arrayCount(k -> k < t, completion_known) as lessons_completed,
        arrayFilter((d, f, u) -> f < t and t <= u, calendar_due, calendar_from, calendar_to) as dates,
        arrayFilter((a, f, u) -> f < t and t <= u, arrayZip(handed_due, handed_done, handed_weight, handed_banked), handed_from, handed_to)
            as handed,
        arrayFilter(a -> a.1 != 0 and not a.4, handed) as handed_dated,
        arrayCount(k -> k < t, assessment_known) as assessments_submitted,
        arrayCount((k, b) -> k < t and b, assessment_known, assessment_banked) as banked_submissions,
        arrayFilter((d, k) -> k < t, attempt_done, attempt_known) as attempts_done,
        arrayFilter((s, k, u) -> k < t and t <= u, grade_score, grade_known, grade_replaced) as scores
    from due
    left any join visits on due.organization_id = visits.organization_id and due.enrollment_id = visits.enrollment_id
    left any join lessons_seen on due.organization_id = lessons_seen.organization_id and due.enrollment_id = lessons_seen.enrollment_id
    left any join kinds on due.organization_id = kinds.organization_id and due.enrollment_id = kinds.enrollment_id
    left any join forums on due.organization_id = forums.organization_id and due.enrollment_id = forums.enrollment_id
    left any join completions on due.organization_id = completions.organization_id and due.enrollment_id = completions.enrollment_id
    left any join calendars on due.organization_id = calendars.organization_id and due.course_id = calendars.course_id
    left any join scheduled_attempts
        on due.organization_id = scheduled_attempts.organization_id and due.enrollment_id = scheduled_attempts.enrollment_id
    left any join first_attempts
        on due.organization_id = first_attempts.organization_id and due.enrollment_id = first_attempts.enrollment_id
    left any join attempts on due.organization_id = attempts.organization_id and due.enrollment_id = attempts.enrollment_id
    left any join grades on due.organization_id = grades.organization_id and due.enrollment_id = grades.enrollment_id
    asof left join newest_events
        on due.organization_id = newest_events.organization_id and due.enrollment_id = newest_events.enrollment_id
        and due.as_of > newest_events.recorded_at
    asof left join peers
        on due.organization_id = peers.organization_id and due.course_id = peers.course_id and due.as_of >= peers.closed_at
),

features as (
    select
        ---------- ids
        organization_id, enrollment_id, course_id, actor_id,
        course_week, as_of, is_open, replay, last_event_id, trace_id,
        now64(6, 'UTC') as refreshed_at,
        ---------- the course's calendar
        (t - start_t) / {{ day }} as days_since_start,
        if(ends_at is null, null, (toUnixTimestamp64Micro(assumeNotNull(ends_at)) - t) / {{ day }}) as days_left,
        is_self_paced,
        ---------- the enrollment
        (t - toUnixTimestamp64Micro(enrolled_at)) / {{ day }} as days_since_enrolled,
        (start_t - toUnixTimestamp64Micro(enrolled_at)) / {{ day }} as days_enrolled_before_start,
        previous_attempts,
        credits as credits_studied,
        ---------- visits
        arraySum(clicks) as views_total,
        arraySum((d, v) -> if(d < start_t, v, 0), done, clicks) as views_before_start,
        {% for days in [7, 14, 28] %}
        arraySum((d, v) -> if(d >= t - {{ days }} * {{ day }}, v, 0), done, clicks) as views_last_{{ days }}_days,
        {% endfor %}
        2 * toInt64(views_last_7_days) - toInt64(views_last_14_days) as views_change,
        length(active_days) as active_days_total,
        {% for days in [7, 14, 28] %}
        -- whole days counted back from the cut-off, so that N days never hold more than N of them
        arrayUniq(arrayMap(d -> intDiv(t - d - 1, {{ day }}), arrayFilter(d -> d >= t - {{ days }} * {{ day }}, done)))
            as active_days_last_{{ days }}_days,
        {% endfor %}
        if(empty(done), null, (t - arrayMax(done)) / {{ day }}) as days_since_last_view,
        empty(done) as never_viewed,
        if(length(active_days) < 2, null, arrayMax(arrayPopFront(arrayDifference(active_days)))) as longest_gap_days,
        -- 1 January 1970 was a Thursday
        if(empty(active_days), null, arrayCount(d -> (d + 3) % 7 >= 5, active_days) / length(active_days)) as weekend_share,
        lessons_viewed, activity_types_viewed, forum_views_last_28_days, lessons_completed,
        ---------- beside the course
        if(mean_views > 0, views_last_7_days / mean_views, null) as views_against_course,
        ---------- assessments
        arrayCount(d -> d < t, dates) as assessments_due,
        assessments_submitted,
        assessments_due - arrayCount(a -> a.1 != 0 and a.1 < t, handed) as assessments_missed,
        arrayCount(a -> a.2 > a.1, handed_dated) as late_submissions,
        if(empty(handed_dated), null, arrayAvg(a -> (a.1 - a.2) / {{ day }}, handed_dated)) as mean_days_early,
        if(empty(attempts_done), null, (t - arrayMax(attempts_done)) / {{ day }}) as days_since_last_submission,
        if(empty(arrayFilter(d -> d >= t, dates)), null, (arrayMin(arrayFilter(d -> d >= t, dates)) - t) / {{ day }})
            as days_to_next_due,
        banked_submissions,
        if(empty(scores), null, arrayAvg(scores)) as mean_score,
        if(empty(scores), null, scores[-1]) as last_score,
        if(empty(scores), null, arrayMin(scores)) as lowest_score,
        arraySum(a -> a.3, handed) as weight_submitted
    from gathered
)

select
    organization_id, enrollment_id, course_id, actor_id,
    course_week, as_of, is_open, replay, last_event_id, trace_id, refreshed_at,
    {% for feature in risk_v1() %}
    toNullable(toFloat32({{ feature }})) as {{ feature }}{{ ',' if not loop.last }}
    {% endfor %}
from features
