{#
    Whether a row has the score of a tier.

    tiers, scores: aliases of def_tiers, and of rows with definition_key and score.
#}
{% macro is_of_tier(tiers, scores) %}
    {{ return(
        tiers ~ ".definition_key = " ~ scores ~ ".definition_key and " ~ tiers ~ ".min_score <= " ~ scores ~ ".score and ("
        ~ tiers ~ ".below_score is null or " ~ scores ~ ".score < " ~ tiers ~ ".below_score)"
    ) }}
{% endmacro %}
