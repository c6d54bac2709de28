{#
    The last day that a raw row may be dated with: the var `pql_latest_plausible_on`, by default the
    day after the run starts. The only place where the time of the run is looked at, so that a row
    dated 2999 cannot move the as-of day.
#}
{% macro latest_plausible_on() %}
    {% set day = var('pql_latest_plausible_on')
        or (run_started_at + modules.datetime.timedelta(days=1)).strftime('%Y-%m-%d') %}
    {{ return("cast(" ~ string_literal(day) ~ " as date)") }}
{% endmacro %}
