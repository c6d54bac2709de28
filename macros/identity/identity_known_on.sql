{#
    The day from which on a fact about an identity counts: the one on which it became known. With the var
    `pql_replays_identity` it counts as if it had always been known.

    known_on: expression of the day on which it became known.
#}
{% macro identity_known_on(known_on='known_on') %}
    {{ return("date '0001-01-01'" if var('pql_replays_identity') else known_on) }}
{% endmacro %}


{# What of the identity is usable, and known on the as-of day. #}
{% macro is_known_identity() %}
    {{ return("quarantine_reason is null and copy_number = 1 and " ~ is_known_by_as_of()) }}
{% endmacro %}
