-- Whether a definition does its work: how many it names, how many of them convert, whom it misses, whether it is calm,
-- how large it is and how old; judged by the limits of settings/pql_health_limits.csv.
{% set by_time = 'partition by basis, definition_key, entity order by changed_on, report_number' %}
with bases as (

    select 'recomputed' as basis

    union all

    select 'reported' as basis

),

-- Since when there is something to look at: the first signup, or the first run that reported.
begun as (

    select
        'recomputed' as basis,
        min(signed_up_on) as observed_from
    from {{ ref('fct_account_journeys') }}

    union all

    select
        'reported' as basis,
        min(reports.as_of_on) as observed_from
    from {{ ref('fct_pql_reported') }} as reports
    inner join {{ ref('int_as_of') }} as as_of
        on reports.as_of_on <= as_of.as_of_on

),

journeys as (

    select
        journeys.basis,
        journeys.definition_key,
        journeys.qualified_on,
        journeys.converted_on,
        journeys.as_of_on,
        case
            when journeys.audience = 'customer' then journeys.converted_on is not null
            -- Who had paid before anything was reported could not be named in time, nor missed.
            when journeys.audience = 'prospect'
                then
                    journeys.converted_on is null
                    or (
                        journeys.converted_on > journeys.signed_up_on
                        and (journeys.basis = 'recomputed' or journeys.converted_on > begun.observed_from)
                    )
            else true
        end as is_eligible,
        journeys.is_pql,
        journeys.audience <> 'customer'
        and journeys.converted_on is not null
        and (journeys.basis = 'recomputed' or journeys.converted_on > begun.observed_from) as is_converter,
        coalesce(accounts.first_active_on < journeys.converted_on, false) as is_reachable
    from {{ ref('fct_account_journeys') }} as journeys
    inner join {{ ref('dim_accounts') }} as accounts
        on journeys.account_id = accounts.account_id
    inner join begun
        on journeys.basis = begun.basis

),

counted as (

    select
        basis,
        definition_key,
        count(case when is_eligible or qualified_on is not null then 1 end) as eligible_count,
        count(qualified_on) as qualified_count,
        count(
            case
                when is_pql and {{ add_days('qualified_on', whole_days('pql_horizon_days')) }} <= as_of_on then 1
            end
        ) as mature_count,
        count(
            case
                when
                    is_pql
                    and {{ add_days('qualified_on', whole_days('pql_horizon_days')) }} <= as_of_on
                    and converted_on <= {{ add_days('qualified_on', whole_days('pql_horizon_days')) }}
                    then 1
            end
        ) as converted_count,
        count(case when is_converter and not is_reachable and not is_pql then 1 end) as unreachable_count,
        count(case when is_converter and (is_reachable or is_pql) then 1 end) as reachable_count,
        count(case when is_converter and is_reachable and not is_pql then 1 end) as missed_count
    from journeys
    group by basis, definition_key

),

changes as (

    select
        'recomputed' as basis,
        definition_key,
        cast(entity_key as {{ dbt.type_string() }}) as entity,
        transitioned_on as changed_on,
        0 as report_number,
        transition,
        ended_by
    from {{ ref('int_pql_transitions') }}

    union all

    select
        'reported' as basis,
        reports.definition_key,
        reports.entity_type || ' ' || reports.entity_id as entity,
        reports.as_of_on as changed_on,
        reports.report_number,
        reports.transition,
        reports.ended_by
    from {{ ref('fct_pql_reported') }} as reports
    inner join {{ ref('int_as_of') }} as as_of
        on reports.as_of_on <= as_of.as_of_on

),

followed as (

    select
        *,
        -- Several runs may report of one as-of day.
        lead(transition) over ({{ by_time }}) as next_transition,
        lead(ended_by) over ({{ by_time }}) as next_ended_by,
        lead(changed_on) over ({{ by_time }}) as next_changed_on,
        lead(transition, 2) over ({{ by_time }}) as second_transition,
        lead(changed_on, 2) over ({{ by_time }}) as second_changed_on
    from changes

),

-- Every time that an entity qualified, and whether it stayed.
steadiness as (

    select
        followed.basis,
        followed.definition_key,
        max(followed.changed_on) as last_crossing_on,
        count(case when {{ add_days('followed.changed_on', 'limits.flapping_days') }} <= as_of.as_of_on then 1 end)
            as followed_count,
        count(
            case
                when
                    {{ add_days('followed.changed_on', 'limits.flapping_days') }} <= as_of.as_of_on
                    and followed.next_transition = 'lapsed'
                    and followed.next_ended_by not in ('merged', 'churned')
                    and followed.next_changed_on <= {{ add_days('followed.changed_on', 'limits.flapping_days') }}
                    then 1
            end
        ) as lapsed_count,
        count(
            case
                when
                    {{ add_days('followed.changed_on', 'limits.flapping_days') }} <= as_of.as_of_on
                    and followed.next_transition = 'lapsed'
                    and followed.next_ended_by not in ('merged', 'churned')
                    and followed.second_transition = 'requalified'
                    and followed.second_changed_on <= {{ add_days('followed.changed_on', 'limits.flapping_days') }}
                    then 1
            end
        ) as flapping_count
    from followed
    cross join {{ ref('set_health_limits') }} as limits
    cross join {{ ref('int_as_of') }} as as_of
    where followed.transition in ('qualified', 'requalified')
    group by followed.basis, followed.definition_key

),

sizes as (

    select
        definition_key,
        count(*) as signal_count
    from {{ ref('def_weights') }}
    group by definition_key

),

-- Since when the definition is as it is: the first report of this version since the last one of another, which may be
-- of the same as-of day, when it was changed on it.
report_versions as (

    select
        reports.definition_key,
        reports.as_of_on,
        reports.definition_version = versions.definition_version as is_current,
        max(case when reports.definition_version <> versions.definition_version then reports.as_of_on end)
            over (partition by reports.definition_key) as other_version_on
    from {{ ref('fct_pql_reported') }} as reports
    inner join {{ ref('definition_versions') }} as versions
        on reports.definition_key = versions.definition_key
    inner join {{ ref('int_as_of') }} as as_of
        on reports.as_of_on <= as_of.as_of_on

),

in_force as (

    select
        definition_key,
        min(as_of_on) as in_force_since
    from report_versions
    where is_current and (other_version_on is null or other_version_on <= as_of_on)
    group by definition_key

),

closest as (

    select
        basis,
        definition_key,
        other_definition_key,
        jaccard,
        row_number() over (
            partition by basis, definition_key
            order by jaccard desc, other_definition_key asc
        ) as closeness
    from {{ ref('rpt_definition_overlap') }}
    where jaccard > 0

),

measured as (

    select
        bases.basis,
        definitions.definition_key,
        definitions.entity_type,
        definitions.audience,
        begun.observed_from,
        coalesce({{ days_between('begun.observed_from', 'as_of.as_of_on') }} + 1, 0) as observed_days,
        coalesce(counted.eligible_count, 0) as eligible_count,
        coalesce(counted.qualified_count, 0) as qualified_count,
        coalesce(counted.mature_count, 0) as mature_count,
        coalesce(counted.converted_count, 0) as converted_count,
        coalesce(counted.reachable_count, 0) as reachable_count,
        coalesce(counted.missed_count, 0) as missed_count,
        coalesce(counted.unreachable_count, 0) as unreachable_count,
        coalesce(steadiness.followed_count, 0) as followed_count,
        coalesce(steadiness.lapsed_count, 0) as lapsed_count,
        coalesce(steadiness.flapping_count, 0) as flapping_count,
        steadiness.last_crossing_on,
        closest.other_definition_key as closest_definition_key,
        closest.jaccard as closest_jaccard,
        coalesce(sizes.signal_count, 0) as signal_count,
        definitions.required_signal_count,
        case when definitions.approved_on <= as_of.as_of_on then definitions.approved_on end as approved_on,
        in_force.in_force_since,
        as_of.as_of_on
    from {{ ref('def_definitions') }} as definitions
    cross join bases
    cross join {{ ref('int_as_of') }} as as_of
    left join begun
        on bases.basis = begun.basis
    left join counted
        on
            bases.basis = counted.basis
            and definitions.definition_key = counted.definition_key
    left join steadiness
        on
            bases.basis = steadiness.basis
            and definitions.definition_key = steadiness.definition_key
    left join closest
        on
            bases.basis = closest.basis
            and definitions.definition_key = closest.definition_key
            and closest.closeness = 1
    left join sizes
        on definitions.definition_key = sizes.definition_key
    left join in_force
        on definitions.definition_key = in_force.definition_key
    where definitions.is_active

),

rated as (

    select
        *,
        case when observed_days >= 7 then qualified_count / (cast(observed_days as {{ type_double() }}) / 7) end
            as qualified_per_week,
        cast(qualified_count as {{ type_double() }}) / nullif(eligible_count, 0) as share_qualified,
        {{ rate_interval_low('qualified_count', 'eligible_count') }} as share_qualified_low,
        {{ rate_interval_high('qualified_count', 'eligible_count') }} as share_qualified_high,
        cast(converted_count as {{ type_double() }}) / nullif(mature_count, 0) as conversion_precision,
        {{ rate_interval_low('converted_count', 'mature_count') }} as conversion_precision_low,
        {{ rate_interval_high('converted_count', 'mature_count') }} as conversion_precision_high,
        cast(missed_count as {{ type_double() }}) / nullif(reachable_count, 0) as share_missed,
        {{ rate_interval_low('missed_count', 'reachable_count') }} as share_missed_low,
        {{ rate_interval_high('missed_count', 'reachable_count') }} as share_missed_high,
        cast(lapsed_count as {{ type_double() }}) / nullif(followed_count, 0) as share_lapsed,
        {{ rate_interval_low('lapsed_count', 'followed_count') }} as share_lapsed_low,
        {{ rate_interval_high('lapsed_count', 'followed_count') }} as share_lapsed_high,
        cast(flapping_count as {{ type_double() }}) / nullif(followed_count, 0) as share_flapping,
        {{ rate_interval_low('flapping_count', 'followed_count') }} as share_flapping_low,
        {{ rate_interval_high('flapping_count', 'followed_count') }} as share_flapping_high,
        {{ later_of('approved_on', 'in_force_since') }} as reviewed_on,
        {{ days_between('last_crossing_on', 'as_of_on') }} as days_since_crossing
    from measured

),

judged as (

    select
        rated.*,
        limits.min_crossings,
        limits.min_precision,
        limits.max_share_qualified,
        limits.max_share_missed,
        limits.max_signals,
        limits.max_required_signals,
        limits.max_share_flapping,
        limits.flapping_days,
        {{ days_between('rated.reviewed_on', 'rated.as_of_on') }} as days_since_review,
        -- A rate is judged by the end of its interval that is nearer to the limit.
        rated.qualified_count >= limits.min_crossings
        and coalesce(rated.share_qualified_low > limits.max_share_qualified, false) as is_too_many,
        rated.mature_count >= limits.min_crossings
        and coalesce(rated.conversion_precision_high < limits.min_precision, false) as is_too_imprecise,
        rated.reachable_count >= limits.min_crossings
        and coalesce(rated.share_missed_low > limits.max_share_missed, false) as is_too_narrow,
        rated.signal_count > limits.max_signals or rated.required_signal_count > limits.max_required_signals
            as is_too_complex,
        rated.followed_count >= limits.min_crossings
        and coalesce(rated.share_flapping_low > limits.max_share_flapping, false) as is_flapping,
        coalesce(rated.days_since_crossing > limits.max_days_without_crossing, false)
        or (rated.last_crossing_on is null and rated.observed_days > limits.max_days_without_crossing)
            as is_without_crossing,
        coalesce(
            {{ days_between('rated.reviewed_on', 'rated.as_of_on') }} > limits.max_days_without_review, false
        ) as is_unreviewed,
        case
            when rated.audience = 'customer' then rated.followed_count < limits.min_crossings
            else rated.mature_count < limits.min_crossings
        end as is_too_few
    from rated
    cross join {{ ref('set_health_limits') }} as limits

)

select
    basis,
    definition_key,
    entity_type,
    audience,
    case
        when is_too_many or is_too_imprecise then 'too_broad'
        when is_too_narrow then 'too_narrow'
        when is_too_complex then 'too_complex'
        when is_flapping then 'flapping'
        when is_without_crossing or is_unreviewed then 'stale'
        when is_too_few then 'not_enough_data'
        else 'ok'
    end as verdict,
    trim(
        case
            when is_too_many
                then
                    'Too broad: ' || {{ percent('share_qualified') }}
                    || ' % of the accounts that could qualify do, more than '
                    || {{ percent('max_share_qualified') }} || ' %. '
            else ''
        end
        || case
            when is_too_imprecise
                then
                    'Too broad: ' || {{ percent('conversion_precision') }} || ' % of the crossings convert within '
                    || '{{ whole_days("pql_horizon_days") }} days, fewer than '
                    || {{ percent('min_precision') }} || ' %. '
            else ''
        end
        || case
            when is_too_narrow
                then
                    'Too narrow: ' || {{ percent('share_missed') }}
                    || ' % of those who paid had not qualified, more than '
                    || {{ percent('max_share_missed') }} || ' %. '
            else ''
        end
        || case
            when signal_count > max_signals
                then
                    'Too complex: ' || cast(signal_count as {{ dbt.type_string() }}) || ' signals, more than '
                    || cast(max_signals as {{ dbt.type_string() }}) || '. '
            else ''
        end
        || case
            when required_signal_count > max_required_signals
                then
                    'Too complex: ' || cast(required_signal_count as {{ dbt.type_string() }})
                    || ' required signals, more than '
                    || cast(max_required_signals as {{ dbt.type_string() }}) || '. '
            else ''
        end
        || case
            when is_flapping
                then
                    'Flapping: ' || {{ percent('share_flapping') }}
                    || ' % of those that qualify lapse and qualify again within '
                    || cast(flapping_days as {{ dbt.type_string() }})
                    || ' days, more than ' || {{ percent('max_share_flapping') }} || ' %. '
            else ''
        end
        || case
            when is_without_crossing and last_crossing_on is null then 'Stale: nothing has ever qualified. '
            when is_without_crossing
                then
                    'Stale: nothing has qualified for ' || cast(days_since_crossing as {{ dbt.type_string() }})
                    || ' days. '
            else ''
        end
        || case
            when is_unreviewed
                then
                    'Stale: neither approved nor changed for ' || cast(days_since_review as {{ dbt.type_string() }})
                    || ' days. '
            else ''
        end
        || case
            when is_too_few and audience = 'customer'
                then
                    'Not enough data: ' || cast(followed_count as {{ dbt.type_string() }})
                    || ' crossings were followed for ' || cast(flapping_days as {{ dbt.type_string() }})
                    || ' days, fewer than ' || cast(min_crossings as {{ dbt.type_string() }}) || '. '
            when is_too_few
                then
                    'Not enough data: ' || cast(mature_count as {{ dbt.type_string() }})
                    || ' crossings have had {{ whole_days("pql_horizon_days") }} days to convert, fewer than '
                    || cast(min_crossings as {{ dbt.type_string() }}) || '. '
            else ''
        end
        || case
            when audience = 'customer' then 'Its accounts pay already: there is no conversion to measure. '
            else ''
        end
        || case
            when
                not (
                    is_too_many or is_too_imprecise or is_too_narrow or is_too_complex or is_flapping
                    or is_without_crossing or is_unreviewed or is_too_few
                )
                then 'All that is measured is within the limits.'
            else ''
        end
    ) as reason,
    observed_from,
    cast(observed_days as integer) as observed_days,
    eligible_count,
    qualified_count,
    qualified_per_week,
    share_qualified,
    share_qualified_low,
    share_qualified_high,
    mature_count,
    converted_count,
    conversion_precision,
    conversion_precision_low,
    conversion_precision_high,
    reachable_count,
    missed_count,
    unreachable_count,
    share_missed,
    share_missed_low,
    share_missed_high,
    followed_count,
    lapsed_count,
    share_lapsed,
    share_lapsed_low,
    share_lapsed_high,
    flapping_count,
    share_flapping,
    share_flapping_low,
    share_flapping_high,
    closest_definition_key,
    closest_jaccard,
    cast(signal_count as integer) as signal_count,
    required_signal_count,
    approved_on,
    in_force_since,
    cast(days_since_review as integer) as days_since_review,
    last_crossing_on,
    cast(days_since_crossing as integer) as days_since_crossing
from judged
