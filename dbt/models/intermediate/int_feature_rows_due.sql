{{ config(order_by='(organization_id, course_id, enrollment_id)') }}
-- Closed rows: those after what touched the enrollment, and those whose week has ended since the last refresh.
-- A replay's cut-off lies behind the live one, and must not take closed rows away.
{% set closed_until = "greatest(" ~ cutoff() ~ ", " ~ watermark('ftr_enrollment_week', 'cutoff') ~ ")" %}
{% set week = 604800000000 %}
with spans as (
    select spans.*, touched.enrollment_id != toUUID('00000000-0000-0000-0000-000000000000') as is_touched, touched.since
    from {{ ref('int_enrollment_spans') }} as spans
    left join {{ ref('int_touched_enrollments') }} as touched
        on spans.organization_id = touched.organization_id and spans.enrollment_id = touched.enrollment_id
),

weeks as (
    select
        *,
        -- cut-offs lie after `low` and not after `high`
        greatest(
            known_from,
            if(is_touched, least(since, {{ watermark('ftr_enrollment_week', 'cutoff') }}), {{ watermark('ftr_enrollment_week', 'cutoff') }})
        ) as low,
        least(known_to, ifNull(ends_at, {{ never() }}), {{ closed_until }}) as high,
        if(low < start, 0, intDiv(toUnixTimestamp64Micro(low) - toUnixTimestamp64Micro(start), {{ week }}) + 1) as first_week,
        if(high < start, 0, intDiv(toUnixTimestamp64Micro(high) - toUnixTimestamp64Micro(start), {{ week }}) + 1) as after_last_week
    from spans
),

closed as (
    select *, arrayJoin(range(toUInt32(first_week), toUInt32(after_last_week))) as week_number
    from weeks
    where first_week < after_last_week
),

open as (
    select *
    from spans
    where known_from < {{ cutoff() }} and known_to >= {{ cutoff() }}
        and (ends_at is null or ends_at > {{ cutoff() }})
        and (published or not is_self_paced)
        {% if not var('replay') %}
        -- once a day all of them, which moves the recency of the silent
        and (is_touched or {{ open_rows_are_stale() }})
        {% endif %}
),

due as (
    select
        organization_id, enrollment_id, course_id, actor_id,
        previous_attempts, credits, is_self_paced, enrolled_at, start, ends_at,
        toInt32(week_number) as course_week,
        start + toIntervalDay(7 * week_number) as as_of,
        toUInt8(0) as is_open,
        '' as replay
    from closed
    union all
    select
        organization_id, enrollment_id, course_id, actor_id,
        previous_attempts, credits, is_self_paced, enrolled_at, start, ends_at,
        toInt32(floor({{ days_between('start', cutoff()) }} / 7)) as course_week,
        {{ cutoff() }} as as_of,
        toUInt8(1) as is_open,
        '{{ var("replay") }}' as replay
    from open
)

select * from due
