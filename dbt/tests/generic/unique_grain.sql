{# The grain that the description promises: no two rows with the same values in these columns. #}
{% test unique_grain(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count() > 1
{% endtest %}
