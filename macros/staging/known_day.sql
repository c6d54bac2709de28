{#
    The day from which something counts: the later of when it occurred and when it was received, but for
    historical loads. Null where one of the two, as timestamps or days, is.
#}
{% macro known_day(occurred_at, received_at) %}
    {% set occurred_on = "cast(" ~ occurred_at ~ " as date)" %}
    {% set received_on = "cast(" ~ received_at ~ " as date)" %}
    case
        when {{ received_on }} <= {{ occurred_on }} then {{ occurred_on }}
        when {{ days_between(occurred_on, received_on) }} > {{ var('pql_backfill_lag_days') }} then {{ occurred_on }}
        else {{ received_on }}
    end
{% endmacro %}


{#
    The condition that what a log says was known on the as-of day, for tables that hold the latest of it; a row without
    a readable time is kept, for the quarantine.
#}
{% macro was_known(occurred_at, received_at) %}
    {% if var('pql_as_of') is none %}
        {{ return("true") }}
    {% endif %}
    {{ return(
        "coalesce(" ~ known_day(occurred_at, "coalesce(" ~ received_at ~ ", " ~ occurred_at ~ ")")
        ~ ", date '0001-01-01') <= cast(" ~ string_literal(var('pql_as_of')) ~ " as date)"
    ) }}
{% endmacro %}
