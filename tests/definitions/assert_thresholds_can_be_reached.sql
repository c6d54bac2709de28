-- An active definition whose weights together give fewer points than its threshold: nobody can ever qualify under it.
-- No error, because a definition may be written before its weights are.
{{ config(severity='warn') }}
{% set query %}
select
    definitions.definition_key,
    {{ short_number('definitions.enter_threshold', 4) }} as enter_threshold,
    {{ short_number('coalesce(weights.most_points, 0)', 4) }} as most_points
from {{ ref('def_definitions') }} as definitions
left join (
    select
        definition_key,
        sum(
            case
                -- Points per unit count in both directions, because a sum may be negative.
                when points_per_unit <> 0 then max_points
                when points > 0 then points
                else 0
            end
        ) as most_points
    from {{ ref('def_weights') }}
    group by definition_key
) as weights
    on definitions.definition_key = weights.definition_key
where definitions.is_active and coalesce(weights.most_points, 0) < definitions.enter_threshold
{% endset %}

{% call(row) warn_of_each(query ~ " order by definition_key") %}
    {{ env_var('PQL_DEFINITIONS_PATH', 'seeds') ~ "/pql_definitions.csv: nobody can qualify under the definition '"
    ~ row[0] ~ "': its threshold is " ~ row[1] ~ ", and all its signals together give at most " ~ row[2]
    ~ " points. Give more points in pql_weights.csv, or lower the threshold." }}
{% endcall %}

{{ query }}
