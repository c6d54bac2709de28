{#
    When the number of events of a day is unusual (docs/operations.md, "Watching the volume"): the one place
    of these constants. They describe what counts and medians can tell, not the business. Distances are
    measured between square roots, where counts of any size vary alike.

    weeks: so many days of the same weekday are looked back to.
    least_days: fewer of them give no verdict.
    deviations: half-width of the band in robust standard deviations of those days ...
    least_distance: ... but at least so much (a count of independent events varies by half a root) ...
    least_share: ... and at least this share of the expected number.
#}
{% macro event_volume_rule() %}
    {{ return({'weeks': 8, 'least_days': 4, 'deviations': 4, 'least_distance': 3, 'least_share': 0.5}) }}
{% endmacro %}
