{#
    The day from which something counts: the later of when it occurred and when it was received, but for
    historical loads. Null where one of the two, as timestamps or days, is.
#}
{% macro known_day(occurred_at, received_at) %}
    {% set occurred_on = "cast(" ~ occurred_at ~ " as date)" %}
    {% set received_on = "cast(" ~ received_at ~ " as date)" %}
    case
        when {{ received_on }} <= {{ occurred_on }} then {{ occurred_on }}
        when {{ is_historical_load(occurred_on, received_on) }} then {{ occurred_on }}
        else {{ received_on }}
    end
{% endmacro %}


{# Whether what occurred and was received on two days is a historical load. #}
{% macro is_historical_load(occurred_on, received_on) %}
    {{ return(days_between(occurred_on, received_on) ~ " > " ~ var('pql_backfill_lag_days')) }}
{% endmacro %}


{#
    The condition that what a log says was known on the as-of day, for tables that hold the latest of it; a row without
    a readable time is kept, for the quarantine.
#}
{% macro was_known(occurred_at, received_at) %}
    {% set known_on = known_day(occurred_at, "coalesce(" ~ received_at ~ ", " ~ occurred_at ~ ")") %}
    {{ return(is_known_by_as_of("coalesce(" ~ known_on ~ ", date '0001-01-01')")) }}
{% endmacro %}
