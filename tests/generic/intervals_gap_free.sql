{#
    The half-open intervals [valid_from, valid_to) of each key follow each other without gap or overlap,
    and the last one is open. Implies that (key, valid_from) is unique.
#}
{% test intervals_gap_free(model, key) %}
with followed as (

    select
        {{ key | join(', ') }},
        valid_from,
        valid_to,
        coalesce(
            lead(valid_from) over (partition by {{ key | join(', ') }} order by valid_from, valid_to),
            date '9999-12-31'
        ) as expected_valid_to
    from {{ model }}

)

select *
from followed
where valid_to <> expected_valid_to or valid_from >= valid_to
{% endtest %}
