"""The organisations example: facts recomputed from its files in pandas, without the models."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

NAME = "organisations"
DEFINITION = "team_in_use"


@pytest.fixture(scope="module")
def folder(find_data) -> Path:
    return find_data(NAME)


@pytest.fixture(scope="module")
def marts(build_example):
    with build_example(NAME) as connection:
        yield connection


@pytest.fixture(scope="module")
def users(folder) -> pd.DataFrame:
    frame = pd.read_csv(folder / "takehome_users.csv", encoding="latin-1")
    frame["on"] = pd.to_datetime(frame["creation_time"], format="%d-%m-%Y %H:%M").dt.normalize()
    return frame


@pytest.fixture(scope="module")
def logins(folder, users) -> pd.DataFrame:
    frame = pd.read_csv(folder / "takehome_user_engagement.csv.gz")
    frame["on"] = pd.to_datetime(frame["time_stamp"])
    organisations = users.set_index("object_id")["org_id"]
    frame["org_id"] = frame["user_id"].map(organisations)
    return frame


@pytest.fixture(scope="module")
def invited(users) -> pd.DataFrame:
    """Users whom another user invited."""
    return users[users["invited_by_user_id"].notna()].query("invited_by_user_id != object_id")


def test_every_row_is_accounted_for(marts, users, logins):
    rows = {
        name: counts
        for name, *counts in marts.execute(
            "select raw_table, rows_in, rows_used from marts.rpt_row_accounting"
        ).fetchall()
    }
    events = len(logins) + len(users) + users["invited_by_user_id"].notna().sum()
    organisations = users["org_id"].nunique()
    assert rows["events"] == [events, events]
    assert rows["users"] == [len(users)] * 2
    assert rows["accounts"] == [organisations] * 2
    assert rows["subscriptions"] == [0, 0]


def test_an_invitation_counts_for_the_inviter_and_never_for_oneself(marts, invited):
    counts = marts.execute(
        """
        select cast(user_id as bigint), sum(event_count)
        from marts.fct_user_activity_daily
        where activity_key = 'teammate_joined'
        group by user_id
        """
    ).fetchall()
    assert dict(counts) == invited["invited_by_user_id"].value_counts().to_dict()


def test_adopted_users_logged_in_on_three_days_within_seven(marts, logins):
    days = logins.sort_values(["user_id", "on"]).drop_duplicates(["user_id", "on"])
    spans = days["on"] - days.groupby("user_id")["on"].shift(2)
    adopted = set(days.loc[spans < timedelta(days=7), "user_id"])
    leads = marts.execute(
        """
        select distinct cast(entity_id as bigint)
        from marts.fct_pql_transitions
        where definition_key = 'adopted_user' and transition = 'qualified'
        """
    ).fetchall()
    assert {lead for (lead,) in leads} == adopted


def test_scores_agree_with_a_recomputation_from_the_files(
    marts, users, logins, invited, read_definitions, read_scores
):
    signals = {row["signal_key"]: row for row in read_definitions(NAME, "pql_signals")}
    weights = {
        row["signal_key"]: row
        for row in read_definitions(NAME, "pql_weights")
        if row["definition_key"] == DEFINITION
    }
    created_on = users.groupby("org_id")["on"].min()

    def score(organisation: int, day: pd.Timestamp) -> float:
        def rows(frame: pd.DataFrame, signal: str) -> pd.DataFrame:
            frame = frame[(frame["org_id"] == organisation) & (frame["on"] <= day)]
            window, first_days = (
                signals[signal][column] for column in ("window_days", "within_days_of_signup")
            )
            if window:
                frame = frame[frame["on"] > day - timedelta(days=int(window))]
            if first_days:
                end = created_on[organisation] + timedelta(days=int(first_days))
                frame = frame[frame["on"] < end]
            return frame

        guests = invited[invited["creation_source"] == "GUEST_INVITE"]
        values = {
            "active_users_7d": rows(logins, "active_users_7d")["user_id"].nunique(),
            "login_days_30d": rows(logins, "login_days_30d")["on"].nunique(),
            "logins_30d": len(rows(logins, "logins_30d")),
            "joined_30d": len(rows(invited, "joined_30d")),
            "guests_90d": len(rows(guests, "guests_90d")),
            "invited_in_month_one": len(rows(invited, "invited_in_month_one")),
            "inactive_14d": (day - rows(logins, "inactive_14d")["on"].max()).days,
        }
        assert values.keys() == weights.keys()
        total = 0.0
        for signal, weight in weights.items():
            # A missing value (nan) meets no condition.
            if not values[signal] >= float(signals[signal]["threshold"]):
                continue
            if weight["points"]:
                total += float(weight["points"])
            else:
                points = float(weight["points_per_unit"]) * values[signal]
                total += min(points, float(weight["max_points"]))
        return total

    generator = random.Random(417)
    expected = {}
    for organisation in generator.sample(sorted(created_on.index), 40):
        for _ in range(5):
            age = generator.choice([0, 1, 7, 29, 30, 31, *range(60, 500)])
            day = created_on[organisation] + timedelta(days=age)
            expected[organisation, day] = score(organisation, day)
    found = read_scores(marts, DEFINITION, expected)
    assert found == pytest.approx(expected, abs=1e-4)
    assert sum(score != 0 for score in expected.values()) > len(expected) / 3


def test_without_conversions_the_calibration_abstains(marts):
    verdicts = marts.execute(
        "select verdict, reason, recommended_threshold from marts.rpt_calibration"
    ).fetchall()
    assert len(verdicts) == 3
    for verdict, reason, recommended in verdicts:
        assert verdict == "abstain"
        assert "no conversion" in reason
        assert recommended is None
    assert marts.execute("select count(*) from marts.fct_conversions").fetchall() == [(0,)]


def test_no_probability_is_given_without_conversions(marts):
    for mart in ("fct_account_scores", "fct_user_scores"):
        assert marts.execute(
            f"select count(conversion_probability) from marts.{mart}"
        ).fetchall() == [(0,)]
