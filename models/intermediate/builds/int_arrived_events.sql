{{ config(materialized='view' if var('pql_event_sources') == ['raw'] else 'table') }}
-- The raw events that this run reads: all of them in a first build, else those that arrived since. The
-- conditions stand on the times as they were delivered, so that the engine skips what lies before. A vendor's
-- shape is read once; the plain contract costs nothing to read again.
-- depends_on: {{ ref('int_build_plan') }}
{% set plan = build_plan() %}
select *
from {{ ref('int_events_unioned') }}
{% if not plan.is_full %}
where delivered_at >= timestamp '{{ plan.arrived_from }} 00:00:00'

union all

select *
from {{ ref('int_events_unioned') }}
where delivered_at is null and occurred_at >= timestamp '{{ plan.arrived_from }} 00:00:00'

{% if plan.rereads_untimed %}
union all

select *
from {{ ref('int_events_unioned') }}
where delivered_at is null and occurred_at is null
{% endif %}
{% endif %}
