-- What was put in comes out again, quotes and missing values included.
with cases as (

    select
        listed.label,
        {{ json_object_text({'the label': 'listed.label', 'count': 'listed.label_count'}) }} as body
    from (
        values
        ('plain', 1),
        ('it''s "quoted"', 2),
        (null, null)
    ) as listed (label, label_count)

)

select *
from cases
where
    not {{ is_valid_json('body') }}
    or {{ json_text('body', "'the label'") }} is distinct from label
