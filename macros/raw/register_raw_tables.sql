{#
    Run before everything else: makes sure that the raw tables of source `raw` are there with their
    required columns, and gives absent optional columns a null of their type.

    DuckDB reads `<table>.parquet` or `<table>.csv` from the folder in PQL_RAW_PATH in place, through
    views in the schema of source `raw`. In a warehouse the tables exist already.
#}
{% macro register_raw_tables() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test') %}
        {% set sources = [] %}
        {% for node in graph.sources.values() if node.source_name == 'raw' %}
            {% do sources.append(node) %}
        {% endfor %}
        {% do adapter.dispatch('register_raw_tables')(sources) %}
    {% endif %}
{% endmacro %}


{% macro default__register_raw_tables(sources) %}
    {% set problems = [] %}
    {% for node in sources %}
        {% set relation = adapter.get_relation(node.database, node.schema, node.identifier) %}
        {% if relation is none and not node.config.meta.get('optional', false) %}
            {% do problems.append(
                "raw table '" ~ node.name ~ "': not found in schema '" ~ node.schema
                ~ "'. Create it, or set the var pql_raw_schema to the schema that has it."
            ) %}
        {% elif relation is not none %}
            {% set found = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
            {% do problems.extend(missing_raw_columns(node, node.schema ~ '.' ~ node.name, found)) %}
        {% endif %}
    {% endfor %}
    {% do raise_raw_problems(problems) %}
{% endmacro %}


{% macro duckdb__register_raw_tables(sources) %}
    {% set folder = env_var('PQL_RAW_PATH', 'local/demo_raw') %}
    {% set problems = [] %}
    {% set views = [] %}
    {% for node in sources %}
        {% set parquet = folder ~ '/' ~ node.name ~ '.parquet' %}
        {% set csv = folder ~ '/' ~ node.name ~ '.csv' %}
        {% set found = run_query(
            "select file from glob(" ~ string_literal(parquet) ~ ") union all "
            ~ "select file from glob(" ~ string_literal(csv) ~ ")"
        ).columns[0].values() %}
        {% if found | length == 2 %}
            {% do problems.append(
                "raw table '" ~ node.name ~ "': both " ~ parquet ~ " and " ~ csv
                ~ " exist. Remove the one that is not meant."
            ) %}
        {% elif found | length == 0 and not node.config.meta.get('optional', false) %}
            {% do problems.append(
                "raw table '" ~ node.name ~ "': neither " ~ parquet ~ " nor " ~ csv
                ~ " exists. Put the file there, or point the environment variable PQL_RAW_PATH to the"
                ~ " folder that has it (`make demo` writes demo data)."
            ) %}
        {% elif found | length == 0 %}
            {% do views.append(raw_view_sql(node, none, {})) %}
        {% else %}
            {% set file = found[0] %}
            {% set size = run_query("select size from read_blob(" ~ string_literal(file) ~ ")").columns[0].values()[0] %}
            {% if size == 0 %}
                {% do problems.append(
                    "raw table '" ~ node.name ~ "': " ~ file ~ " is empty (0 bytes). Export it again; a"
                    ~ " table without rows still needs its header."
                ) %}
            {% else %}
                {#
                    A CSV is read as text and cast in staging: a wrong value is quarantined, not an abort.
                    Nothing is guessed: a guessed comment character would lose rows.
                #}
                {% set reader = "read_parquet(" ~ string_literal(file) ~ ")" if file == parquet
                    else "read_csv(" ~ string_literal(file) ~ ", header = true, all_varchar = true, skip = 0,"
                        ~ " delim = ',', quote = '\"', escape = '\"', comment = '')" %}
                {% set description = run_query("describe select * from " ~ reader) %}
                {% set columns = description.columns[0].values() | list %}
                {% set missing = missing_raw_columns(node, file, columns) %}
                {% do problems.extend(missing) %}
                {% if missing | length == 0 %}
                    {% set types = dict(zip(columns | map('lower'), description.columns[1].values())) %}
                    {% do views.append(raw_view_sql(node, reader, types)) %}
                {% endif %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% do raise_raw_problems(problems) %}
    {% do run_query("create schema if not exists " ~ adapter.quote(sources[0].schema)) %}
    {% for view in views %}
        {% do run_query(view) %}
    {% endfor %}
{% endmacro %}


{#
    A view with exactly the columns of the contract.

    reader: the table function to select from; none for an absent optional table (no rows).
    types: type of each column found, by lower-case name.

    A time that stands as text may carry an offset (`+02:00`), which a plain cast to timestamp would
    drop: it is turned to UTC here. Text that is no time is left as it is, for the quarantine.
#}
{% macro raw_view_sql(node, reader, types) %}
    {% set expressions = [] %}
    {% for column in node.columns.values() %}
        {% set name = adapter.quote(column.name) %}
        {% if column.name not in types %}
            {% set expression = "cast(null as " ~ column.data_type ~ ")" %}
        {% elif column.data_type == 'timestamp' and types[column.name] == 'VARCHAR' %}
            {% set expression = "coalesce(cast(cast(try_cast(" ~ name ~ " as timestamptz) as timestamp) as varchar), "
                ~ name ~ ")" %}
        {% else %}
            {% set expression = name %}
        {% endif %}
        {% do expressions.append(expression ~ " as " ~ name) %}
    {% endfor %}
    {% set relation = api.Relation.create(node.database, node.schema, node.identifier) %}
    {{ return(
        "create or replace view " ~ relation ~ " as select " ~ expressions | join(", ")
        ~ (" from " ~ reader if reader is not none else " where false")
    ) }}
{% endmacro %}


{# One message for each required column of a source table that is not among the columns found. #}
{% macro missing_raw_columns(node, place, columns) %}
    {% set present = columns | map('lower') | list %}
    {% set problems = [] %}
    {% for column in node.columns.values() %}
        {% if column.config.meta.get('required', false) and column.name not in present %}
            {% do problems.append(
                "raw table '" ~ node.name ~ "' (" ~ place ~ "): required column '" ~ column.name
                ~ "' is missing; found: " ~ columns | join(', ')
                ~ ". Add the column, or rename the one that holds it."
            ) %}
        {% endif %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}


{% macro raise_raw_problems(problems) %}
    {% if problems | length > 0 %}
        {% do exceptions.raise_compiler_error(
            "The raw data does not keep the contract (docs/raw_contract.md):\n  - "
            ~ problems | join("\n  - ")
        ) %}
    {% endif %}
{% endmacro %}
