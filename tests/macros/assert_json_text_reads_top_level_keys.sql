-- The text of a key that stands there with a value, whatever signs its name has; else null.
with cases as (

    select
        listed.body,
        listed.key_name,
        listed.expected,
        {{ json_text('listed.body', 'listed.key_name') }} as found
    from (
        values
        ('{"plan": "pro"}', 'plan', 'pro'),
        ('{"plan": "pro"}', 'Plan', null),
        ('{"plan": null}', 'plan', null),
        ('{"plan": ""}', 'plan', ''),
        ('{"count": 12}', 'count', '12'),
        ('{"paid": true}', 'paid', 'true'),
        ('{"a.b": 1, "a": {"b": 2}}', 'a.b', '1'),
        ('{"$plan": "pro"}', '$plan', 'pro'),
        ('{"the plan": "pro"}', 'the plan', 'pro'),
        ('{"it''s": "pro"}', 'it''s', 'pro'),
        ('{"nested": {"plan": "pro"}}', 'plan', null),
        ('{}', 'plan', null),
        ('[1, 2]', 'plan', null),
        (null, 'plan', null)
    ) as listed (body, key_name, expected)

)

select *
from cases
where found is distinct from expected
