-- An object under a key, be it nested or written as a text; nothing else is one.
with cases as (

    select
        listed.body,
        listed.expected,
        {{ json_part('listed.body', "'$groups'") }} as found
    from (
        values
        ('{"$groups": {"company": "acme"}}', '{"company":"acme"}'),
        ('{"$groups": "{\"company\":\"acme\"}"}', '{"company":"acme"}'),
        ('{"$groups": "acme"}', null),
        ('{"$groups": ""}', null),
        ('{"$groups": null}', null),
        ('{}', null),
        (null, null)
    ) as listed (body, expected)

)

select *
from cases
where found is distinct from expected
