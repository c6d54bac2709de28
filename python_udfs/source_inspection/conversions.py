"""Conversions, and what the accounts that converted had done before: a first look, not a proof.

Each account is looked at once, ``first_days`` after its signup: which events of it were known by
then, and did it convert within the horizon from then on? So nothing that happened after the
conversion counts, every account had the same time to do something and the same time to convert, and
an account that had no chance is left out: one that had converted before, whose horizon is not over,
that signed up before the events begin, or of which nothing was known by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np

MIN_ACCOUNTS = 30
"""Fewer accounts on one side of a comparison give no rate."""

MIN_EXPECTED_CONVERSIONS = 5
"""Least number of conversions to expect on either side, were there no difference."""

SIGNIFICANCE = 0.05
"""A difference whose p-value, adjusted for the number of names, is below counts as one."""


@dataclass(frozen=True)
class Conversions:
    """What is known of conversions.

    Parameters
    ----------
    accounts : int
        Accounts with a paid subscription.
    first_on, last_on : date or None
        Days of the first and the last conversion.
    without_account : int
        Paid subscriptions whose domain is that of no account, of several, or of a mail provider.
    accounts_compared, accounts_converted : int
        Accounts in the comparison, and those of them that converted within the horizon.
    left_out : dict of str to int
        Accounts that are not in the comparison, by the reason.
    """

    accounts: int
    first_on: date | None
    last_on: date | None
    without_account: int
    accounts_compared: int
    accounts_converted: int
    left_out: dict[str, int]


@dataclass(frozen=True)
class EventLift:
    """Conversion of the accounts with an event and of those without it.

    Parameters
    ----------
    event_name : str
        Name of the event.
    accounts_with, accounts_without : int
        Accounts compared.
    converted_with, converted_without : int
        Those that converted within the horizon.
    rate_with, rate_with_low, rate_with_high : float or None
        Conversion rate with its 95 % Wilson interval; None below the floor.
    rate_without, rate_without_low, rate_without_high : float or None
        The same without the event.
    lift : float or None
        Ratio of the two; None below the floors.
    p_value_adjusted : float or None
        Of Fisher's exact test, adjusted for the number of names (Benjamini-Hochberg).
    verdict : str
        ``more``, ``less``, ``no difference``, ``too few accounts`` or ``too few conversions``.
    """

    event_name: str
    accounts_with: int
    accounts_without: int
    converted_with: int
    converted_without: int
    rate_with: float | None = None
    rate_with_low: float | None = None
    rate_with_high: float | None = None
    rate_without: float | None = None
    rate_without_low: float | None = None
    rate_without_high: float | None = None
    lift: float | None = None
    p_value_adjusted: float | None = None
    verdict: str = "too few accounts"


def measure_lift(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    as_of_on: date | None,
    *,
    horizon_days: int,
    first_days: int,
    free_mail_domains: Sequence[str] = (),
) -> tuple[Conversions, tuple[EventLift, ...]]:
    """Compare the conversion of accounts with and without each event.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database with the views of the contract, ``account_events``, ``known_users``, and the
        functions of ``python_udfs.domains``.
    names : sequence of str
        The events to compare.
    as_of_on : date or None
        Last day that is known; None without events.
    horizon_days, first_days : int
        See the module.
    free_mail_domains : sequence of str
        Domains that stand for no company, beside the known ones.

    Returns
    -------
    conversions : Conversions
    lifts : tuple of EventLift
        Largest lift first; empty without conversions.
    """
    _create_accounts_by_host(connection, free_mail_domains)
    connection.execute(
        f"""
        create or replace temporary table paid_subscriptions as
        select
            coalesce(subscriptions.account_id, accounts_by_host.account_id) as account_id,
            subscriptions.started_on
        from contract.subscriptions as subscriptions
        left join accounts_by_host
            on {_host_of("subscriptions.company_domain")} = accounts_by_host.host
        where
            subscriptions.quarantine_reason is null
            and subscriptions.copy_number = 1
            and subscriptions.mrr_amount > 0
        """
    )
    connection.execute(
        """
        create or replace temporary table conversions as
        select account_id, min(started_on) as converted_on
        from paid_subscriptions
        where account_id is not null
        group by account_id
        """
    )
    accounts, first_on, last_on = connection.execute(
        "select count(*), min(converted_on), max(converted_on) from conversions"
    ).fetchone()
    (without_account,) = connection.execute(
        "select count(*) from paid_subscriptions where account_id is null"
    ).fetchone()
    if not accounts or as_of_on is None:
        return Conversions(accounts, first_on, last_on, without_account, 0, 0, {}), ()
    connection.execute(
        """
        create or replace temporary table known_accounts as
        with listed as (
            select account_id, min(created_on) as created_on
            from contract.accounts
            where quarantine_reason is null and copy_number = 1
            group by account_id
        ),
        seen as (
            select
                account_id,
                min(occurred_on) as first_on,
                min(known_on) as first_known_on
            from account_events
            where quarantine_reason is null and account_id is not null and not is_internal
            group by account_id
        )
        select
            coalesce(listed.account_id, seen.account_id) as account_id,
            coalesce(listed.created_on, seen.first_on) as created_on,
            seen.first_known_on,
            conversions.converted_on,
            (select min(first_on) from seen) as events_begin_on
        from listed
        full outer join seen on listed.account_id = seen.account_id
        left join conversions
            on coalesce(listed.account_id, seen.account_id) = conversions.account_id
        """
    )
    connection.execute(
        f"""
        create or replace temporary table compared_accounts as
        select
            account_id,
            created_on,
            coalesce(converted_on < created_on + {first_days + horizon_days}, false) as converted,
            case
                when created_on < events_begin_on then 'signed up before the events begin'
                when converted_on < created_on + {first_days}
                    then 'converted in the first {first_days} days'
                when created_on + {first_days + horizon_days} > date '{as_of_on}' + 1
                    then 'the {horizon_days} days after are not over'
                when first_known_on is null or first_known_on >= created_on + {first_days}
                    then 'no event in the first {first_days} days'
            end as left_out
        from known_accounts
        """
    )
    left_out = dict(
        connection.execute(
            "select left_out, count(*) from compared_accounts where left_out is not null "
            "group by left_out order by count(*) desc, left_out"
        ).fetchall()
    )
    compared, converted = connection.execute(
        "select count(*), count(*) filter (converted) from compared_accounts where left_out is null"
    ).fetchone()
    connection.execute("create or replace temporary table compared_names (event_name varchar)")
    if names:
        connection.executemany("insert into compared_names values (?)", [(name,) for name in names])
    counted = {
        name: (count, positive)
        for name, count, positive in connection.execute(
            f"""
            select event_name, count(*), count_if(converted)
            from (
                select distinct events.event_name, events.account_id, compared.converted
                from account_events as events
                inner join compared_names using (event_name)
                inner join compared_accounts as compared
                    on events.account_id = compared.account_id and compared.left_out is null
                where
                    events.quarantine_reason is null
                    and not events.is_internal
                    and events.known_on < compared.created_on + {first_days}
            )
            group by event_name
            """
        ).fetchall()
    }
    conversions = Conversions(
        accounts, first_on, last_on, without_account, compared, converted, left_out
    )
    counts = {name: counted.get(name, (0, 0)) for name in names}
    return conversions, compare_rates(counts, compared, converted)


def _create_accounts_by_host(
    connection: duckdb.DuckDBPyConnection, free_mail_domains: Sequence[str]
) -> None:
    """Find the account behind what names a company, as the build does (int_domain_accounts).

    The account that is listed with the domain, else the one whose users have addresses of it; with
    several it is none. What they were on earlier days, and merges, are left to the build.
    """
    connection.execute(
        f"""
        create or replace temporary table accounts_by_host as
        with hosts as (
            select {_host_of("domain")} as host from contract.accounts
            union
            select {_host_of("email")} as host from known_users
            union
            select {_host_of("company_domain")} as host from contract.subscriptions
        ),
        -- Each is looked up once.
        looked_up as (
            select host, registrable_domain(host) as domain
            from hosts
            where host is not null
        ),
        company_domains as (
            select host, domain
            from looked_up
            where
                domain is not null
                and not is_free_mail(domain)
                and not list_contains($free_mail_domains, domain)
        ),
        claims as (
            select company_domains.domain, accounts.account_id, true as is_listed
            from contract.accounts as accounts
            inner join company_domains on {_host_of("accounts.domain")} = company_domains.host
            where accounts.quarantine_reason is null and accounts.copy_number = 1
            union
            select company_domains.domain, users.account_id, false as is_listed
            from known_users as users
            inner join company_domains on {_host_of("users.email")} = company_domains.host
            where not users.is_internal and users.account_id is not null
        ),
        ranked as (
            select
                domain,
                account_id,
                is_listed = max(is_listed) over (partition by domain) as counts
            from claims
        )
        select company_domains.host, min(ranked.account_id) as account_id
        from ranked
        inner join company_domains on ranked.domain = company_domains.domain
        where ranked.counts
        group by company_domains.host
        having count(distinct ranked.account_id) = 1
        """,
        {"free_mail_domains": [domain.lower() for domain in free_mail_domains]},
    )


def _host_of(text: str) -> str:
    """Return the SQL of what stands behind an @, or of the whole text (the macro ``host_of``)."""
    return f"lower(substring({text}, position('@' in {text}) + 1))"


def compare_rates(
    counts: dict[str, tuple[int, int]], accounts: int, converted: int
) -> tuple[EventLift, ...]:
    """Compare the conversion rates with and without each event.

    Parameters
    ----------
    counts : dict of str to (int, int)
        Accounts with the event, and those of them that converted, by its name.
    accounts, converted : int
        All accounts compared, and those of them that converted.

    Returns
    -------
    tuple of EventLift
        Largest lift first, those without a rate last.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.
    Benjamini and Hochberg (1995), Controlling the false discovery rate.
    """
    # They take seconds to import: only when there is something to compare.
    from scipy.stats import fisher_exact
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.proportion import proportion_confint

    lifts, p_values = [], []
    for name, (count, positive) in counts.items():
        other, other_positive = accounts - count, converted - positive
        plain = EventLift(name, count, other, positive, other_positive)
        if min(count, other) < MIN_ACCOUNTS:
            lifts.append(plain)
            continue
        rate, other_rate = positive / count, other_positive / other
        low, high = proportion_confint(positive, count, method="wilson")
        other_low, other_high = proportion_confint(other_positive, other, method="wilson")
        expected = converted / accounts * min(count, other)
        is_comparable = expected >= MIN_EXPECTED_CONVERSIONS
        if is_comparable:
            table = [[positive, count - positive], [other_positive, other - other_positive]]
            p_values.append((len(lifts), float(fisher_exact(table)[1])))
        lifts.append(
            EventLift(
                name,
                count,
                other,
                positive,
                other_positive,
                rate,
                *map(float, (low, high)),
                other_rate,
                *map(float, (other_low, other_high)),
                lift=rate / other_rate if is_comparable and other_rate > 0 else None,
                verdict="no difference" if is_comparable else "too few conversions",
            )
        )
    if p_values:
        adjusted = multipletests(np.array([p for _, p in p_values]), method="fdr_bh")[1]
        for (place, _), p_value in zip(p_values, adjusted, strict=True):
            found = lifts[place]
            verdict = found.verdict
            if p_value < SIGNIFICANCE:
                verdict = "more" if found.rate_with > found.rate_without else "less"
            lifts[place] = EventLift(
                **{**found.__dict__, "p_value_adjusted": float(p_value), "verdict": verdict}
            )
    return tuple(sorted(lifts, key=lambda lift: (lift.lift is None, -(lift.lift or 0))))
