{#
    Run before everything else: refuses an absolute PQL_DEFINITIONS_PATH. dbt writes what it has
    compiled of a seed to its target folder joined with the path of the seed, which for an absolute
    path is the seed file itself: the definitions would be overwritten.
#}
{% macro check_definitions_path() %}
    {% set path = env_var('PQL_DEFINITIONS_PATH', 'seeds') %}
    {% if path.startswith('/') or path.startswith('~') or path[1:3] in (':/', ':\\') %}
        {{ exceptions.raise_compiler_error(
            "PQL_DEFINITIONS_PATH is '" ~ path ~ "', an absolute path: dbt would overwrite the files in it. "
            ~ "Name the folder relative to the project folder, such as examples/learning_platform/seeds; "
            ~ "nothing was read or changed."
        ) }}
    {% endif %}
{% endmacro %}
