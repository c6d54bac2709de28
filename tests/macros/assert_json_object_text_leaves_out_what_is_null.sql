-- Numbers, truth values and nested JSON keep their kind; a key may hold any sign; what is null has no key.
with cases as (

    select
        listed.expected,
        {{ json_object_text({
            'plan': 'listed.plan', 'seats': 'listed.seats', 'is_paid': 'listed.is_paid',
            "the \"client's\"": 'listed.client',
        }) }} as found
    from (
        values
        ('pro', 5, true, 'a "b"', '{"plan":"pro","seats":5,"is_paid":true,"the \"client''s\"":"a \"b\""}'),
        ('', 0, false, null, '{"plan":"","seats":0,"is_paid":false}'),
        (null, null, null, null, '{}')
    ) as listed (plan, seats, is_paid, client, expected)

)

select *
from cases
where found is distinct from expected
