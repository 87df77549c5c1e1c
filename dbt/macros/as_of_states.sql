{# The states of a noun as they were known: one row per revision with the interval (known_from, known_to] of cut-offs that
   read it. A revision recorded after a higher one never was the latest, and is left out. #}
{% macro as_of_states(staging, key) %}
    select
        * except (highest_before),
        leadInFrame(recorded_at, 1, {{ never() }}) over (
            partition by organization_id, {{ key }} order by recorded_at, revision
            rows between current row and unbounded following
        ) as known_to
    from (
        select
            *,
            recorded_at as known_from,
            max(revision) over (
                partition by organization_id, {{ key }} order by recorded_at, revision
                rows between unbounded preceding and 1 preceding
            ) as highest_before
        from {{ staging }}
        where batch <= {{ watermark('arrived') }}
    )
    where revision > highest_before
{% endmacro %}

{# The latest state: the highest revision, whenever it was recorded. #}
{% macro latest_state(staging, key) %}
    select * from {{ staging }}
    where batch <= {{ watermark('arrived') }}
    order by revision desc, recorded_at desc
    limit 1 by organization_id, {{ key }}
{% endmacro %}
