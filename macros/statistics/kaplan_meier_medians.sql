{#
    A relation with the Kaplan-Meier median of the waits of each group (`median_wait`): the shortest wait by which the
    estimated share that still waits is at most one half. Null where it stays above, because too many still wait, or is
    not followed so far, because too few are left (min_at_risk).

    relation: where the waits come from, one row each (a CTE or a relation).
    keys: the columns of a group.
    wait: how long it lasted, or has lasted so far.
    is_over: 1 where it ended, 0 where it is only known to have lasted that long.

    The estimate is a product; its logarithm is summed, since no engine multiplies over rows. Where all that are left
    end, the factor is 0: -1000 stands for its logarithm. 1e-9 is for the rounding of the sum: of two waits the first
    to end leaves exactly one half.
#}
{% macro kaplan_meier_medians(relation, keys, wait, is_over) %}
{% set names = keys | join(', ') %}
(
    select
        {{ names }},
        min(case when log_survival <= -0.6931471805599453 + 1e-9 then wait end) as median_wait
    from (
        select
            {{ names }},
            wait,
            sum(
                case
                    when over_count = at_risk_count then -1000
                    else ln(1 - cast(over_count as {{ type_double() }}) / at_risk_count)
                end
            ) over (partition by {{ names }} order by wait rows between unbounded preceding and current row)
                as log_survival
        from (
            select
                {{ names }},
                wait,
                over_count,
                sum(wait_count) over (
                    partition by {{ names }} order by wait desc rows between unbounded preceding and current row
                ) as at_risk_count
            from (
                select
                    {{ names }},
                    {{ wait }} as wait,
                    sum({{ is_over }}) as over_count,
                    count(*) as wait_count
                from {{ relation }}
                group by {{ names }}, {{ wait }}
            ) as waits
        ) as risk_sets
        where at_risk_count >= {{ min_at_risk() }}
    ) as curves
    group by {{ names }}
)
{% endmacro %}
