{# One field of an event's payload as a column: the only macro that knows payloads are JSON. #}
{% macro field(name, type) -%}
    {%- if type == 'DateTime64' -%}
        assumeNotNull(parseDateTime64BestEffortOrNull(JSONExtractString(payload, '{{ name }}'), 6, 'UTC')) as {{ name }}
    {%- elif type == 'Nullable(DateTime64)' -%}
        parseDateTime64BestEffortOrNull(JSONExtractString(payload, '{{ name }}'), 6, 'UTC') as {{ name }}
    {%- else -%}
        JSONExtract(payload, '{{ name }}', '{{ type }}') as {{ name }}
    {%- endif -%}
{%- endmacro %}
