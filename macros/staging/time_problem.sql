{#
    The `when ... then` branches that give the reason why a time column cannot be used.

    name: name of the raw column, which the reason repeats.
    raw, typed: the column as delivered and as cast to timestamp.
    required: whether a missing value is a reason.
    may_lie_ahead: whether a day in the future is fine (a planned end).
#}
{% macro time_problem(name, raw, typed, required=true, may_lie_ahead=false) %}
        {# The text of a time is only looked at where it could not be read: an engine evaluates both sides of an `and`. #}
        {% if required %}
        when {{ typed }} is null
            then case when {{ blank_as_null(raw) }} is null then 'missing_{{ name }}' else 'unreadable_{{ name }}' end
        {% else %}
        when case when {{ typed }} is null then {{ blank_as_null(raw) }} is not null else false end
            then 'unreadable_{{ name }}'
        {% endif %}
        when {{ typed }} < timestamp '2000-01-01 00:00:00' then 'implausible_{{ name }}'
        {% if not may_lie_ahead %}
        when cast({{ typed }} as date) > {{ latest_plausible_on() }} then 'implausible_{{ name }}'
        {% endif %}
{% endmacro %}
