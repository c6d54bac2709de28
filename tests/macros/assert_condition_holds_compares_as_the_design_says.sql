-- As numbers when both sides are numbers, else only equal or unequal as text; a missing value meets nothing.
with cases as (

    select
        compared.text_value,
        compared.operator,
        compared.text_limit,
        compared.expected,
        {{ safe_cast_to('compared.text_value', 'decimal(38, 9)') }} as number_value,
        {{ safe_cast_to('compared.text_limit', 'decimal(38, 9)') }} as number_limit
    from (
        values
        ('10', '>=', '9', true),
        ('9', '>=', '9', true),
        ('9', '>', '9', false),
        ('9.5', '>', '9', true),
        ('9', '<=', '9', true),
        ('9', '<', '9', false),
        ('-1', '<', '0', true),
        ('9.0', '=', '9', true),
        ('9.0', '!=', '9', false),
        ('pro', '=', 'pro', true),
        ('Pro', '=', 'pro', false),
        ('Pro', '!=', 'pro', true),
        ('pro', '>=', 'pro', false),
        ('pro', '<=', 'pro', false),
        ('zzz', '>', '9', false),
        ('zzz', '!=', '9', true),
        ('10', '=', 'ten', false),
        ('', '=', '', true),
        ('9', 'unknown', '9', false),
        ('9', null, '9', false),
        (null, '=', 'pro', false),
        (null, '!=', 'pro', false),
        (null, '<', '9', false)
    ) as compared (text_value, operator, text_limit, expected)

),

compared_cases as (

    select
        text_value,
        operator,
        text_limit,
        expected,
        {{ condition_holds('text_value', 'number_value', 'operator', 'text_limit', 'number_limit') }} as found
    from cases

)

select *
from compared_cases
where found is null or found <> expected
