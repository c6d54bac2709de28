-- Who enters an audience: a row each time that an account fulfils its rule and did not enter it within the
-- frequency cap. Rows are only ever added; a full refresh leaves them.
with said as (

    {{ rows_so_far({'audience': dbt.type_string(), 'account_id': dbt.type_string(), 'entered_on': 'date'}) }}

),

-- Of what was merged, by what it has become.
last_entries as (

    select
        said.audience,
        coalesce(merged.canonical_id, said.account_id) as account_id,
        max(said.entered_on) as entered_on
    from said
    left join {{ ref('int_merged_ids') }} as merged
        on
            said.account_id = merged.merged_id
            and merged.entity_type = 'account'
    group by said.audience, coalesce(merged.canonical_id, said.account_id)

),

members as (

    select
        audience,
        account_id,
        definition_key,
        definition_version,
        step_signal_key,
        step,
        score,
        enter_threshold,
        points_to_threshold,
        step_points,
        step_value,
        step_needed_value,
        cast(null as integer) as recent_days,
        cast(null as integer) as baseline_days,
        cast(null as bigint) as recent_user_days,
        cast(null as bigint) as baseline_user_days,
        cast(null as {{ type_double() }}) as usage_share
    from {{ ref('int_accounts_close_to_qualifying') }}

    union all

    select
        audience,
        account_id,
        cast(null as {{ dbt.type_string() }}) as definition_key,
        cast(null as {{ dbt.type_string() }}) as definition_version,
        cast(null as {{ dbt.type_string() }}) as step_signal_key,
        cast(null as {{ dbt.type_string() }}) as step,
        cast(null as decimal(18, 4)) as score,
        cast(null as decimal(18, 4)) as enter_threshold,
        cast(null as decimal(18, 4)) as points_to_threshold,
        cast(null as decimal(18, 4)) as step_points,
        cast(null as decimal(38, 9)) as step_value,
        cast(null as decimal(38, 9)) as step_needed_value,
        recent_days,
        baseline_days,
        recent_user_days,
        baseline_user_days,
        usage_share
    from {{ ref('int_usage_drops') }}

)

select
    {{ dbt.hash(row_text(['members.audience', 'members.account_id', 'as_of.as_of_on'])) }} as entry_id,
    members.audience,
    rules.kind,
    members.account_id,
    contacts.user_id as contact_user_id,
    members.definition_key,
    members.definition_version,
    members.step_signal_key,
    members.step,
    members.score,
    members.enter_threshold,
    members.points_to_threshold,
    members.step_points,
    members.step_value,
    cast(members.step_needed_value as decimal(38, 9)) as step_needed_value,
    members.recent_days,
    members.baseline_days,
    members.recent_user_days,
    members.baseline_user_days,
    members.usage_share,
    as_of.as_of_on as entered_on
from members
cross join {{ ref('int_as_of') }} as as_of
inner join {{ ref('set_nurture_rules') }} as rules
    on members.audience = rules.audience
left join {{ ref('int_best_contacts') }} as contacts
    on members.account_id = contacts.account_id
left join last_entries
    on
        members.audience = last_entries.audience
        and members.account_id = last_entries.account_id
where
    {{ "false and" if flags.EMPTY }}
    (
        last_entries.entered_on is null
        or {{ days_between('last_entries.entered_on', 'as_of.as_of_on') }} >= greatest(rules.frequency_cap_days, 1)
    )
