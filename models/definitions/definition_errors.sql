-- Every wrong row of the definition files. The hook of this model fails the run when there is one;
-- all models of the definitions build on it, so nothing is scored with a wrong definition.

{% set row_keys = {
    'pql_activities': ['activity_key'],
    'pql_signals': ['signal_key'],
    'pql_definitions': ['definition_key'],
    'pql_weights': ['definition_key', 'signal_key'],
    'pql_approved_thresholds': ['definition_key', 'approved_on'],
    'pql_tiers': ['definition_key', 'tier'],
    'pql_calibration': ['definition_key'],
} %}

{% set required = {
    'pql_activities': ['activity_key', 'event_name'],
    'pql_signals': ['signal_key', 'measure', 'threshold', 'kind'],
    'pql_definitions': ['definition_key', 'entity_type', 'audience', 'enter_threshold', 'is_active'],
    'pql_weights': ['definition_key', 'signal_key'],
    'pql_approved_thresholds': ['definition_key', 'approved_on', 'enter_threshold'],
    'pql_tiers': ['definition_key', 'tier', 'min_score'],
    'pql_calibration': ['definition_key', 'objective', 'min_conversions', 'min_entities'],
} %}

{# Numbers that are held with four decimals: a fifth is not rounded without a word. #}
{% set of_four_decimals = {
    'pql_definitions': ['enter_threshold', 'exit_threshold'],
    'pql_weights': ['points', 'max_points'],
    'pql_approved_thresholds': ['enter_threshold', 'exit_threshold'],
    'pql_tiers': ['min_score'],
} %}

{# seed, column, condition that is true for a wrong row, what is wrong, what to do #}
{% set checks = [
    ('pql_activities', 'operator', "operator not in ('=', '!=', '>=', '>', '<=', '<', 'exists')",
     'is not known', 'Use one of: =, !=, >=, >, <=, <, exists.'),
    ('pql_activities', 'operator', "property is not null and operator is null",
     'is missing for the property condition', 'Name the operator, or empty the property.'),
    ('pql_activities', 'property', "operator is not null and property is null",
     'is missing for the operator', 'Name the event property that the operator looks at.'),
    ('pql_activities', 'property', "property like '%\"%' or property = '*'",
     'is no name of one property', 'Write its plain name, without a double quote.'),
    ('pql_activities', 'object_property', "object_property like '%\"%' or object_property = '*'",
     'is no name of one property', 'Write its plain name, without a double quote.'),
    ('pql_activities', 'value_property', "value_property like '%\"%' or value_property = '*'",
     'is no name of one property', 'Write its plain name, without a double quote.'),
    ('pql_activities', 'property_value', "operator in ('=', '!=', '>=', '>', '<=', '<') and property_value is null",
     'is missing for the operator', 'Name the value to compare with.'),
    ('pql_signals', 'measure', "measure not in ('events', 'active_days', 'active_users', 'distinct_objects', 'sum', 'average', 'days_since_last', 'days_since_first', 'days_since_signup', 'attribute')",
     'is not known', 'Use one of: events, active_days, active_users, distinct_objects, sum, average, days_since_last, days_since_first, days_since_signup, attribute.'),
    ('pql_signals', 'activity_key', "activity_key not in (select activity_key from pql_activities where activity_key is not null)",
     'is not in seeds/pql_activities.csv', 'Add it there, or correct the key.'),
    ('pql_signals', 'activity_key', "activity_key is null and measure not in ('attribute', 'days_since_signup')",
     'is required for this measure', 'Name an activity of seeds/pql_activities.csv.'),
    ('pql_signals', 'activity_key', "activity_key is not null and measure in ('attribute', 'days_since_signup')",
     'has no meaning for this measure', 'Empty it: attribute and days_since_signup look at no activity.'),
    ('pql_signals', 'attribute', "attribute is null and measure = 'attribute'",
     'is required for measure attribute', 'Use one of: plan, acquisition_channel, country, employee_count, account_name, domain, parent_account_id.'),
    ('pql_signals', 'attribute', "attribute is not null and measure <> 'attribute'",
     'has no meaning for this measure', 'Empty it, or use measure attribute.'),
    ('pql_signals', 'attribute', "attribute not in ('plan', 'acquisition_channel', 'country', 'employee_count', 'account_name', 'domain', 'parent_account_id') and measure = 'attribute'",
     'is not known', 'Use one of: plan, acquisition_channel, country, employee_count, account_name, domain, parent_account_id.'),
    ('pql_signals', 'operator', "operator not in ('>=', '<=', '=', '!=', 'in')",
     'is not known', 'Use one of: >=, <=, =, !=, in.'),
    ('pql_signals', 'operator', "operator in ('=', '!=', 'in') and measure <> 'attribute'",
     'works only for measure attribute', 'Use >= for this measure.'),
    ('pql_signals', 'operator', "operator = '<=' and measure not in ('average', 'days_since_first', 'days_since_signup', 'attribute')",
     'works only for average, days_since_first, days_since_signup and attribute', 'Use >= for this measure.'),
    ('pql_signals', 'threshold', "threshold is not null and " ~ safe_cast_to('threshold', 'decimal(38, 9)') ~ " is null and (measure <> 'attribute' or coalesce(operator, '>=') in ('>=', '<='))",
     'is not a number', 'Write a number; text thresholds work only for measure attribute with =, != or in.'),
    ('pql_signals', 'threshold', "measure in ('events', 'active_days', 'active_users', 'distinct_objects', 'sum') and " ~ safe_cast_to('threshold', 'decimal(38, 9)') ~ " <= 0",
     'is not above 0', 'A count of nothing is 0 for everybody: use a threshold above 0.'),
    ('pql_signals', 'threshold', "measure in ('days_since_last', 'days_since_first', 'days_since_signup') and " ~ safe_cast_to('threshold', 'decimal(38, 9)') ~ " > 36500",
     'is more than 36500 days', 'Write at most a hundred years of days.'),
    ('pql_signals', 'threshold', "operator = 'in' and (threshold <> trim(threshold) or threshold like '%|  %' or threshold like '%  |%')",
     'has blanks around its values', 'Write them as a|b, without blanks.'),
    ('pql_signals', 'window_days', "window_days is not null and coalesce(" ~ safe_cast_to('window_days', 'integer') ~ ", 0) < 1",
     'is not a whole number above 0', 'Write a number of days such as 30, or leave it empty.'),
    ('pql_signals', 'window_days', safe_cast_to('window_days', 'integer') ~ " > 36500",
     'is more than 36500 days', 'Write at most a hundred years of days, or leave it empty: for ever.'),
    ('pql_signals', 'window_days', safe_cast_to('window_days', 'decimal(38, 9)') ~ " <> cast(" ~ safe_cast_to('window_days', 'integer') ~ " as decimal(38, 9))",
     'is not a whole number of days', 'Round it to whole days.'),
    ('pql_signals', 'within_days_of_signup', "within_days_of_signup is not null and coalesce(" ~ safe_cast_to('within_days_of_signup', 'integer') ~ ", 0) < 1",
     'is not a whole number above 0', 'Write a number of days such as 30, or leave it empty.'),
    ('pql_signals', 'within_days_of_signup', safe_cast_to('within_days_of_signup', 'integer') ~ " > 36500",
     'is more than 36500 days', 'Write at most a hundred years of days, or leave it empty: for ever.'),
    ('pql_signals', 'within_days_of_signup', safe_cast_to('within_days_of_signup', 'decimal(38, 9)') ~ " <> cast(" ~ safe_cast_to('within_days_of_signup', 'integer') ~ " as decimal(38, 9))",
     'is not a whole number of days', 'Round it to whole days.'),
    ('pql_signals', 'decay_every_days', "decay_every_days is not null and coalesce(" ~ safe_cast_to('decay_every_days', 'integer') ~ ", 0) < 1",
     'is not a whole number above 0', 'Write a number of days such as 30, or leave it empty.'),
    ('pql_signals', 'decay_every_days', safe_cast_to('decay_every_days', 'decimal(38, 9)') ~ " <> cast(" ~ safe_cast_to('decay_every_days', 'integer') ~ " as decimal(38, 9))",
     'is not a whole number of days', 'Round it to whole days.'),
    ('pql_signals', 'decay_every_days', safe_cast_to('decay_every_days', 'integer') ~ " > 36500",
     'is more than 36500 days', 'Write at most a hundred years of days.'),
    ('pql_signals', 'window_days', "window_days is not null and measure in ('days_since_last', 'days_since_first', 'days_since_signup', 'attribute')",
     'has no meaning for this measure', 'Empty it.'),
    ('pql_signals', 'within_days_of_signup', "within_days_of_signup is not null and measure in ('days_since_signup', 'attribute')",
     'has no meaning for this measure', 'Empty it.'),
    ('pql_signals', 'decay_rate', "(decay_rate is null) <> (decay_every_days is null)",
     'must stand together with decay_every_days', 'Fill in both or neither.'),
    ('pql_signals', 'decay_rate', "decay_rate is not null and not coalesce(" ~ safe_cast_to('decay_rate', 'decimal(38, 9)') ~ " > 0 and " ~ safe_cast_to('decay_rate', 'decimal(38, 9)') ~ " <= 1, false)",
     'is not a number above 0 and at most 1', 'Write the share lost at each step, such as 0.25.'),
    ('pql_signals', 'decay_rate', "decay_rate is not null and measure not in ('events', 'sum')",
     'works only for the measures events and sum', 'Empty decay_rate and decay_every_days.'),
    ('pql_signals', 'kind', "kind not in ('activation', 'adoption', 'collaboration', 'frequency', 'depth', 'intent', 'fit', 'negative')",
     'is not known', 'Use one of: activation, adoption, collaboration, frequency, depth, intent, fit, negative.'),
    ('pql_definitions', 'entity_type', "entity_type not in ('account', 'user')",
     'is not known', 'Use one of: account, user.'),
    ('pql_definitions', 'audience', "audience not in ('prospect', 'customer', 'all')",
     'is not known', 'Use one of: prospect, customer, all.'),
    ('pql_definitions', 'enter_threshold', "enter_threshold is not null and " ~ safe_cast_to('enter_threshold', 'decimal(18, 4)') ~ " is null",
     'is not a number', 'Write a number such as 10 or 2.5.'),
    ('pql_definitions', 'enter_threshold', safe_cast_to('enter_threshold', 'decimal(18, 4)') ~ " <= 0",
     'is not above 0', 'An entity without any activity has score 0 and must not qualify: use a threshold above 0.'),
    ('pql_definitions', 'exit_threshold', "exit_threshold is not null and " ~ safe_cast_to('exit_threshold', 'decimal(18, 4)') ~ " is null",
     'is not a number', 'Write a number such as 10 or 2.5.'),
    ('pql_definitions', 'exit_threshold', safe_cast_to('exit_threshold', 'decimal(38, 9)') ~ " > " ~ safe_cast_to('enter_threshold', 'decimal(38, 9)'),
     'is above the enter_threshold', 'Make it equal to the enter threshold, or lower.'),
    ('pql_definitions', 'definition_key', safe_cast_to('is_active', 'boolean') ~ " and definition_key not in (select pql_calibration.definition_key from pql_calibration where pql_calibration.definition_key is not null) and '*' not in (select pql_calibration.definition_key from pql_calibration where pql_calibration.definition_key is not null)",
     'has no row in seeds/pql_calibration.csv, where there is none with definition_key * either', 'Add one of them: what a conversion is worth, or another objective.'),
    ('pql_definitions', 'is_active', "is_active is not null and " ~ safe_cast_to('is_active', 'boolean') ~ " is null",
     'is neither true nor false', 'Write true or false.'),
    ('pql_weights', 'definition_key', "definition_key not in (select definition_key from pql_definitions where definition_key is not null)",
     'is not in seeds/pql_definitions.csv', 'Add it there, or correct the key.'),
    ('pql_weights', 'signal_key', "signal_key not in (select signal_key from pql_signals where signal_key is not null)",
     'is not in seeds/pql_signals.csv', 'Add it there, or correct the key.'),
    ('pql_weights', 'points', "points is not null and " ~ safe_cast_to('points', 'decimal(18, 4)') ~ " is null",
     'is not a number', 'Write a number such as 10 or 2.5.'),
    ('pql_weights', 'points_per_unit', "points_per_unit is not null and " ~ safe_cast_to('points_per_unit', 'decimal(28, 9)') ~ " is null",
     'is not a number', 'Write a number such as 10 or 2.5.'),
    ('pql_weights', 'points_per_unit', "abs(" ~ safe_cast_to('points_per_unit', type_double()) ~ " - cast(" ~ safe_cast_to('points_per_unit', 'decimal(28, 9)') ~ " as " ~ type_double() ~ ")) > 0.000001 * abs(" ~ safe_cast_to('points_per_unit', type_double()) ~ ")",
     'has more than nine decimals', 'Round it, or sum a larger unit.'),
    ('pql_weights', 'max_points', "max_points is not null and " ~ safe_cast_to('max_points', 'decimal(18, 4)') ~ " is null",
     'is not a number', 'Write a number such as 10 or 2.5.'),
    ('pql_weights', 'points', "points is null and points_per_unit is null",
     'is missing', 'Give points or points_per_unit; a signal that is only required may have 0 points.'),
    ('pql_weights', 'max_points', "max_points is not null and points_per_unit is null",
     'has no meaning without points_per_unit', 'Empty it.'),
    ('pql_weights', 'points_per_unit', "points_per_unit is not null and signal_key in ( select pql_signals.signal_key from pql_signals where pql_signals.measure not in ('events', 'active_days', 'active_users', 'distinct_objects', 'sum') )",
     'works only for the measures events, active_days, active_users, distinct_objects and sum', 'Use points.'),
    ('pql_weights', 'signal_key', "signal_key in (select pql_signals.signal_key from pql_signals where pql_signals.measure = 'active_users') and definition_key in ( select pql_definitions.definition_key from pql_definitions where pql_definitions.entity_type = 'user' )",
     'counts active users, which only an account has', 'Use another signal in a definition for users.'),
    ('pql_weights', 'is_required', "is_required is not null and " ~ safe_cast_to('is_required', 'boolean') ~ " is null",
     'is neither true nor false', 'Write true or false.'),
    ('pql_approved_thresholds', 'definition_key', "definition_key not in (select definition_key from pql_definitions where definition_key is not null)",
     'is not in seeds/pql_definitions.csv', 'Add it there, or correct the key.'),
    ('pql_approved_thresholds', 'approved_on', "approved_on is not null and " ~ safe_cast_to('approved_on', 'date') ~ " is null",
     'is not a date', 'Write it as 2026-01-31.'),
    ('pql_approved_thresholds', 'enter_threshold', "enter_threshold is not null and " ~ safe_cast_to('enter_threshold', 'decimal(18, 4)') ~ " is null",
     'is not a number', 'Write a number such as 10 or 2.5.'),
    ('pql_approved_thresholds', 'exit_threshold', "exit_threshold is not null and " ~ safe_cast_to('exit_threshold', 'decimal(18, 4)') ~ " is null",
     'is not a number', 'Write a number such as 10 or 2.5.'),
    ('pql_approved_thresholds', 'enter_threshold', safe_cast_to('enter_threshold', 'decimal(18, 4)') ~ " <= 0",
     'is not above 0', 'Use a threshold above 0.'),
    ('pql_approved_thresholds', 'exit_threshold', safe_cast_to('exit_threshold', 'decimal(38, 9)') ~ " > " ~ safe_cast_to('enter_threshold', 'decimal(38, 9)'),
     'is above the enter_threshold', 'Make it equal to the enter threshold, or lower.'),
    ('pql_tiers', 'definition_key', "definition_key not in (select definition_key from pql_definitions where definition_key is not null)",
     'is not in seeds/pql_definitions.csv', 'Add it there, or correct the key.'),
    ('pql_tiers', 'min_score', "min_score is not null and " ~ safe_cast_to('min_score', 'decimal(18, 4)') ~ " is null",
     'is not a number', 'Write a number such as 10 or 2.5.'),
    ('pql_tiers', 'min_score', "(definition_key, " ~ safe_cast_to('min_score', 'decimal(18, 4)') ~ ") in (select definition_key, " ~ safe_cast_to('min_score', 'decimal(18, 4)') ~ " from pql_tiers group by 1, 2 having count(*) > 1)",
     'is the minimum of two tiers of this definition', 'Give each tier its own minimum.'),
    ('pql_calibration', 'definition_key', "definition_key <> '*' and definition_key not in (select definition_key from pql_definitions where definition_key is not null)",
     'is not in seeds/pql_definitions.csv', 'Add it there, correct the key, or write * for all definitions.'),
    ('pql_calibration', 'objective', "objective not in ('expected_value', 'capacity', 'precision', 'f_beta')",
     'is not known', 'Use one of: expected_value, capacity, precision, f_beta.'),
    ('pql_calibration', 'conversion_value', "conversion_value is null and objective = 'expected_value'",
     'is required for the objective expected_value', 'Fill it in.'),
    ('pql_calibration', 'conversion_value', "conversion_value is not null and coalesce(" ~ safe_cast_to('conversion_value', 'decimal(18, 4)') ~ ", 0) <= 0",
     'is not a number above 0', 'Write a number such as 0.5 or 100.'),
    ('pql_calibration', 'touch_cost', "touch_cost is null and objective = 'expected_value'",
     'is required for the objective expected_value', 'Fill it in.'),
    ('pql_calibration', 'touch_cost', "touch_cost is not null and coalesce(" ~ safe_cast_to('touch_cost', 'decimal(18, 4)') ~ ", -1) < 0",
     'is not a number of at least 0', 'Write a number such as 0.5 or 100.'),
    ('pql_calibration', 'weekly_capacity', "weekly_capacity is null and objective = 'capacity'",
     'is required for the objective capacity', 'Fill it in.'),
    ('pql_calibration', 'weekly_capacity', "weekly_capacity is not null and coalesce(" ~ safe_cast_to('weekly_capacity', 'decimal(18, 4)') ~ ", 0) <= 0",
     'is not a number above 0', 'Write a number such as 0.5 or 100.'),
    ('pql_calibration', 'min_precision', "min_precision is null and objective = 'precision'",
     'is required for the objective precision', 'Fill it in.'),
    ('pql_calibration', 'min_precision', "min_precision is not null and coalesce(" ~ safe_cast_to('min_precision', 'decimal(18, 4)') ~ ", 0) <= 0",
     'is not a number above 0', 'Write a number such as 0.5 or 100.'),
    ('pql_calibration', 'beta', "beta is null and objective = 'f_beta'",
     'is required for the objective f_beta', 'Fill it in.'),
    ('pql_calibration', 'beta', "beta is not null and coalesce(" ~ safe_cast_to('beta', 'decimal(18, 4)') ~ ", 0) <= 0",
     'is not a number above 0', 'Write a number such as 0.5 or 100.'),
    ('pql_calibration', 'min_precision', safe_cast_to('min_precision', 'decimal(18, 4)') ~ " > 1",
     'is above 1', 'Write a share such as 0.25.'),
    ('pql_calibration', 'min_conversions', "min_conversions is not null and coalesce(" ~ safe_cast_to('min_conversions', 'integer') ~ ", 0) < 1",
     'is not a whole number above 0', 'Write a number such as 30.'),
    ('pql_calibration', 'min_entities', "min_entities is not null and coalesce(" ~ safe_cast_to('min_entities', 'integer') ~ ", 0) < 1",
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
{{ definition_problem(seed, row_keys[seed], column, column ~ " is null", 'is required', 'Fill it in.') }}
union all
{% endfor %}
{% endfor %}
{% for seed, columns in of_four_decimals.items() %}
{% for column in columns %}
{{ definition_problem(
    seed, row_keys[seed], column,
    safe_cast_to(column, 'decimal(38, 9)') ~ " <> cast(" ~ safe_cast_to(column, 'decimal(18, 4)') ~ " as decimal(38, 9))",
    'has more than four decimals', 'Round it to four decimals.'
) }}
union all
{% endfor %}
{% endfor %}
{% for seed, key in row_keys.items() %}
{# The same day written in two ways is one key. #}
{% set values = key | join(', ') | replace('approved_on', safe_cast_to('approved_on', 'date')) %}
{{ definition_problem(
    seed, key, key[-1],
    "(" ~ values ~ ") in (select " ~ values ~ " from " ~ seed ~ " group by " ~ values ~ " having count(*) > 1)",
    'stands in more than one row with this key', 'Keep one of the rows.'
) }}
union all
{% endfor %}
{% for seed, column, condition, problem, remedy in checks %}
{{ definition_problem(seed, row_keys[seed], column, condition, problem, remedy) }}
{{ "union all" if not loop.last }}
{% endfor %}
