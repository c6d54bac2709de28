{# The half-open intervals [valid_from, valid_to) of each key do not overlap, and none is empty. #}
{% test intervals_disjoint(model, key) %}
with followed as (

    select
        {{ key | join(', ') }},
        valid_from,
        valid_to,
        lead(valid_from) over (partition by {{ key | join(', ') }} order by valid_from, valid_to) as next_valid_from
    from {{ model }}

)

select *
from followed
where valid_to > next_valid_from or valid_from >= valid_to
{% endtest %}
