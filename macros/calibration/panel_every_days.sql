{#
    Step of the grid of the calibration in days: the var pql_panel_every_days, refused where the grid
    would never end.
#}
{% macro panel_every_days() %}
    {% set step = var('pql_panel_every_days') %}
    {% if step is not integer or step < 1 %}
        {{ exceptions.raise_compiler_error(
            "the var pql_panel_every_days is '" ~ step ~ "'; it must be a whole number of days from 1 on"
        ) }}
    {% endif %}
    {{ return(step) }}
{% endmacro %}
