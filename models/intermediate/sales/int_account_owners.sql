-- Who answers for each account: the first rule that holds. A list of the rule holds a value when taking it out
-- changes the list; a value that is not known meets no condition.
with matches as (

    select
        accounts.account_id,
        rules.rule_number,
        rules.owner,
        rules.territory,
        row_number() over (partition by accounts.account_id order by rules.rule_number) as match_number
    from {{ ref('dim_accounts') }} as accounts
    left join {{ ref('set_owner_rules') }} as rules
        on
            (
                rules.countries is null
                or replace(rules.countries, '|' || lower(accounts.country) || '|', '') <> rules.countries
            )
            and (
                rules.acquisition_channels is null
                or replace(rules.acquisition_channels, '|' || lower(accounts.acquisition_channel) || '|', '')
                <> rules.acquisition_channels
            )
            and (rules.min_employees is null or accounts.employee_count >= rules.min_employees)
            and (rules.max_employees is null or accounts.employee_count <= rules.max_employees)

)

select
    account_id,
    rule_number,
    coalesce(owner, 'unrouted') as owner,
    coalesce(territory, 'unrouted') as territory
from matches
where match_number = 1
