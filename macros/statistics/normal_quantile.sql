{# The 97.5 % point of the normal distribution: so many standard errors reach to the ends of a 95 % interval. #}
{% macro normal_quantile() %}
    {{ return(1.959963984540054) }}
{% endmacro %}
