-- An activity whose object is an e-mail address: its values would stand in the facts and in the copy that BI tools
-- read, where addresses are left out. dbt itself says only how many rows a test found, so the activities are named by a
-- warning of their own.
{{ config(severity='warn') }}
{% set query %}
select
    activity_key,
    object_property
from {{ ref('def_activities') }}
where lower(object_property) like '%mail' or lower(object_property) like '%mail_address'
{% endset %}

{% if execute and flags.WHICH in ('build', 'test') %}
    {% for row in run_query(query ~ " order by activity_key").rows %}
        {% do exceptions.warn(
            env_var('PQL_DEFINITIONS_PATH', 'seeds') ~ "/pql_activities.csv: the object_property '" ~ row[1]
            ~ "' of the activity '" ~ row[0] ~ "' seems to hold e-mail addresses, which would be published with the"
            ~ " facts. Name a property that holds ids."
        ) %}
    {% endfor %}
{% endif %}

{{ query }}
