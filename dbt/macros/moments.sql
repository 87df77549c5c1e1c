{# The refresh's business moment as a DateTime64. #}
{% macro cutoff() -%}
    parseDateTime64BestEffort('{{ var("cutoff") or run_started_at.isoformat() }}', 6, 'UTC')
{%- endmacro %}

{# "Never", for the open end of an interval of knowledge. #}
{% macro never() -%}
    toDateTime64('2200-01-01 00:00:00', 6, 'UTC')
{%- endmacro %}

{% macro always() -%}
    toDateTime64('1970-01-01 00:00:00', 6, 'UTC')
{%- endmacro %}

{# Days as a number from one moment to another, exact to the microsecond. #}
{% macro days_between(since, until) -%}
    ((toUnixTimestamp64Micro({{ until }}) - toUnixTimestamp64Micro({{ since }})) / 86400000000)
{%- endmacro %}
