{# Whether the target runs the calibration: dbt Python models, which dbt 2 does not run on DuckDB. #}
{% macro runs_python_models() %}
    {{ return(target.type == 'duckdb' and (dbt_version.split('.')[0] | int) < 2) }}
{% endmacro %}
