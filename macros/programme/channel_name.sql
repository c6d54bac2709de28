{# A channel as the programme names it: `all` is the row of every channel together, and no channel may be called so. #}
{% macro channel_name(channel) %}
    {{ return("case when " ~ channel ~ " = 'all' then 'all (channel)' else " ~ channel ~ " end") }}
{% endmacro %}
