{# An aggregate of fewer people is hidden. #}
{% macro fewest_people() -%}
    5
{%- endmacro %}

{# The value, or null where it is of too few people. Reads from the CTE `counted`. #}
{% macro suppressed(value, people) -%}
    if(counted.{{ people }} < {{ fewest_people() }}, null, toNullable(toUInt64(counted.{{ value }})))
{%- endmacro %}
