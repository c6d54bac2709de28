{{ config(severity='warn') }}
-- Warns of days of the last week on which unusually few or many events arrived. A warning, not an error: the
-- scores are right for what arrived, and a holiday is unusual too.
{% set query %}
select
    volumes.source_name,
    volumes.event_name,
    volumes.received_on,
    volumes.event_count,
    volumes.expected_count,
    volumes.reason
from {{ ref('rpt_event_volume') }} as volumes
inner join (
    select max(received_on) as last_on
    from {{ ref('rpt_event_volume') }}
) as last_days
    on volumes.received_on > {{ add_days('last_days.last_on', -7) }}
where volumes.is_anomaly
{% endset %}

{% call(row) warn_of_each(query ~ " order by volumes.received_on, volumes.source_name, volumes.event_name") %}
    {{ "Unusual volume: " ~ row[3] ~ " events '" ~ row[1] ~ "' of source " ~ row[0] ~ " arrived on " ~ row[2]
    ~ ", about " ~ row[4] | round | int ~ " were expected; " ~ row[5] }}
{% endcall %}

{{ query }}
