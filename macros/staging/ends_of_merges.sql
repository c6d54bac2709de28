{#
    Which record stands for one that was merged away, now. Merges form chains: the last record of a chain counts.

    pairs: the CTE of the merges as merged_id, canonical_id; the query begins with `with recursive`.
    kind: the column that keeps records of several kinds apart, where the CTE has one.
#}
{% macro ends_of_merges(pairs, kind=none) %}
{% set columns = ([kind] if kind else []) + ['merged_id'] %}
,

chains as (

    select
        {{ columns | join(', ') }},
        canonical_id,
        1 as chain_length
    from {{ pairs }}

    union all

    select
        chains.{{ columns | join(', chains.') }},
        pairs.canonical_id,
        chains.chain_length + 1 as chain_length
    from chains
    inner join {{ pairs }} as pairs
        on chains.canonical_id = pairs.merged_id{{ " and chains." ~ kind ~ " = pairs." ~ kind if kind }}
    -- No chain of people's merges is so long: a circle must end.
    where chains.chain_length < 10

),

ranked as (

    select
        {{ columns | join(', ') }},
        canonical_id,
        row_number() over (
            partition by {{ columns | join(', ') }}
            order by chain_length desc, canonical_id asc
        ) as canonical_number
    from chains

)

select
    {{ columns | join(', ') }},
    canonical_id
from ranked
where canonical_number = 1 and merged_id <> canonical_id
{% endmacro %}
