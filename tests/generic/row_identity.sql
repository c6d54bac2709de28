{# An arithmetic identity that every row keeps. #}
{% test row_identity(model, identity) %}
select *
from {{ model }}
where not coalesce({{ identity }}, false)
{% endtest %}
