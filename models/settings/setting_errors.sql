-- Every wrong row of the settings. The hook of this model fails the run when there is one; the models of the settings
-- build on it, so nobody is alerted by a wrong rule, and nothing judged by a wrong limit.

{% set row_keys = {
    'pql_alert_rules': ['definition_key'],
    'pql_owner_rules': ['rule_number'],
    'pql_nurture_rules': ['audience'],
    'pql_health_limits': ['limit_key'],
} %}

{% set required = {
    'pql_alert_rules': ['definition_key', 'priority', 'is_alerted'],
    'pql_owner_rules': ['rule_number', 'owner'],
    'pql_nurture_rules': ['audience', 'kind', 'frequency_cap_days'],
    'pql_health_limits': ['limit_key', 'value'],
} %}

{# seed, column, lowest value, whether only whole numbers #}
{% set numbers = [
    ('pql_alert_rules', 'priority', 1, true),
    ('pql_alert_rules', 'respond_within_hours', 1, true),
    ('pql_alert_rules', 'cooldown_days', 0, true),
    ('pql_alert_rules', 'max_age_days', 0, true),
    ('pql_owner_rules', 'rule_number', 0, true),
    ('pql_owner_rules', 'min_employees', 0, true),
    ('pql_owner_rules', 'max_employees', 0, true),
    ('pql_nurture_rules', 'min_threshold_share', 0, false),
    ('pql_nurture_rules', 'max_points_missing', 0, false),
    ('pql_nurture_rules', 'recent_days', 1, true),
    ('pql_nurture_rules', 'baseline_days', 1, true),
    ('pql_nurture_rules', 'max_usage_share', 0, false),
    ('pql_nurture_rules', 'min_baseline_active_days', 1, true),
    ('pql_nurture_rules', 'frequency_cap_days', 0, true),
] %}

{# kind of a nurture rule: the columns that only it has #}
{% set columns_of_kinds = {
    'close_to_qualifying': ['definition_key', 'min_threshold_share', 'max_points_missing'],
    'usage_drop': ['recent_days', 'baseline_days', 'max_usage_share', 'min_baseline_active_days'],
} %}

{% set shares = health_limits().shares %}
{% set whole_numbers = health_limits().whole_numbers %}
{% set limit_keys = shares + whole_numbers %}
{% set limit = safe_cast_to('value', 'decimal(18, 4)') %}

{# seed, column, condition that is true for a wrong row, what is wrong, what to do #}
{% set checks = [
    ('pql_alert_rules', 'is_alerted', "lower(is_alerted) not in ('true', 'false')",
     'is neither true nor false', 'Write true or false.'),
    ('pql_owner_rules', 'rule_number', safe_cast_to('rule_number', 'integer') ~ " in (select " ~ safe_cast_to('rule_number', 'integer')
     ~ " from pql_owner_rules group by " ~ safe_cast_to('rule_number', 'integer') ~ " having count(distinct rule_number) > 1)",
     'is the number of another rule, written otherwise', 'Give each rule a number of its own.'),
    ('pql_owner_rules', 'max_employees', safe_cast_to('max_employees', 'integer') ~ " < " ~ safe_cast_to('min_employees', 'integer'),
     'is below min_employees', 'Make it equal or larger, or empty it.'),
    ('pql_nurture_rules', 'kind', "kind not in ('close_to_qualifying', 'usage_drop')",
     'is not known', 'Use one of: close_to_qualifying, usage_drop.'),
    ('pql_nurture_rules', 'definition_key', "kind = 'close_to_qualifying' and definition_key is null",
     'is required for this kind', 'Name a definition of accounts, or write * for every one.'),
    ('pql_nurture_rules', 'min_threshold_share', "kind = 'close_to_qualifying' and min_threshold_share is null and max_points_missing is null",
     'is missing, and so is max_points_missing', 'Say in one of them how close is close.'),
    ('pql_nurture_rules', 'min_threshold_share', safe_cast_to('min_threshold_share', 'decimal(18, 4)') ~ " > 1",
     'is above 1', 'Write a share such as 0.7.'),
    ('pql_nurture_rules', 'max_usage_share', safe_cast_to('max_usage_share', 'decimal(18, 4)') ~ " >= 1",
     'is not below 1', 'Write a share such as 0.5.'),
    ('pql_health_limits', 'limit_key', "limit_key not in ('" ~ limit_keys | join("', '") ~ "')",
     'is not known', 'Use one of: ' ~ limit_keys | join(', ') ~ '.'),
    ('pql_health_limits', 'value', "value is not null and limit_key in ('" ~ shares | join("', '") ~ "') and not coalesce("
     ~ limit ~ " >= 0 and " ~ limit ~ " <= 1, false)",
     'is not a share', 'Write a number from 0 to 1, such as 0.25.'),
    ('pql_health_limits', 'value', "value is not null and limit_key in ('" ~ whole_numbers | join("', '") ~ "') and not coalesce("
     ~ limit ~ " >= 1 and " ~ limit ~ " = round(" ~ limit ~ ", 0), false)",
     'is not a whole number above 0', 'Write a number such as 30.'),
] %}

with
{% for seed in row_keys %}
{{ seed }} as (

    select * from {{ ref(seed) }}

){{ "," if not loop.last }}

{% endfor %}
{% for seed, columns in required.items() %}
{% for column in columns %}
{{ definition_problem(
    seed, row_keys[seed], column, column ~ " is null", 'is required', 'Fill it in.', folder='settings'
) }}
union all
{% endfor %}
{% endfor %}
{% for seed, key in row_keys.items() %}
{{ definition_problem(
    seed, key, key[0],
    key[0] ~ " in (select " ~ key[0] ~ " from " ~ seed ~ " group by " ~ key[0] ~ " having count(*) > 1)",
    'stands in more than one row', 'Keep one of the rows.', folder='settings'
) }}
union all
{% endfor %}
{% for seed, column, lowest, is_whole in numbers %}
{% set number = safe_cast_to(column, 'decimal(18, 4)') %}
{{ definition_problem(
    seed, row_keys[seed], column,
    column ~ " is not null and not coalesce(" ~ number ~ " >= " ~ lowest
    ~ (" and " ~ number ~ " = round(" ~ number ~ ", 0)" if is_whole else "") ~ ", false)",
    'is not a ' ~ ('whole ' if is_whole else '') ~ 'number of ' ~ lowest ~ ' or more',
    'Write such a number, or leave the cell empty where it is not required.', folder='settings'
) }}
union all
{% endfor %}
{% for seed, column, lowest, is_whole in numbers if is_whole %}
{% set highest = 36500 if column.endswith('_days') else 1000000000 %}
{{ definition_problem(
    seed, row_keys[seed], column, safe_cast_to(column, 'decimal(18, 4)') ~ " > " ~ highest,
    'is more than ' ~ highest, 'Write at most that.', folder='settings'
) }}
union all
{% endfor %}
{% for column in columns_of_kinds.usage_drop %}
{{ definition_problem(
    'pql_nurture_rules', ['audience'], column, "kind = 'usage_drop' and " ~ column ~ " is null",
    'is required for this kind', 'Fill it in.', folder='settings'
) }}
union all
{% endfor %}
{% for kind, columns in columns_of_kinds.items() %}
{% for column in columns %}
{{ definition_problem(
    'pql_nurture_rules', ['audience'], column,
    "kind in ('close_to_qualifying', 'usage_drop') and kind <> '" ~ kind ~ "' and " ~ column ~ " is not null",
    'has no meaning for this kind', 'Empty it.', folder='settings'
) }}
union all
{% endfor %}
{% endfor %}
{% for seed, column, condition, problem, remedy in checks %}
{{ definition_problem(seed, row_keys[seed], column, condition, problem, remedy, folder='settings') }}
union all
{% endfor %}
{% for key in limit_keys %}
select
    'settings/pql_health_limits.csv' as file_name,
    'limit_key=' || expected.limit_key as row_key,
    'limit_key' as column_name,
    expected.limit_key as found_value,
    'has no row' as problem,
    'Add the row with its value.' as remedy
from (select '{{ key }}' as limit_key) as expected
where
    expected.limit_key not in (
        select pql_health_limits.limit_key
        from pql_health_limits
        where pql_health_limits.limit_key is not null
    )
    -- Of a run on no rows at all nobody can say what is missing.
{{ "and false" if flags.EMPTY }}
{{ "union all" if not loop.last }}
{% endfor %}
