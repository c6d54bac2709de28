"""The oracle itself, on cases worked out by hand from section 4 of the design and the readings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from oracle import Oracle, holds, round_half_away

ACTIVITIES = [
    {
        "activity_key": "work",
        "event_name": "work",
        "object_property": "project",
        "value_property": "minutes",
    },
    {
        "activity_key": "big_work",
        "event_name": "work",
        "property": "minutes",
        "operator": ">=",
        "property_value": "10",
    },
]


def january(day: int) -> date:
    return date(2024, 1, day)


def event(number: int, occurred_at: str, received_at: str | None = None, **columns: Any) -> dict:
    """Event `work` of user u1 in account a1, in January 2024."""
    return {
        "event_id": f"e{number}",
        "event_name": "work",
        "occurred_at": f"2024-01-{occurred_at}",
        "received_at": received_at,
        "user_id": "u1",
        "account_id": "a1",
        **columns,
    }


def oracle_of(
    events: list[dict],
    signal: dict | None = None,
    weight: dict | None = None,
    definition: dict | None = None,
    approvals: tuple[dict, ...] = (),
    **options: Any,
) -> Oracle:
    """Oracle with one signal ``s`` (events of activity ``work``) in one definition ``d``."""
    tables = {name: options.pop(name, []) for name in ("users", "accounts", "subscriptions")}
    signal_row = {"signal_key": "s", "activity_key": "work", "measure": "events", "threshold": "1"}
    weight_row = {"definition_key": "d", "signal_key": "s", "points": "10"}
    definition_row = {
        "definition_key": "d",
        "entity_type": "account",
        "audience": "all",
        "enter_threshold": "10",
        "exit_threshold": "10",
        "is_active": "true",
    }
    seeds = {
        "pql_activities": ACTIVITIES,
        "pql_signals": [signal_row | (signal or {})],
        "pql_weights": [weight_row | (weight or {})],
        "pql_definitions": [definition_row | (definition or {})],
        "pql_approved_thresholds": approvals,
    }
    return Oracle({"events": events, **tables}, seeds, **options)


def values(oracle: Oracle, *days: date) -> list[Fraction | None]:
    return [oracle.signal("account", "a1", "s", day).value for day in days]


def statuses(oracle: Oracle, first: int, last: int) -> str:
    """One letter per day of January: q for qualified."""
    return "".join(
        "q" if oracle.qualified("account", "a1", "d", january(day)) else "-"
        for day in range(first, last + 1)
    )


def test_an_event_counts_from_its_day_until_the_window_has_passed():
    oracle = oracle_of([event(1, "10 23:59:59")], {"window_days": "7"})
    assert values(oracle, *map(january, (9, 10, 16, 17))) == [0, 1, 1, 0]


def test_a_late_event_counts_from_the_day_it_arrived():
    oracle = oracle_of([event(1, "01 08:00:00", "2024-01-05 00:00:00")])
    assert values(oracle, *map(january, (1, 4, 5))) == [0, 0, 1]


def test_a_late_event_that_arrives_after_its_window_never_counts():
    late = event(1, "01 08:00:00", "2024-01-08 00:00:00")
    assert values(oracle_of([late], {"window_days": "7"}), january(8)) == [0]
    assert values(oracle_of([late], {"window_days": "8"}), january(8)) == [1]


def test_thirty_days_late_is_late_and_thirty_one_is_a_historical_load():
    late = oracle_of([event(1, "01 08:00:00", "2024-01-31 00:00:00")])
    assert values(late, january(30), january(31)) == [0, 1]
    load = oracle_of([event(1, "01 08:00:00", "2024-02-01 00:00:00")])
    assert values(load, january(1)) == [1]
    assert load.as_of == january(1)


def test_an_event_received_more_than_24_hours_before_it_occurred_is_quarantined():
    exactly = oracle_of([event(1, "02 10:00:00", "2024-01-01 10:00:00")])
    assert values(exactly, january(1), january(2)) == [0, 1]
    longer = oracle_of([event(1, "02 10:00:00", "2024-01-01 09:59:59")])
    assert longer.row_accounting()["events"].rows_quarantined == 1


def test_days_of_signup_end_before_the_day_that_many_days_later():
    accounts = [{"account_id": "a1", "created_at": "2024-01-01 18:00:00"}]
    oracle = oracle_of(
        [event(1, "07 23:00:00"), event(2, "08 00:00:00")],
        {"within_days_of_signup": "7"},
        accounts=accounts,
    )
    assert values(oracle, january(7), january(20)) == [1, 1]


def test_decay_takes_a_step_at_each_full_period_and_stops_at_zero():
    oracle = oracle_of(
        [event(1, "01 08:00:00")], {"decay_every_days": "7", "decay_rate": "0.3", "threshold": "1"}
    )
    days = (1, 7, 8, 14, 15, 22, 29)
    expected = [Fraction(text) for text in ("1", "1", "0.7", "0.7", "0.4", "0.1", "0")]
    assert values(oracle, *map(january, days)) == expected
    assert [oracle.signal("account", "a1", "s", january(day)).is_met for day in (7, 8)] == [
        True,
        False,
    ]


def test_an_average_without_rows_is_unmeasured_and_meets_nothing():
    oracle = oracle_of(
        [
            event(1, "01 08:00:00", properties='{"minutes": 1}'),
            event(2, "01 09:00:00", properties='{"minutes": "2"}'),
            event(3, "01 10:00:00", properties='{"minutes": "long"}'),
        ],
        {"measure": "average", "window_days": "2", "operator": "<=", "threshold": "1.5"},
    )
    assert oracle.signal("account", "a1", "s", january(2)) == (Fraction(3, 2), True, True)
    assert oracle.signal("account", "a1", "s", january(3)) == (None, False, False)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("events", [2, 3, 4]),
        ("active_days", [1, 1, 2]),
        ("active_users", [1, 2, 2]),
        ("distinct_objects", [1, 1, 2]),
        ("sum", [Fraction("5"), Fraction("7.5"), Fraction("7.5")]),
        ("days_since_last", [0, 1, 0]),
        ("days_since_first", [0, 1, 2]),
    ],
)
def test_measures(measure: str, expected: list):
    oracle = oracle_of(
        [
            event(1, "01 08:00:00", properties='{"project": "p", "minutes": 5}'),
            event(2, "01 09:00:00", properties='{"project": null}'),
            event(
                3,
                "01 10:00:00",
                "2024-01-02 10:00:00",
                user_id="u2",
                properties='{"project": "p", "minutes": 2.5}',
            ),
            event(4, "03 08:00:00", user_id=None, properties='{"project": "q"}'),
        ],
        {"measure": measure},
    )
    assert values(oracle, *map(january, (1, 2, 3))) == expected


def test_days_since_signup_is_unmeasured_before_the_creation():
    oracle = oracle_of(
        [event(1, "03 08:00:00")],
        {"measure": "days_since_signup", "activity_key": None},
        accounts=[{"account_id": "a1", "created_at": "2024-01-02 18:00:00"}],
    )
    assert values(oracle, *map(january, (1, 2, 5))) == [None, 0, 3]


def test_the_creation_of_an_unlisted_entity_moves_back_when_an_older_event_arrives():
    oracle = oracle_of(
        [
            event(1, "05 08:00:00"),
            event(2, "03 08:00:00", "2024-01-07 08:00:00", event_name="something else"),
        ],
        {"measure": "days_since_signup", "activity_key": None},
    )
    assert values(oracle, *map(january, (4, 5, 6, 7))) == [None, 0, 1, 4]


def test_the_copy_received_first_counts():
    oracle = oracle_of(
        [
            event(1, "01 08:00:00", "2024-01-04 08:00:00", properties='{"minutes": 9}'),
            event(1, "01 08:00:00", "2024-01-02 08:00:00", properties='{"minutes": 4}'),
        ],
        {"measure": "sum"},
    )
    assert values(oracle, *map(january, (1, 2, 4))) == [0, 4, 4]
    assert oracle.row_accounting()["events"].rows_duplicate == 1


def test_every_row_ends_in_one_place():
    oracle = oracle_of(
        [
            event(1, "01 08:00:00"),
            event(1, "01 08:00:00"),
            event(2, "01 08:00:00", user_id="staff"),
            event(3, "01 08:00:00", user_id=" ", account_id=None),
            event(4, "01 08:00:00", properties="{"),
            event(5, "41 08:00:00"),
            event(6, "01 08:00:00", "2024-01-09 08:00:00"),
        ],
        users=[{"user_id": "staff", "created_at": "2024-01-01", "is_internal": True}],
        as_of=january(8),
    )
    assert vars(oracle.row_accounting()["events"]) == {
        "rows_in": 7,
        "rows_used": 1,
        "rows_duplicate": 1,
        "rows_quarantined": 3,
        "rows_set_aside": 1,
        "rows_not_yet_known": 1,
    }
    assert values(oracle, january(9)) == [1]


@pytest.mark.parametrize(
    ("behind", "expected"),
    [(" -0500", [0, 1]), (" -05", [0, 1]), ("-05:00", [0, 1]), (" Z", [1, 1]), (" PM", [0, 0])],
)
def test_text_behind_a_time_is_an_offset_or_makes_it_unreadable(behind: str, expected: list[int]):
    oracle = oracle_of([event(1, f"10 23:30:00{behind}"), event(2, "12 08:00:00")])
    assert values(oracle, january(10), january(11)) == expected
    assert oracle.row_accounting()["events"].rows_quarantined == (expected == [0, 0])


def test_the_account_of_an_event_is_its_own_or_that_of_its_user():
    oracle = oracle_of(
        [event(1, "01 08:00:00", account_id=None), event(2, "01 08:00:00", account_id="a2")],
        users=[{"user_id": "u1", "account_id": "a1", "created_at": "2024-01-01"}],
    )
    assert values(oracle, january(1)) == [1]
    assert oracle.signal("user", "u1", "s", january(1)).value == 2


def test_points_per_unit_are_capped_in_magnitude():
    events = [event(number, "01 08:00:00") for number in range(5)]
    per_unit = {"points": None, "points_per_unit": "-3", "max_points": "10"}
    oracle = oracle_of(events, weight=per_unit)
    assert oracle.score("account", "a1", "d", january(1)) == Decimal("-10")


def test_points_round_half_away_from_zero():
    assert round_half_away(Fraction("0.00005"), 4) == Decimal("0.0001")
    assert round_half_away(Fraction("-0.00005"), 4) == Decimal("-0.0001")
    assert round_half_away(Fraction("0.000049"), 4) == 0


def test_a_status_holds_between_the_exit_and_the_enter_threshold():
    # Two events count on days 3 to 5, one on days 1, 2, 6 and 7: 10 points each.
    oracle = oracle_of(
        [event(1, "01 08:00:00"), event(2, "03 08:00:00")],
        {"window_days": "5"},
        {"points": None, "points_per_unit": "10"},
        {"enter_threshold": "20", "exit_threshold": "10"},
    )
    assert statuses(oracle, 1, 9) == "--qqqqq--"
    assert oracle.ended_by("account", "a1", "d", january(8)) == "score"


def test_a_status_that_lost_a_required_signal_has_to_enter_anew():
    oracle = oracle_of(
        [event(1, "01 08:00:00", properties='{"minutes": 10}'), event(2, "04 08:00:00")],
        {"activity_key": "big_work", "window_days": "2"},
        {"is_required": "true"},
    )
    assert statuses(oracle, 1, 5) == "qq---"
    assert oracle.ended_by("account", "a1", "d", january(3)) == "required"


@pytest.mark.parametrize(
    ("audience", "expected"),
    [("all", "qqqqqqqq"), ("prospect", "qqqq----"), ("customer", "----qq--")],
)
def test_a_subscription_counts_once_it_is_known_and_until_the_day_it_ends(
    audience: str, expected: str
):
    oracle = oracle_of(
        [event(1, "01 08:00:00"), event(2, "20 08:00:00")],
        definition={"audience": audience},
        subscriptions=[
            {
                "subscription_id": "paid",
                "account_id": "a1",
                "mrr_amount": "10",
                "started_at": "2024-01-03 08:00:00",
                "recorded_at": "2024-01-05 08:00:00",
                "ended_at": "2024-01-07 00:00:00",
            },
            {
                "subscription_id": "free",
                "account_id": "a1",
                "mrr_amount": 0,
                "started_at": "2024-01-01 08:00:00",
            },
        ],
    )
    assert statuses(oracle, 1, 8) == expected
    assert oracle.converted_on("a1") == january(3)


def test_nobody_is_qualified_before_the_creation_or_as_an_internal_user():
    accounts = [{"account_id": "a1", "created_at": "2024-01-03 08:00:00"}]
    oracle = oracle_of([event(1, "01 08:00:00")], accounts=accounts)
    assert oracle.score("account", "a1", "d", january(1)) == 10
    assert statuses(oracle, 1, 4) == "--qq"

    internal = oracle_of(
        [event(1, "01 08:00:00")],
        {"measure": "days_since_signup", "activity_key": None, "threshold": "0"},
        definition={"entity_type": "user"},
        users=[{"user_id": "u1", "created_at": "2024-01-01", "is_internal": "true"}],
        as_of=january(1),
    )
    assert not internal.qualified("user", "u1", "d", january(2))


def test_the_last_approved_threshold_counts_and_keeps_the_exit_at_most_at_the_enter():
    approvals = (
        {"definition_key": "d", "enter_threshold": "30", "approved_on": "2024-05-01"},
        {"definition_key": "d", "enter_threshold": "7", "approved_on": "2024-06-01"},
    )
    definition = oracle_of([event(1, "01 08:00:00")], approvals=approvals).definitions["d"]
    assert (definition.enter_threshold, definition.exit_threshold) == (7, 7)


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ("5", "=", "5.0", True),
        ("10", ">", "9", True),
        ("pro", ">", "9", False),
        ("pro", "!=", "9", True),
        ("pro", "=", "Pro", False),
        (None, "!=", "9", False),
        (None, "exists", "", False),
        ("", "exists", "", True),
        ("team", "in", "pro|team", True),
        (50, "in", "50.0|10", True),
        ("teams", "in", "pro|team", False),
    ],
)
def test_conditions(left: Any, operator: str, right: str, expected: bool):
    assert holds(left, operator, right) is expected
