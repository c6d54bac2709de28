-- Every wrong row of the health limits. The hook of this model fails the run when there is one.

{% set shares = health_limits().shares %}
{% set whole_numbers = health_limits().whole_numbers %}
{% set keys = shares + whole_numbers %}
{% set number = safe_cast_to('value', 'decimal(18, 4)') %}

{# column, condition that is true for a wrong row, what is wrong, what to do #}
{% set checks = [
    ('limit_key', "limit_key is null", 'is required', 'Fill it in.'),
    ('limit_key', "limit_key not in ('" ~ keys | join("', '") ~ "')",
     'is not known', 'Use one of: ' ~ keys | join(', ') ~ '.'),
    ('limit_key', "limit_key in (select limit_key from pql_health_limits group by limit_key having count(*) > 1)",
     'stands in more than one row', 'Keep one of the rows.'),
    ('value', "value is null", 'is required', 'Fill it in.'),
    ('value', "value is not null and limit_key in ('" ~ shares | join("', '") ~ "') and not coalesce("
     ~ number ~ " >= 0 and " ~ number ~ " <= 1, false)",
     'is not a share', 'Write a number from 0 to 1, such as 0.25.'),
    ('value', "value is not null and limit_key in ('" ~ whole_numbers | join("', '") ~ "') and not coalesce("
     ~ number ~ " >= 1 and " ~ number ~ " = round(" ~ number ~ ", 0), false)",
     'is not a whole number above 0', 'Write a number such as 30.'),
] %}

with pql_health_limits as (

    select * from {{ ref('pql_health_limits') }}

)

{% for column, condition, problem, remedy in checks %}
{{ definition_problem('pql_health_limits', ['limit_key'], column, condition, problem, remedy, folder='settings') }}
union all
{% endfor %}
{% for key in keys %}
select
    'settings/pql_health_limits.csv' as file_name,
    'limit_key={{ key }}' as row_key,
    'limit_key' as column_name,
    '{{ key }}' as found_value,
    'has no row' as problem,
    'Add the row with its value.' as remedy
where
    '{{ key }}' not in (
        select pql_health_limits.limit_key
        from pql_health_limits
        where pql_health_limits.limit_key is not null
    )
{{ "union all" if not loop.last }}
{% endfor %}
