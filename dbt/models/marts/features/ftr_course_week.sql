{{ config(
    materialized='incremental',
    incremental_strategy='append',
    order_by='(organization_id, course_id, as_of)',
    full_refresh=false,
    post_hook="{{ has_read() }}",
) }}
{% set week = 604800000000 %}
-- Self-paced courses have no start of their own: their weeks close on Mondays.
{% set monday = "toDateTime64('1970-01-05 00:00:00', 6, 'UTC')" %}
{% set closed_until = "greatest(" ~ cutoff() ~ ", " ~ watermark('ftr_enrollment_week', 'cutoff') ~ ")" %}
with spans as (
    select
        *,
        if(is_self_paced, {{ monday }}, start) as anchor,
        least(known_to, ifNull(ends_at, {{ never() }}), {{ closed_until }}) as high,
        if(known_from < anchor, 0, intDiv(toUnixTimestamp64Micro(known_from) - toUnixTimestamp64Micro(anchor), {{ week }}) + 1)
            as first_week,
        if(high < anchor, 0, intDiv(toUnixTimestamp64Micro(high) - toUnixTimestamp64Micro(anchor), {{ week }}) + 1)
            as after_last_week
    from {{ ref('int_enrollment_spans') }}
),

active as (
    select
        organization_id, course_id, enrollment_id,
        toInt32(arrayJoin(range(toUInt32(first_week), toUInt32(after_last_week)))) as course_week,
        anchor + toIntervalDay(7 * course_week) as as_of
    from spans
    where first_week < after_last_week
),

missing as (
    select * from active
    {% if is_incremental() %}
    where (organization_id, course_id, as_of) not in (select organization_id, course_id, as_of from {{ this }})
    {% endif %}
),

visits as (
    select
        organization_id, course_id, enrollment_id,
        least(occurred_at, recorded_at) as happened_at,
        recorded_at,
        sum(views) as views
    from {{ ref('fct_activity_views') }}
    {% if is_incremental() %}
    where (organization_id, course_id) in (select organization_id, course_id from missing)
    {% endif %}
    group by organization_id, course_id, enrollment_id, happened_at, recorded_at
),

anchors as (
    select distinct organization_id, course_id, anchor from spans
),

-- the first cut-off after which a visit still counts, and when it was known
weekly as (
    select
        visits.organization_id as organization_id,
        visits.course_id as course_id,
        visits.enrollment_id as enrollment_id,
        anchors.anchor + toIntervalDay(
            7 * (toInt64(floor({{ days_between('anchors.anchor', 'visits.happened_at') }} / 7)) + 1)
        ) as as_of,
        sumIf(visits.views, visits.recorded_at < as_of) as views
    from visits
    inner join anchors on visits.organization_id = anchors.organization_id and visits.course_id = anchors.course_id
    group by organization_id, course_id, enrollment_id, as_of
)

select
    missing.organization_id as organization_id,
    missing.course_id as course_id,
    missing.as_of as as_of,
    any(missing.course_week) as course_week,
    uniqExact(missing.enrollment_id) as learners,
    sum(weekly.views) as views,
    views / learners as mean_views
from missing
left join weekly
    on missing.organization_id = weekly.organization_id and missing.course_id = weekly.course_id
    and missing.enrollment_id = weekly.enrollment_id and missing.as_of = weekly.as_of
group by organization_id, course_id, as_of
