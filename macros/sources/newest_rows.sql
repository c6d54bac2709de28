{#
    The rows of a table that the connector wrote last for each key: where the table is a folder of files that were
    delivered one after the other, an older file holds what a record was before. Rows written at once are all kept.

    table: the table; key: its column that names a record; current: condition of the rows that are looked at.
#}
{% macro newest_rows(table, key, current="true") %}
    (
        select *
        from (
            select
                *,
                rank() over (
                    partition by cast({{ key }} as {{ dbt.type_string() }})
                    order by coalesce(cast(_fivetran_synced as {{ dbt.type_string() }}), '') desc
                ) as newness_rank
            from {{ table }} as every_row
            where {{ current }}
        ) as ranked
        where newness_rank = 1
    )
{% endmacro %}
