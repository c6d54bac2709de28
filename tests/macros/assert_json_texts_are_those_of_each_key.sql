{% set keys = ['a', '$b', 'absent', 'object', 'written', 'empty'] %}

-- Expected is what json_text and json_part read of each key alone.
with cases as (

    select
        listed.body,
        {{ json_texts('listed.body', keys) }} as texts
    from (
        values
        ('{"a": "1", "$b": 2, "object": {"x": [1]}, "written": "{\"y\": null}", "empty": null}'),
        ('{"a": true, "$b": "", "object": "no json", "absent.not": 1}'),
        ('[1]'),
        ('{}'),
        (null)
    ) as listed (body)

)

select *
from cases
where
    false
    {% for key in keys %}
    or {{ json_text_of('texts', keys, key) }} is distinct from {{ json_text('body', string_literal(key)) }}
    or {{ json_part_of('texts', keys, key) }} is distinct from {{ json_part('body', string_literal(key)) }}
    {% endfor %}
