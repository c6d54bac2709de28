-- Value of every scored signal on every day. Of a touched entity the days after its last final day are
-- computed anew; the interval that holds on that day is kept and ends where the new ones begin.
-- depends_on: {{ ref('int_build_plan') }} {{ ref('int_touched_entities') }}
{% set plan = build_plan() %}
with computed as (

    {% for spans in ['int_signal_spans_counted', 'int_signal_spans_elapsed', 'int_signal_spans_attribute'] %}
    select
        entity_key,
        entity_type,
        signal_key,
        valid_from,
        valid_to,
        signal_value,
        previous_value,
        attribute_value,
        is_measured,
        is_met,
        was_met
    from {{ ref(spans) }}
    {{ "union all" if not loop.last }}
    {% endfor %}

)

{% if plan.rescores_all %}
select *
from computed
{% else %}
, carried_forward as (

    select held.*
    from {{ this }} as held
    inner join {{ ref('int_touched_entities') }} as touched
        on held.entity_key = touched.entity_key
    where held.valid_from <= touched.final_on and touched.final_on < held.valid_to

    union all

    select computed.*
    from computed
    inner join {{ ref('int_touched_entities') }} as touched
        on computed.entity_key = touched.entity_key
    where computed.valid_from > touched.final_on

)

select
    entity_key,
    entity_type,
    signal_key,
    valid_from,
    coalesce(
        lead(valid_from) over (partition by entity_key, signal_key order by valid_from), date '9999-12-31'
    ) as valid_to,
    signal_value,
    previous_value,
    attribute_value,
    is_measured,
    is_met,
    was_met
from carried_forward
{% endif %}
