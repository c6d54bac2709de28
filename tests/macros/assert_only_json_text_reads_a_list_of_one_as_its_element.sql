-- Of a list the only element; of anything else what json_text reads.
with cases as (

    select
        listed.body,
        listed.expected,
        {{ only_json_text('listed.body', "'$company'") }} as found
    from (
        values
        ('{"$company": "acme"}', 'acme'),
        ('{"$company": 12}', '12'),
        ('{"$company": ["acme"]}', 'acme'),
        ('{"$company": [12]}', '12'),
        ('{"$company": ["acme", "bolt"]}', null),
        ('{"$company": ["acme", "acme"]}', null),
        ('{"$company": []}', null),
        ('{"$company": [null]}', null),
        ('{"$company": "[acme]"}', '[acme]'),
        ('{"$company": null}', null),
        ('{"company": "acme"}', null),
        ('{}', null),
        (null, null)
    ) as listed (body, expected)

)

select *
from cases
where found is distinct from expected
