{#
    Length of a billing interval in months: a year has 12 months, 52 weeks, 365 days. Null for a price that does
    not recur. A missing count is one.
#}
{% macro interval_months(interval, interval_count) %}
    {% set count = "coalesce(" ~ interval_count ~ ", 1)" %}
    {{ return(
        "case lower(" ~ interval ~ ") when 'year' then " ~ count ~ " * 12.0 when 'month' then " ~ count
        ~ " * 1.0 when 'week' then " ~ count ~ " * 12.0 / 52 when 'day' then " ~ count ~ " * 12.0 / 365 end"
    ) }}
{% endmacro %}
