{# How far each incremental model has read the log, by batch, and up to which cut-off. Written after the model's own insert:
   a run that died is repeated from its start, and the models are safe against rows that they have already. #}
{% macro ensure_watermarks() %}
    {% if execute and flags.WHICH in ('run', 'build') %}
        {% do run_query('create database if not exists intermediate') %}
        {% do run_query("
            create table if not exists intermediate.watermarks (
                model String, batch UInt64, cutoff DateTime64(6, 'UTC'), said_at DateTime64(6, 'UTC') default now64(6, 'UTC')
            ) engine = ReplacingMergeTree(said_at) order by model") %}
    {% endif %}
{% endmacro %}

{# What has landed whole when the run starts; batches that land meanwhile wait for the next run. #}
{% macro fix_what_arrived() %}
    {% if execute and flags.WHICH in ('run', 'build') %}
        {% do run_query("
            insert into intermediate.watermarks (model, batch, cutoff)
            select 'arrived', max(batch), " ~ cutoff() ~ " from raw.carry_batches where state = 'done'") %}
    {% endif %}
{% endmacro %}

{# Nothing was read before a full rebuild. #}
{% macro watermark(model, column='batch') -%}
    {%- if flags.FULL_REFRESH and model != 'arrived' -%}
        {{ always() if column == 'cutoff' else 'toUInt64(0)' }}
    {%- else -%}
        (select argMax({{ column }}, said_at) from intermediate.watermarks where model = '{{ model }}')
    {%- endif -%}
{%- endmacro %}

{# Post-hook of an incremental model: it now holds everything that had arrived. #}
{% macro has_read() %}
    insert into intermediate.watermarks (model, batch, cutoff)
    select '{{ this.identifier }}', {{ watermark('arrived') }}, {{ cutoff() }}
{% endmacro %}

{# A skip index for those who look for a table's news: most granules hold old batches only. #}
{% macro news_by_batch() %}
    {{ return({'name': 'news_by_batch', 'definition': 'batch TYPE minmax GRANULARITY 1'}) }}
{% endmacro %}

{# Condition on a staging model or a table of facts: what this model has not read yet; everything when it is built anew. #}
{% macro arrived() -%}
    batch <= {{ watermark('arrived') }}
    {%- if is_incremental() %} and batch > {{ watermark(this.identifier) }}{% endif %}
{%- endmacro %}

{# The facts of a staging model that are not in this table yet, each once. `near` are the first columns of its order,
   so that looking for a fact that is already here costs as much as the new ones touch. #}
{% macro new_facts(staging, near) -%}
    select * from {{ staging }}
    where {{ arrived() }}
    {%- if is_incremental() %}
        and (organization_id, event_id) not in (
            select organization_id, event_id from {{ this }}
            where ({{ near }}) in (select {{ near }} from {{ staging }} where {{ arrived() }})
        )
    {%- endif %}
    limit 1 by organization_id, event_id
{%- endmacro %}

{# Whether the live open rows were last made on an earlier day than the cut-off's, or may have missed something. #}
{% macro open_rows_are_stale() -%}
    toDate({{ watermark('ftr_enrollment_week_open', 'cutoff') }}) < toDate({{ cutoff() }})
{%- endmacro %}

{# Whether every feature row is made, because nothing is there yet or all of it is rebuilt. #}
{% macro features_start_anew() %}
    {% set made = adapter.get_relation(database=none, schema='marts', identifier='ftr_enrollment_week') if execute %}
    {{ return(flags.FULL_REFRESH or made is none) }}
{% endmacro %}

{# Pre-hook of ftr_enrollment_week: takes away the rows that int_feature_rows_due replaces, and those that no longer are. #}
{% macro delete_rows_due() %}
    {% if is_incremental() %}
    delete from {{ this }} where
        (
            is_open = 0 and (organization_id, enrollment_id, as_of) in (
                select rows.organization_id, rows.enrollment_id, rows.as_of
                from {{ this }} as rows
                inner join {{ ref('int_touched_enrollments') }} as touched
                    on rows.organization_id = touched.organization_id and rows.enrollment_id = touched.enrollment_id
                where rows.as_of > touched.since
            )
        )
        -- an earlier run that died while inserting
        or (is_open = 0 and as_of > {{ watermark('ftr_enrollment_week', 'cutoff') }})
        or (
            is_open = 1 and replay = '{{ var("replay") }}'
            {% if not var('replay') %}
            and (
                {{ open_rows_are_stale() }}
                or (organization_id, enrollment_id) in (
                    select organization_id, enrollment_id from {{ ref('int_touched_enrollments') }}
                )
            )
            {% endif %}
        )
    {% else %}
    select 1
    {% endif %}
{% endmacro %}

{# Post-hook of ftr_enrollment_week. The closed rows' cut-off never goes back; a replay that read news leaves the live open
   rows behind, so the next live refresh makes all of them. #}
{% macro has_made_features() %}
    insert into intermediate.watermarks (model, batch, cutoff)
    select 'ftr_enrollment_week', {{ watermark('arrived') }}, greatest({{ cutoff() }}, {{ watermark('ftr_enrollment_week', 'cutoff') }})
    union all
    select 'ftr_enrollment_week_open', {{ watermark('arrived') }}, {{ always() if var('replay') else cutoff() }}
{% endmacro %}
