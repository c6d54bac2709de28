{{ config(enabled='amplitude' in var('pql_event_sources')) }}

with {{ identifies_of_events(ref('stg_amplitude__events'), 'renamed') }}

{{ contract_identifies('renamed') }}
