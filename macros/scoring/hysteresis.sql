{#
    Hysteresis without a recursion: where everything that keeps a status holds, the entity is qualified when it
    reached the enter threshold more recently than the status was last lost. For rows with entity_key,
    definition_key, valid_from, and whether the row alone `enters` and `stays`.

    last_row: up to which row is looked: 'current row', or '1 preceding' for the status before the row.
#}
{% macro hysteresis(last_row) %}
    {% set window = "over (partition by entity_key, definition_key order by valid_from rows between unbounded preceding and "
        ~ last_row ~ ")" %}
    {{ return(
        "coalesce(max(case when enters then valid_from end) " ~ window
        ~ " > coalesce(max(case when not stays then valid_from end) " ~ window ~ ", date '0001-01-01'), false)"
    ) }}
{% endmacro %}
