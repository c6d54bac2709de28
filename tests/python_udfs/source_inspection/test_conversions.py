"""The comparison looks at what was known before a conversion, and says when it is too little."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from scipy.stats import fisher_exact

from python_udfs import domains
from python_udfs.source_inspection.conversions import compare_rates, measure_lift

BEGIN = date(2025, 1, 1)
AS_OF = date(2025, 12, 31)


def day(number: int) -> date:
    return BEGIN + timedelta(days=number)


USERS = [
    ("u1", "by_mail", "a@mail.acme.co.uk", False),
    ("u2", "one", "b@shared.com", False),
    ("u3", "two", "c@shared.com", False),
    ("u4", "one", "d@a.com", False),
    ("u5", "one", "e@own.com", True),
    ("u6", "one", "f@gmail.com", False),
    ("u7", "one", "g@school.edu", False),
    ("u8", None, "h@nobody.com", False),
]


def compare(accounts: dict[str, date], events: list[tuple], paid: dict[str, date]):
    """Run the comparison; events are (account, name, day of occurrence, day known)."""
    with duckdb.connect() as connection:
        domains.register(connection)
        connection.execute("create schema contract")
        connection.execute(
            "create table contract.accounts (account_id varchar, created_on date, domain varchar, "
            "quarantine_reason varchar, copy_number integer)"
        )
        connection.execute(
            "create table contract.subscriptions (account_id varchar, company_domain varchar, "
            "started_on date, mrr_amount decimal(18, 4), quarantine_reason varchar, "
            "copy_number integer)"
        )
        connection.execute(
            "create table known_users "
            "(user_id varchar, account_id varchar, email varchar, is_internal boolean)"
        )
        connection.executemany("insert into known_users values (?, ?, ?, ?)", USERS)
        connection.execute(
            "create table account_events (event_name varchar, account_id varchar, is_internal "
            "boolean, quarantine_reason varchar, occurred_on date, known_on date)"
        )
        for account, created_on in accounts.items():
            connection.execute(
                "insert into contract.accounts values (?, ?, ?, null, 1)",
                [account, created_on, f"https://www.{account}.com/about"],
            )
        for account, started_on in paid.items():
            is_domain = "." in account
            connection.execute(
                "insert into contract.subscriptions values (?, ?, ?, 10, null, 1)",
                [None if is_domain else account, account if is_domain else None, started_on],
            )
        # The events begin on the first day, with an account that is not looked at.
        for account, name, occurred_on, known_on in [("z", "other", BEGIN, BEGIN), *events]:
            connection.execute(
                "insert into account_events values (?, ?, false, null, ?, ?)",
                [name, account, occurred_on, known_on],
            )
        return measure_lift(
            connection,
            ("did",),
            AS_OF,
            horizon_days=60,
            first_days=14,
            free_mail_domains=["School.edu"],
        )


def test_only_what_was_known_in_the_first_days_counts_as_done():
    created = day(10)
    conversions, (lift,) = compare(
        {"in_time": created, "late": created, "known_late": created},
        [
            ("in_time", "did", day(23), day(23)),
            ("late", "did", day(24), day(24)),
            ("late", "other", day(10), day(10)),
            # It happened in the first days, but became known after them.
            ("known_late", "did", day(12), day(24)),
            ("known_late", "other", day(12), day(12)),
        ],
        {"in_time": day(30)},
    )
    # The account of the other event is compared as well.
    assert conversions.accounts_compared == 4
    assert (lift.accounts_with, lift.converted_with) == (1, 1)
    assert (lift.accounts_without, lift.converted_without) == (3, 0)


def test_an_account_without_a_chance_is_left_out_and_counted():
    created = day(10)
    event = [(name, "did", day(11), day(11)) for name in ("early", "last", "after", "old", "open")]
    conversions, (lift,) = compare(
        {
            "early": created,
            "last": created,
            "after": created,
            "silent": created,
            "old": day(-1),
            "open": AS_OF - timedelta(days=72),
        },
        [*event, ("open", "did", AS_OF, AS_OF)],
        {"early": day(23), "last": day(83), "after": day(84)},
    )
    assert conversions.left_out == {
        "converted in the first 14 days": 1,
        "no event in the first 14 days": 1,
        "signed up before the events begin": 1,
        "the 60 days after are not over": 1,
    }
    # `last` converted on the last day of the horizon, `after` a day too late.
    assert (lift.accounts_with, lift.converted_with) == (2, 1)
    assert conversions.accounts == 3


def test_the_horizon_of_an_account_is_over_on_the_day_that_is_its_last():
    created = AS_OF - timedelta(days=73)
    conversions, _ = compare(
        {"a": created}, [("a", "did", created, created)], {"a": created + timedelta(days=73)}
    )
    assert conversions.accounts_converted == 1


def test_without_conversions_nothing_is_compared():
    conversions, lifts = compare({"a": day(10)}, [("a", "did", day(11), day(11))], {})
    assert (conversions.accounts, lifts) == (0, ())


@pytest.mark.parametrize(
    ("domain", "is_found"),
    [
        ("a.com", True),
        ("https://www.A.com/pricing", True),
        ("person@a.com", True),
        ("eu.billing.a.com", True),
        ("billing@acme.co.uk", True),
        ("other.co.uk", False),
        ("shared.com", False),
        ("own.com", False),
        ("gmail.com", False),
        ("school.edu", False),
        ("nobody.com", False),
        ("localhost.example", False),
    ],
)
def test_a_subscription_finds_its_account_as_in_the_build(domain, is_found):
    conversions, _ = compare({"a": day(10)}, [], {domain: day(30)})
    assert (conversions.accounts, conversions.without_account) == (is_found, not is_found)


def test_rates_have_wilson_intervals_and_adjusted_p_values():
    (more, same, less) = compare_rates(
        {"more": (100, 40), "less": (100, 4), "same": (100, 16)}, 400, 64
    )
    assert [lift.verdict for lift in (more, same, less)] == ["more", "no difference", "less"]
    # Wilson (1927) for 40 of 100, as in any table of it.
    assert more.rate_with_low == pytest.approx(0.3094, abs=1e-4)
    assert more.rate_with_high == pytest.approx(0.4980, abs=1e-4)
    assert more.lift == pytest.approx((40 / 100) / (24 / 300))
    plain = fisher_exact([[40, 60], [24, 276]])[1]
    assert more.p_value_adjusted == pytest.approx(3 * plain)
    assert same.p_value_adjusted == pytest.approx(1)


def test_below_the_floors_there_is_no_lift():
    lifts = {
        lift.event_name: lift
        for lift in compare_rates(
            {"rare": (29, 10), "every": (371, 50), "fine": (200, 4), "empty": (0, 0)}, 400, 9
        )
    }
    for name in ("rare", "every", "empty"):
        assert lifts[name].verdict == "too few accounts"
        assert lifts[name].rate_with is None
    assert lifts["fine"].verdict == "too few conversions"
    assert lifts["fine"].rate_with == pytest.approx(0.02)
    assert lifts["fine"].lift is None


def test_an_event_after_which_nobody_else_converted_has_a_verdict_but_no_lift():
    (lift,) = compare_rates({"only": (100, 40)}, 200, 40)
    assert (lift.verdict, lift.lift) == ("more", None)
