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
    {% if execute and flags.WHICH in ('build', 'run', 'test', 'freshness') %}
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
    {% do check_demo_is_apart(sources | map(attribute='schema') | unique | list) %}
    {% set problems = [] %}
    {% set views = [] %}
    {% set absent = [] %}
    {% set files_of = {} %}
    {% for name in sources | map(attribute='source_name') | unique %}
        {% do files_of.update({name: source_files(name)}) %}
    {% endfor %}
    {% for node in sources %}
        {% set files = files_of[node.source_name].get(node.name, []) %}
        {% set wrong = wrong_files(node.source_name, node.name, files) %}
        {% if wrong is not none %}
            {% do problems.append(wrong) %}
        {% elif files | length == 0 and is_optional_table(node) %}
            {% do absent.append(node) %}
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
            {% set description = run_query("describe select * from " ~ file_reader(file)) %}
            {% set columns = description.columns[0].values() | list %}
            {% set missing = missing_source_columns(node, file, columns) %}
            {% do problems.extend(missing) %}
            {% if missing | length == 0 %}
                {% set found = {} %}
                {% for column in columns %}
                    {% do found.update({column | lower: api.Column(column, description.columns[1].values()[loop.index0])}) %}
                {% endfor %}
                {% do views.append(source_view_sql(node, file_reader(file), found)) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% set schemas = dict(zip(sources | map(attribute='source_name'), sources | map(attribute='schema'))) %}
    {% set meant = [] %}
    {% for node in sources %}
        {% do meant.append((node.schema, node.name)) %}
    {% endfor %}
    {% for name, schema in schemas.items() if name != 'raw' %}
        {% for table, files in files_of[name].items() if (schema, table) not in meant %}
            {% do meant.append((schema, table)) %}
            {% set wrong = wrong_files(name, table, files) %}
            {% if wrong is not none %}
                {% do problems.append(wrong) %}
            {% else %}
                {% do views.append(
                    "create or replace view " ~ api.Relation.create(target.database, schema, table)
                    ~ " as select * from " ~ file_reader(files[0])
                ) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% do raise_source_problems(problems) %}
    {% do warn_of_absent_tables(absent) %}
    {% for schema in schemas.values() %}
        {% do run_query("create schema if not exists " ~ adapter.quote(schema)) %}
    {% endfor %}
    {% for view in views %}
        {% do run_query(view) %}
    {% endfor %}
    {# A view of a file that is gone would be read on, or end the build. #}
    {% set existing = run_query(
        "select schema_name, view_name from duckdb_views() where database_name = " ~ string_literal(target.database)
        ~ " and regexp_matches(sql, 'read_(parquet|csv|json)\\(')"
    ) %}
    {% for schema, table in existing.rows if schema in schemas.values() and (schema, table | lower) not in meant %}
        {% do run_query("drop view " ~ api.Relation.create(target.database, schema, table)) %}
    {% endfor %}
{% endmacro %}


{#
    Refuses to build the demo and a company's own files into one database: what was reported of the one would stay in
    the logs beside the other, and cannot be told apart there. The demo is also what is read where nobody says which
    folder is meant.

    schemas: those of the sources, whose views say which files they read.
#}
{% macro check_demo_is_apart(schemas) %}
    {% set demo_folder = '(^|/)local/demo_raw(/|$)' %}
    {% set views = run_query(
        "select schema_name, regexp_extract(sql, 'read_(parquet|csv|json)\\(.([^'']+)', 2) from duckdb_views()"
        ~ " where database_name = " ~ string_literal(target.database)
    ) %}
    {% set is_demo = modules.re.search(demo_folder, source_folder('raw')) is not none %}
    {% for schema, file in views.rows if schema in schemas and file %}
        {% set was_demo = modules.re.search(demo_folder, file) is not none %}
        {% if is_demo and not was_demo %}
            {% do exceptions.raise_compiler_error(
                target.path ~ " was built from " ~ file ~ ", and this run would read the demo in " ~ source_folder('raw')
                ~ ". Name the folder of your files with the environment variable PQL_RAW_PATH, or for the demo another"
                ~ " database with PQL_DUCKDB_PATH. Nothing was changed."
            ) %}
        {% elif was_demo and not is_demo %}
            {% do exceptions.raise_compiler_error(
                target.path ~ " holds the demo, whose simulated leads would stay in the logs beside those of "
                ~ source_folder('raw') ~ ". `make build` moves it aside; or move the file yourself, or name another"
                ~ " database with PQL_DUCKDB_PATH. Nothing was changed."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# What is wrong with the files of a table: two of them, or one without a byte; none where nothing is. #}
{% macro wrong_files(source_name, table, files) %}
    {% if files | length > 1 %}
        {{ return(
            source_name ~ " table '" ~ table ~ "': both " ~ files[0] ~ " and " ~ files[1]
            ~ " exist. Remove the one that is not meant."
        ) }}
    {% endif %}
    {% for file in files %}
        {% set size = run_query(
            "select coalesce(sum(size), 0) from read_blob(" ~ string_literal(file) ~ ")"
        ).columns[0].values()[0] %}
        {% if size == 0 %}
            {{ return(
                source_name ~ " table '" ~ table ~ "': " ~ file ~ " is empty (0 bytes). Export"
                ~ " it again; a table without rows still needs its header."
            ) }}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}


{#
    The folder that holds the files of a source, written as DuckDB writes the files that it finds there: without
    `./`, `x/..` and slashes that say nothing.
#}
{% macro source_folder(source_name) %}
    {% set given = env_var('PQL_RAW_PATH', 'local/demo_raw') %}
    {% if modules.re.search('[*?\\[]', given) %}
        {% do exceptions.raise_compiler_error(
            "PQL_RAW_PATH is '" ~ given ~ "'. DuckDB takes `*`, `?` and `[` for a pattern: give the folder another name."
        ) %}
    {% endif %}
    {% set parts = [] %}
    {% for part in given.split('/') %}
        {% if part == '..' and parts and parts[-1] not in ('', '..') %}
            {% do parts.pop() %}
        {% elif part != '.' and (part or loop.first) %}
            {% do parts.append(part) %}
        {% endif %}
    {% endfor %}
    {% set folder = given.rstrip('/') if '://' in given else (parts | join('/') or '.') %}
    {{ return(folder if source_name == 'raw' else folder ~ '/' ~ source_name) }}
{% endmacro %}


{# The files, or patterns of files, of each table in the folder of a source. #}
{% macro source_files(source_name) %}
    {% set folder = source_folder(source_name) %}
    {# What the files of the present folder begin with is not written. #}
    {% set begins_at = 1 if folder == '.' else folder | length + 2 %}
    {% set found = {} %}
    {% for ending in ('parquet', 'csv', 'jsonl') %}
        {% for path in run_query(
            "select file from glob(" ~ string_literal(folder ~ '/*.' ~ ending) ~ ") order by file"
        ).columns[0].values() %}
            {% set table = path.replace('\\', '/').split('/')[-1][:-(ending | length) - 1] | lower %}
            {% do found.setdefault(table, []).append(path) %}
        {% endfor %}
        {% for table in run_query(
            "select distinct split_part(substr(replace(file, '\\', '/'), " ~ begins_at ~ "), '/', 1)"
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


{#
    Whether a table may be absent: it is declared so, another source that is on gives the same, or the plain
    contract holds no events, so that its other tables are only what is known besides.
#}
{% macro is_optional_table(node) %}
    {{ return(node.config.meta.get('optional', false) or (node.source_name == 'raw' and (
        adapters_of(node.name) | reject('equalto', 'raw') | list | length > 0 or 'raw' not in var('pql_event_sources')
    ))) }}
{% endmacro %}


{# Says which tables of the plain contract are absent that no other source gives. #}
{% macro warn_of_absent_tables(nodes) %}
    {% set names = [] %}
    {% for node in nodes if not node.config.meta.get('optional', false) and adapters_of(node.name) == ['raw'] %}
        {% do names.append(node.name) %}
    {% endfor %}
    {% if names %}
        {% do exceptions.warn(
            "raw: no source that is on gives " ~ names | join(", ") ~ ", and " ~ source_folder('raw')
            ~ " has no file of them: the build goes on as if there were none. A file with only its header says so on"
            ~ " purpose."
        ) %}
    {% endif %}
{% endmacro %}


{#
    A view with exactly the columns that a source declares, see declared_columns.

    reader: the table function to select from; none for an absent optional table (no rows).
    found: the columns that it gives, by lower-case name.
#}
{% macro source_view_sql(node, reader, found) %}
    {% set selected = [] %}
    {% for name, expression in declared_columns(node.columns, found).items() %}
        {% do selected.append(expression ~ " as " ~ adapter.quote(name)) %}
    {% endfor %}
    {% set relation = api.Relation.create(node.database, node.schema, node.identifier) %}
    {{ return(
        "create or replace view " ~ relation ~ " as select " ~ selected | join(", ")
        ~ (" from " ~ reader if reader is not none else " where false")
    ) }}
{% endmacro %}


{# One message for each required column of a source table that is not among the columns found. #}
{% macro missing_source_columns(node, place, columns) %}
    {% set present = columns | map('lower') | list %}
    {% set table = node.source_name ~ " table '" ~ node.name ~ "' (" ~ place ~ ")" %}
    {% if columns | length == 1 and (';' in columns[0] or '\t' in columns[0]) %}
        {{ return([
            table ~ ": the header is one column: '" ~ columns[0]
            ~ "'. Export the file with commas between the columns."
        ]) }}
    {% endif %}
    {% set problems = [] %}
    {% for column in node.columns.values() %}
        {% if column.config.meta.get('required', false) and present_columns(column, present) | length == 0 %}
            {% do problems.append(
                table ~ ": required column '" ~ column.name
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
