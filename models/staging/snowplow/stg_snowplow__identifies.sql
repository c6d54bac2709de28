{{ config(enabled='snowplow' in var('pql_event_sources')) }}

with {{ identifies_of_events(ref('stg_snowplow__events'), 'renamed') }}

{{ contract_identifies('renamed') }}
