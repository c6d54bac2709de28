-- The leads of marketing, of sales and of the product side by side: how many there are, how many convert and after how
-- long, and how far they are the same ones.
with accounts as (

    select
        canonical.account_id,
        accounts.account_id as canonical_id,
        accounts.first_converted_on as converted_on
    from {{ ref('int_canonical_accounts') }} as canonical
    inner join {{ ref('int_entity_keys') }} as keys
        on canonical.canonical_key = keys.entity_key
    inner join {{ ref('dim_accounts') }} as accounts
        on keys.entity_id = accounts.account_id

),

-- The addresses of users that have ever been of one account only, whatever it is called today.
addresses as (

    select
        lower(trim(users.email)) as address,
        min(canonical.canonical_id) as account_id
    from {{ ref('int_users') }} as users
    inner join {{ ref('int_as_of') }} as as_of
        on users.created_on <= as_of.as_of_on
    inner join {{ ref('int_entity_keys') }} as keys
        on
            users.user_id = keys.entity_id
            and keys.entity_type = 'user'
    inner join {{ ref('int_entity_account_history') }} as history
        on
            keys.entity_key = history.entity_key
            and history.valid_from <= as_of.as_of_on
    inner join {{ ref('int_canonical_accounts') }} as canonical
        on history.account_key = canonical.account_key
    where not users.is_internal
    group by lower(trim(users.email))
    having min(canonical.canonical_key) = max(canonical.canonical_key)

),

-- The first lead of each kind of an account, that of a user with the address where none is named; else of the address.
named_leads as (

    select
        leads.kind as lead_type,
        leads.created_on as lead_on,
        accounts.converted_on,
        accounts.canonical_id is not null as has_signed_up,
        coalesce(
            'account ' || coalesce(accounts.canonical_id, leads.account_id),
            'email ' || lower(trim(leads.email)),
            'lead ' || leads.lead_id
        ) as lead_name
    from {{ ref('int_leads_unioned') }} as leads
    inner join {{ ref('int_as_of') }} as as_of
        on leads.created_on <= as_of.as_of_on
    left join addresses
        on
            lower(trim(leads.email)) = addresses.address
            and leads.account_id is null
    left join accounts
        on coalesce(leads.account_id, addresses.account_id) = accounts.account_id
    where leads.quarantine_reason is null and leads.copy_number = 1

),

first_leads as (

    select
        lead_type,
        lead_name,
        has_signed_up,
        converted_on,
        min(lead_on) as lead_on
    from named_leads
    group by lead_type, lead_name, has_signed_up, converted_on

),

bases as (

    select 'recomputed' as basis

    union all

    select 'reported' as basis

),

leads as (

    select
        bases.basis,
        first_leads.lead_type,
        '*' as definition_key,
        first_leads.lead_name,
        first_leads.has_signed_up,
        first_leads.lead_on,
        first_leads.converted_on
    from first_leads
    cross join bases

    union all

    select
        basis,
        'pql' as lead_type,
        definition_key,
        'account ' || account_id as lead_name,
        true as has_signed_up,
        qualified_on as lead_on,
        converted_on
    from {{ ref('fct_account_journeys') }}
    where qualified_on is not null and audience <> 'customer'

),

-- A lead of who pays already is none that could convert.
judged as (

    select
        leads.*,
        as_of.as_of_on,
        coalesce(leads.converted_on <= leads.lead_on, false) as had_paid,
        coalesce(leads.converted_on > leads.lead_on, false) as converts,
        {{ add_days('leads.lead_on', whole_days('pql_horizon_days')) }} <= as_of.as_of_on as is_mature
    from leads
    cross join {{ ref('int_as_of') }} as as_of

),

compared as (

    select
        *,
        min(case when lead_type = 'mql' and not had_paid then lead_on end)
            over (partition by basis, lead_name) as mql_on,
        min(case when lead_type = 'sql' and not had_paid then lead_on end)
            over (partition by basis, lead_name) as sql_on,
        min(case when lead_type = 'pql' and not had_paid then lead_on end)
            over (partition by basis, lead_name) as pql_on
    from judged

),

of_cohorts as (

    select
        *,
        'all' as cohort_grain,
        cast(null as date) as cohort_start
    from compared

    union all

    select
        *,
        'month' as cohort_grain,
        {{ start_of('month', 'lead_on') }} as cohort_start
    from compared

),

waits as (

    select
        *,
        case when converts then {{ days_between('lead_on', 'converted_on') }} end as days,
        case
            when converts then {{ days_between('lead_on', 'converted_on') }}
            else {{ days_between('lead_on', 'as_of_on') }}
        end as days_waited,
        case when converts then 1 else 0 end as is_converted
    from of_cohorts
    where not had_paid

),

ranked as (

    select
        *,
        count(days) over (partition by basis, lead_type, definition_key, cohort_grain, cohort_start) as days_count,
        row_number() over (
            partition by basis, lead_type, definition_key, cohort_grain, cohort_start
            order by case when days is null then 1 else 0 end, days
        ) as days_rank
    from waits

),

counted as (

    select
        basis,
        lead_type,
        definition_key,
        cohort_grain,
        cohort_start,
        count(*) as lead_count,
        count(case when not has_signed_up then 1 end) as never_signed_up_count,
        count(case when lead_type <> 'mql' and mql_on < lead_on then 1 end) as mql_before_count,
        count(case when lead_type <> 'sql' and sql_on < lead_on then 1 end) as sql_before_count,
        count(case when lead_type <> 'pql' and pql_on < lead_on then 1 end) as pql_before_count,
        count(
            case
                when
                    case when mql_on is null then 0 else 1 end + case when sql_on is null then 0 else 1 end
                    + case when pql_on is null then 0 else 1 end > 1 then 1
            end
        ) as several_types_count,
        count(case when is_mature then 1 end) as mature_count,
        count(
            case
                when is_mature and converts and days_waited <= {{ whole_days('pql_horizon_days') }} then 1
            end
        ) as converted_count,
        max(days_count) as converted_to_date_count,
        avg(case when 2 * days_rank between days_count and days_count + 2 then days end) as median_days
    from ranked
    group by basis, lead_type, definition_key, cohort_grain, cohort_start

),

after_conversion as (

    select
        basis,
        lead_type,
        definition_key,
        cohort_grain,
        cohort_start,
        count(*) as already_customer_count
    from of_cohorts
    where had_paid
    group by basis, lead_type, definition_key, cohort_grain, cohort_start

),

cohorts as (

    select distinct
        basis,
        lead_type,
        definition_key,
        cohort_grain,
        cohort_start
    from of_cohorts

)

select
    cohorts.basis,
    cohorts.lead_type,
    cohorts.definition_key,
    cohorts.cohort_grain,
    cohorts.cohort_start,
    coalesce(counted.lead_count, 0) as lead_count,
    coalesce(counted.never_signed_up_count, 0) as never_signed_up_count,
    coalesce(after_conversion.already_customer_count, 0) as already_customer_count,
    case when cohorts.lead_type <> 'mql' then coalesce(counted.mql_before_count, 0) end as mql_before_count,
    case when cohorts.lead_type <> 'sql' then coalesce(counted.sql_before_count, 0) end as sql_before_count,
    case when cohorts.lead_type <> 'pql' then coalesce(counted.pql_before_count, 0) end as pql_before_count,
    coalesce(counted.several_types_count, 0) as several_types_count,
    coalesce(counted.mature_count, 0) as mature_count,
    coalesce(counted.converted_count, 0) as converted_count,
    cast(counted.converted_count as {{ type_double() }}) / nullif(counted.mature_count, 0) as conversion_rate,
    {{ rate_interval_low('counted.converted_count', 'counted.mature_count') }} as conversion_rate_low,
    {{ rate_interval_high('counted.converted_count', 'counted.mature_count') }} as conversion_rate_high,
    coalesce(counted.converted_to_date_count, 0) as converted_to_date_count,
    cast(counted.median_days as {{ type_double() }}) as median_days,
    cast(medians.median_wait as {{ type_double() }}) as kaplan_meier_median_days
from cohorts
left join counted
    on
        cohorts.basis = counted.basis
        and cohorts.lead_type = counted.lead_type
        and cohorts.definition_key = counted.definition_key
        and cohorts.cohort_grain = counted.cohort_grain
        and cohorts.cohort_start is not distinct from counted.cohort_start
left join after_conversion
    on
        cohorts.basis = after_conversion.basis
        and cohorts.lead_type = after_conversion.lead_type
        and cohorts.definition_key = after_conversion.definition_key
        and cohorts.cohort_grain = after_conversion.cohort_grain
        and cohorts.cohort_start is not distinct from after_conversion.cohort_start
left join {{ kaplan_meier_medians(
    'waits', ['basis', 'lead_type', 'definition_key', 'cohort_grain', 'cohort_start'], 'days_waited', 'is_converted'
) }} as medians
    on
        cohorts.basis = medians.basis
        and cohorts.lead_type = medians.lead_type
        and cohorts.definition_key = medians.definition_key
        and cohorts.cohort_grain = medians.cohort_grain
        and cohorts.cohort_start is not distinct from medians.cohort_start
