{#
    A warning for every row of a query, worded by the caller. dbt itself says of a test of severity `warn` only how
    many rows it found.

        {% call(row) warn_of_each("select activity_key from ...") %}...{{ row[0] }}...{% endcall %}
#}
{% macro warn_of_each(query) %}
    {% if execute and flags.WHICH in ('build', 'test') %}
        {% for row in run_query(query).rows %}
            {% do exceptions.warn(caller(row) | trim) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
