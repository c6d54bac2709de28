{#
    The expressions of the columns that a source declares, by name, over what a table or file of it has.

    columns: the declared columns. One that goes by several names among exports lists the others in its meta
        `also_named`; where several of them are there, the first that is not null counts, row by row.
    found: the columns that are there, by lower-case name.

    What is absent is null. A time that stands as text may carry an offset (`+02:00`), which a plain cast to
    timestamp would drop: it is turned to UTC here; text that is no time stays one, for the quarantine. Where one
    time of a table is not held as a time, all of them are text, so that one can stand in for the other.
#}
{% macro declared_columns(columns, found) %}
    {% set odd_times = [] %}
    {% for column in columns.values() if is_declared_time(column) %}
        {% for name in present_columns(column, found) if not is_time_type(found[name].dtype) %}
            {% do odd_times.append(name) %}
        {% endfor %}
    {% endfor %}
    {% set expressions = {} %}
    {% for column in columns.values() %}
        {% set becomes_text = odd_times | length > 0 and is_declared_time(column) %}
        {% set values = [] %}
        {% set types = [] %}
        {% for name in present_columns(column, found) %}
            {% set there = found[name] %}
            {% set value = source_value(adapter.quote(there.name), there.dtype, column.data_type) %}
            {% if becomes_text and is_time_type(there.dtype) %}
                {% set value = "cast(cast(" ~ value ~ " as timestamp) as " ~ dbt.type_string() ~ ")" %}
            {% elif becomes_text %}
                {% set value = utc_time_text("cast(" ~ value ~ " as " ~ dbt.type_string() ~ ")") %}
            {% endif %}
            {% do values.append(value) %}
            {% do types.append('text' if becomes_text else there.dtype) %}
        {% endfor %}
        {% if values | length == 0 %}
            {% set expression = "cast(null as " ~ (dbt.type_string() if becomes_text else column.data_type) ~ ")" %}
        {% elif values | length == 1 %}
            {% set expression = values[0] %}
        {% elif types | unique | list | length == 1 %}
            {% set expression = "coalesce(" ~ values | join(", ") ~ ")" %}
        {% else %}
            {% set as_text = " as " ~ dbt.type_string() ~ ")" %}
            {% set expression = "coalesce(cast(" ~ values | join(as_text ~ ", cast(") ~ as_text ~ ")" %}
        {% endif %}
        {% do expressions.update({column.name: expression}) %}
    {% endfor %}
    {{ return(expressions) }}
{% endmacro %}


{# The names under which a declared column is there, in lower case, the declared one first. #}
{% macro present_columns(column, present) %}
    {% set names = [] %}
    {% for name in [column.name] + column.config.meta.get('also_named', []) if name in present %}
        {% do names.append(name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{% macro is_declared_time(column) %}
    {{ return(column.data_type in ('timestamp', 'date')) }}
{% endmacro %}


{% macro is_time_type(data_type) %}
    {{ return((data_type | lower).startswith('timestamp') or (data_type | lower).startswith('date')) }}
{% endmacro %}


{#
    The value of a column as the source meant it.

    name: the quoted column; found_type: its type there; data_type: the declared one.
#}
{% macro source_value(name, found_type, data_type) %}
    {{ return(adapter.dispatch('source_value')(name, found_type, data_type)) }}
{% endmacro %}

{% macro default__source_value(name, found_type, data_type) %}
    {{ return(name) }}
{% endmacro %}

{#
    What a file holds as JSON or as a nested type is given as text: a JSON string without its quotes, an object or a
    list as JSON. What is no fraction but is held as floating point is a number that had missing ones beside it: `7.0`
    is the id 7, NaN is none.
#}
{% macro duckdb__source_value(name, found_type, data_type) %}
    {% if found_type == 'JSON' %}
        {{ return("json_extract_string(" ~ name ~ ", '$')") }}
    {% elif found_type.endswith('[]') or found_type.split('(')[0] in ('STRUCT', 'MAP') %}
        {{ return("cast(to_json(" ~ name ~ ") as varchar)") }}
    {% elif found_type in ('FLOAT', 'DOUBLE') and not data_type.startswith('decimal') and data_type != 'double' %}
        {{ return(
            "case when isnan(" ~ name ~ ") then null when " ~ name ~ " = trunc(" ~ name ~ ") and abs(" ~ name
            ~ ") < 9007199254740992 then cast(cast(" ~ name ~ " as bigint) as varchar) else cast(" ~ name
            ~ " as varchar) end"
        ) }}
    {% endif %}
    {{ return(name) }}
{% endmacro %}
