{#
    Run before everything else: makes sure that the tables of every source that is on are there with
    their required columns.

    On DuckDB a source is a folder of files, read in place: `raw` is the folder in PQL_RAW_PATH, another
    source its subfolder of the same name. A table is `<table>.parquet`, `<table>.csv`, `<table>.jsonl`
    (each also as many files in a folder `<table>`); it becomes a view with exactly the columns that the
    source declares. A file that no table declares becomes a view as it stands: the event tables of
    Segment have names of the user's own. In a warehouse the tables exist already, see from_source.
#}
{% macro register_source_tables() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test') %}
        {% do check_source_names() %}
        {% set sources = [] %}
        {% for node in graph.sources.values() if node.source_name in sources_that_are_on() %}
            {% do sources.append(node) %}
        {% endfor %}
        {% do adapter.dispatch('register_source_tables')(sources) %}
    {% endif %}
{% endmacro %}


{% macro default__register_source_tables(sources) %}
    {% set problems = [] %}
    {% for node in sources %}
        {% set relation = adapter.get_relation(node.database, node.schema, node.identifier) %}
        {% if relation is none and not is_optional_table(node) %}
            {% do problems.append(
                node.source_name ~ " table '" ~ node.name ~ "': not found in schema '" ~ node.schema
                ~ "'. Create it, or set the var pql_" ~ node.source_name ~ "_schema to the schema that has it."
            ) %}
        {% elif relation is not none %}
            {% set found = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
            {% do problems.extend(missing_source_columns(node, node.schema ~ '.' ~ node.name, found)) %}
        {% endif %}
    {% endfor %}
    {% do raise_source_problems(problems) %}
{% endmacro %}


{% macro duckdb__register_source_tables(sources) %}
    {% set problems = [] %}
    {% set views = [] %}
    {% set files_of = {} %}
    {% for name in sources | map(attribute='source_name') | unique %}
        {% do files_of.update({name: source_files(name)}) %}
    {% endfor %}
    {% for node in sources %}
        {% set files = files_of[node.source_name].get(node.name, []) %}
        {% if files | length > 1 %}
            {% do problems.append(
                node.source_name ~ " table '" ~ node.name ~ "': both " ~ files[0] ~ " and " ~ files[1]
                ~ " exist. Remove the one that is not meant."
            ) %}
        {% elif files | length == 0 and is_optional_table(node) %}
            {% do views.append(source_view_sql(node, none, {})) %}
        {% elif files | length == 0 %}
            {% set place = source_folder(node.source_name) ~ '/' ~ node.name %}
            {% do problems.append(
                node.source_name ~ " table '" ~ node.name ~ "': neither " ~ place ~ ".parquet nor " ~ place
                ~ ".csv exists. Put the file there, or point the environment variable PQL_RAW_PATH to the"
                ~ " folder that has it (`make demo` writes demo data)."
            ) %}
        {% else %}
            {% set file = files[0] %}
            {% set size = run_query(
                "select coalesce(sum(size), 0) from read_blob(" ~ string_literal(file) ~ ")"
            ).columns[0].values()[0] %}
            {% if size == 0 %}
                {% do problems.append(
                    node.source_name ~ " table '" ~ node.name ~ "': " ~ file ~ " is empty (0 bytes). Export"
                    ~ " it again; a table without rows still needs its header."
                ) %}
            {% else %}
                {% set description = run_query("describe select * from " ~ file_reader(file)) %}
                {% set columns = description.columns[0].values() | list %}
                {% set missing = missing_source_columns(node, file, columns) %}
                {% do problems.extend(missing) %}
                {% if missing | length == 0 %}
                    {% set types = dict(zip(columns | map('lower'), description.columns[1].values())) %}
                    {% do views.append(source_view_sql(node, file_reader(file), types)) %}
                {% endif %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% do raise_source_problems(problems) %}
    {% set declared = [] %}
    {% for node in sources %}
        {% do declared.append(node.source_name ~ '.' ~ node.name) %}
    {% endfor %}
    {% for name, schema in dict(zip(sources | map(attribute='source_name'), sources | map(attribute='schema'))).items() %}
        {% do run_query("create schema if not exists " ~ adapter.quote(schema)) %}
        {% for table, files in files_of[name].items()
            if name != 'raw' and name ~ '.' ~ table not in declared and files | length == 1 %}
            {% do run_query(
                "create or replace view " ~ api.Relation.create(target.database, schema, table)
                ~ " as select * from " ~ file_reader(files[0])
            ) %}
        {% endfor %}
    {% endfor %}
    {% for view in views %}
        {% do run_query(view) %}
    {% endfor %}
{% endmacro %}


{# The folder that holds the files of a source. #}
{% macro source_folder(source_name) %}
    {% set folder = env_var('PQL_RAW_PATH', 'local/demo_raw') %}
    {{ return(folder if source_name == 'raw' else folder ~ '/' ~ source_name) }}
{% endmacro %}


{# The files, or patterns of files, of each table in the folder of a source. #}
{% macro source_files(source_name) %}
    {% set folder = source_folder(source_name) %}
    {% set found = {} %}
    {% for ending in ('parquet', 'csv', 'jsonl') %}
        {% for path in run_query(
            "select file from glob(" ~ string_literal(folder ~ '/*.' ~ ending) ~ ") order by file"
        ).columns[0].values() %}
            {% set table = path.replace('\\', '/').split('/')[-1][:-(ending | length) - 1] | lower %}
            {% do found.setdefault(table, []).append(path) %}
        {% endfor %}
        {% for table in run_query(
            "select distinct split_part(substr(replace(file, '\\', '/'), " ~ (folder | length + 2) ~ "), '/', 1)"
            ~ " from glob(" ~ string_literal(folder ~ '/*/**/*.' ~ ending) ~ ")"
        ).columns[0].values() if table not in graph.sources.values() | map(attribute='source_name') %}
            {% do found.setdefault(table | lower, []).append(folder ~ '/' ~ table ~ '/**/*.' ~ ending) %}
        {% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#
    What to select from to read a file. CSV and JSON are read as text and cast in staging: a wrong value is
    quarantined, not an abort. Nothing is guessed: a guessed comment character would lose rows.
#}
{% macro file_reader(file) %}
    {% if file.endswith('.parquet') %}
        {{ return("read_parquet(" ~ string_literal(file) ~ ", union_by_name = true)") }}
    {% elif file.endswith('.jsonl') %}
        {{ return(
            "(select columns(*) ->> '$' from read_json(" ~ string_literal(file) ~ ", format = 'newline_delimited',"
            ~ " maximum_depth = 1, sample_size = -1, union_by_name = true))"
        ) }}
    {% endif %}
    {{ return(
        "read_csv(" ~ string_literal(file) ~ ", header = true, all_varchar = true, skip = 0, delim = ',',"
        ~ " quote = '\"', escape = '\"', comment = '', union_by_name = true)"
    ) }}
{% endmacro %}


{# Whether a table may be absent: it is declared so, or another source can give the same. #}
{% macro is_optional_table(node) %}
    {{ return(node.config.meta.get('optional', false) or (node.source_name == 'raw' and node.name != 'events'
        and sources_that_are_on() | length > 1)) }}
{% endmacro %}


{#
    A view with exactly the columns that a source declares. A column that goes by several names among
    exports lists the others in its meta `also_named`.

    reader: the table function to select from; none for an absent optional table (no rows).
    types: type of each column found, by lower-case name.

    A time that stands as text may carry an offset (`+02:00`), which a plain cast to timestamp would
    drop: it is turned to UTC here. Text that is no time stays one, for the quarantine. Where times
    are text, absent ones are too, so that one can stand in for the other. A value that the file holds as JSON
    or as a nested type is given as text: a JSON string without its quotes, an object or a list as JSON. Text that
    the file holds as floating point is a number that had missing ones beside it: `7.0` is the id 7.
#}
{% macro source_view_sql(node, reader, types) %}
    {% set times_are_text = [] %}
    {% for column in node.columns.values() if column.data_type == 'timestamp'
        and types[present_column(column, types)] in ('VARCHAR', 'JSON') %}
        {% do times_are_text.append(column.name) %}
    {% endfor %}
    {% set expressions = [] %}
    {% for column in node.columns.values() %}
        {% set present = present_column(column, types) %}
        {% set name = adapter.quote(present or column.name) %}
        {% set is_text = types[present] == 'VARCHAR' %}
        {% if types[present] == 'JSON' %}
            {% set is_text = true %}
            {% set name = "json_extract_string(" ~ name ~ ", '$')" %}
        {% elif types[present] and (types[present].endswith('[]') or types[present].split('(')[0] in ('STRUCT', 'MAP')) %}
            {% set name = "cast(to_json(" ~ name ~ ") as varchar)" %}
        {% elif column.data_type == 'varchar' and types[present] in ('FLOAT', 'DOUBLE') %}
            {% set name = "case when isnan(" ~ name ~ ") then null when " ~ name ~ " = trunc(" ~ name ~ ") and abs(" ~ name
                ~ ") < 9007199254740992 then cast(cast(" ~ name ~ " as bigint) as varchar) else cast(" ~ name
                ~ " as varchar) end" %}
        {% endif %}
        {% if present is none %}
            {% set absent_type = 'varchar' if column.data_type == 'timestamp' and times_are_text else column.data_type %}
            {% set expression = "cast(null as " ~ absent_type ~ ")" %}
        {% elif column.data_type in ('timestamp', 'date') and is_text %}
            {% set expression = utc_time_text(name) %}
        {% else %}
            {% set expression = name %}
        {% endif %}
        {% do expressions.append(expression ~ " as " ~ adapter.quote(column.name)) %}
    {% endfor %}
    {% set relation = api.Relation.create(node.database, node.schema, node.identifier) %}
    {{ return(
        "create or replace view " ~ relation ~ " as select " ~ expressions | join(", ")
        ~ (" from " ~ reader if reader is not none else " where false")
    ) }}
{% endmacro %}


{# The name under which a declared column is there, in lower case; none without it. #}
{% macro present_column(column, present) %}
    {% for name in [column.name] + column.config.meta.get('also_named', []) if name in present %}
        {{ return(name) }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{# One message for each required column of a source table that is not among the columns found. #}
{% macro missing_source_columns(node, place, columns) %}
    {% set present = columns | map('lower') | list %}
    {% set problems = [] %}
    {% for column in node.columns.values() %}
        {% if column.config.meta.get('required', false) and present_column(column, present) is none %}
            {% do problems.append(
                node.source_name ~ " table '" ~ node.name ~ "' (" ~ place ~ "): required column '" ~ column.name
                ~ "' is missing; found: " ~ columns | join(', ')
                ~ ". Add the column, or rename the one that holds it."
            ) %}
        {% endif %}
    {% endfor %}
    {{ return(problems) }}
{% endmacro %}


{% macro raise_source_problems(problems) %}
    {% if problems | length > 0 %}
        {% do exceptions.raise_compiler_error(
            "The raw data cannot be read as the sources declare it (docs/raw_contract.md, docs/sources):\n  - "
            ~ problems | join("\n  - ")
        ) %}
    {% endif %}
{% endmacro %}
