{#
    The event tables of Segment (one per event name, with a column per property) that the tracking plan needs:
    those of events of which an activity reads a property; all of them when one reads a property of `*`.

    Looked up when a model runs, never while the project is parsed. An event that is tracked and has no table
    has no properties; that is said once.

    Returns a list of dictionaries: `name` of the table, `sql` that selects the columns that the source declares
    for `tracks`, and `properties` as JSON text.
#}
{% macro segment_event_tables() %}
    {% if not execute or graph.nodes is not defined %}
        {{ return([]) }}
    {% endif %}
    {% set activities = load_relation(ref('def_activities')) %}
    {% if activities is none %}
        {{ return([]) }}
    {% endif %}
    {% set wanted = run_query(
        "select distinct event_name from " ~ activities
        ~ " where property is not null or object_property is not null or value_property is not null order by event_name"
    ).columns[0].values() | list %}
    {% set wanted_keys = [] %}
    {% for name in wanted %}
        {% do wanted_keys.append(segment_name_key(name)) %}
    {% endfor %}

    {% set tracks = graph.sources['source.' ~ project_name ~ '.segment.tracks'] %}
    {% set tables = [] %}
    {% set found_keys = [] %}
    {% for name, relation in segment_candidate_tables(tracks.database, tracks.schema).items()
        if '*' in wanted or segment_name_key(name) in wanted_keys %}
        {% set columns = {} %}
        {% for column in adapter.get_columns_in_relation(relation) %}
            {% do columns.update({column.name | lower: column}) %}
        {% endfor %}
        {% if 'id' in columns and ('event' in columns or 'event_text' in columns) %}
            {% do found_keys.append(segment_name_key(name)) %}
            {% do tables.append({
                'name': name, 'sql': segment_event_table_sql(name, relation, columns, tracks.columns)
            }) %}
        {% endif %}
    {% endfor %}

    {% set without_table = [] %}
    {% for name in wanted if name not in ('*', 'Page Viewed', 'Screen Viewed')
        and segment_name_key(name) not in found_keys %}
        {% do without_table.append(name) %}
    {% endfor %}
    {% if without_table and flags.WHICH in ('build', 'run') and model.resource_type == 'model' %}
        {% do warn_of_events_without_table(tracks.schema, without_table) %}
    {% endif %}
    {{ return(tables) }}
{% endmacro %}


{# The tables of a schema that may be event tables, by lower-case name. #}
{% macro segment_candidate_tables(database, schema) %}
    {% set names = table_names(database, schema) %}
    {% set lower_names = names | map('lower') | list %}
    {% set found = {} %}
    {# On BigQuery each table has a view of the same rows beside it. #}
    {% for name in names
        if name | lower not in ('tracks', 'identifies', 'users', 'groups', 'accounts', 'pages', 'screens', 'aliases')
        and not ((name | lower).endswith('_view') and (name | lower)[:-5] in lower_names) %}
        {% do found.update({name | lower: api.Relation.create(database, schema, name)}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#
    A name of an event or of its table without what the vendor changes when it makes the one into the other:
    `Project Created`, `projectCreated` and `project_created` have one key.
#}
{% macro segment_name_key(name) %}
    {{ return(modules.re.sub('[^0-9a-z]', '', name | lower)) }}
{% endmacro %}


{# Whether a column of an event table is the vendor's own, not a property. #}
{% macro is_segment_column(name) %}
    {{ return(name.startswith('context_') or name in (
        'id', 'anonymous_id', 'user_id', 'event', 'event_text', 'received_at', 'sent_at', 'timestamp',
        'event_timestamp', 'original_timestamp', 'uuid', 'uuid_ts', 'loaded_at'
    )) }}
{% endmacro %}


{% macro segment_event_table_sql(name, relation, columns, declared) %}
    {% set own = {} %}
    {% set properties = {} %}
    {% for key, column in columns.items() %}
        {% if is_segment_column(key) %}
            {% do own.update({key: column}) %}
        {% else %}
            {% do properties.update({key: finite_number(adapter.quote(column.name), column.dtype)}) %}
        {% endif %}
    {% endfor %}
    {% set expressions = [] %}
    {# Among the vendor's own columns only: `email` is here the address that the event is about. #}
    {% for column, expression in declared_columns(declared, own).items() %}
        {% do expressions.append(
            (string_literal(name) if column == 'event' and 'event' not in own else expression) ~ " as " ~ column
        ) %}
    {% endfor %}
    {% do expressions.append(json_object_text(properties) ~ " as properties") %}
    {{ return("select " ~ expressions | join(", ") ~ " from " ~ relation) }}
{% endmacro %}


{# Only events that are tracked are worth a word: the tracking plan holds ready-made ones too. #}
{% macro warn_of_events_without_table(schema, names) %}
    {% set tracked = [] %}
    {% for event in run_query("select distinct event from " ~ from_source('segment', 'tracks') ~ " as tracks").columns[0].values()
        if event is not none %}
        {% do tracked.append(segment_name_key(event)) %}
    {% endfor %}
    {% set missing = [] %}
    {% for name in names if segment_name_key(name) in tracked %}
        {% do missing.append("'" ~ name ~ "'") %}
    {% endfor %}
    {% if missing %}
        {% do exceptions.warn(
            "segment: the tracking plan (pql_activities) reads properties of " ~ missing | join(", ") ~ ", but schema '"
            ~ schema ~ "' has no event table of that name: these events have no properties. Sync the table, or empty"
            ~ " the property columns of the activity."
        ) %}
    {% endif %}
{% endmacro %}
