{#
    Whether a user agent is that of a crawler or of a browser that a program drives. They name themselves:
    the words are those that the common lists of crawlers agree on. CUBOT makes telephones.
#}
{% macro is_bot(user_agent) %}
    {% set words = ['bot', 'crawl', 'spider', 'headless', 'slurp', 'python-requests', 'curl/'] %}
    {% set conditions = [] %}
    {% for word in words %}
        {% do conditions.append("replace(lower(" ~ user_agent ~ "), 'cubot', '') like '%" ~ word ~ "%'") %}
    {% endfor %}
    {{ return("(" ~ user_agent ~ " is not null and (" ~ conditions | join(" or ") ~ "))") }}
{% endmacro %}
