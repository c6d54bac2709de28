"""The demo data keeps its promises: reproducible, accounted for, and with the planted truth in it.

What the truth file says is recounted here from the written files with plain SQL that shares nothing
with the generator.
"""

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from python_udfs import demo_data

SEEDS = Path(__file__).parents[2] / "seeds"
TABLES = {
    "events": "parquet",
    "users": "parquet",
    "accounts": "parquet",
    "subscriptions": "parquet",
    "leads": "parquet",
    "touches": "parquet",
    "spend": "csv",
}

# Every row is judged, then resolved among its copies, then set aside if an internal user made it.
JUDGED = """
create table judged as
with
faults as (
    select
        *,
        coalesce(received_at, occurred_at) as arrived_at,
        case
            when trim(coalesce(event_id, '')) = '' then 'missing_event_id'
            when trim(coalesce(event_name, '')) = '' then 'missing_event_name'
            when occurred_at is null then 'missing_occurred_at'
            when occurred_at > timestamp '2026-04-01' then 'occurred_in_far_future'
            when occurred_at < timestamp '2000-01-01' then 'occurred_before_2000'
            when occurred_at > received_at + interval 24 hour then 'occurred_after_received'
            when user_id is null and account_id is null and anonymous_id is null
                then 'nobody'
            when user_id is null and account_id is null then 'only_anonymous'
            when properties <> '' and not json_valid(properties) then 'invalid_json'
        end as fault
    from events
),
copies as (
    select
        *,
        row_number() over (
            partition by event_id, fault is null order by arrived_at
        ) as copy_number
    from faults
)
select
    copies.*,
    coalesce(copies.account_id, known_users.account_id) as owner_id,
    copies.occurred_at::date as occurred_on,
    case
        when arrived_at::date - copies.occurred_at::date > 30 then copies.occurred_at::date
        else greatest(arrived_at::date, copies.occurred_at::date)
    end as known_on,
    case
        when fault is not null then 'quarantined'
        when copy_number > 1 then 'duplicate'
        when coalesce(known_users.is_internal, false) then 'set_aside'
        else 'used'
    end as fate
from copies
left join (select * from users where user_id is not null) as known_users using (user_id)
"""
CONVERTED = """
create table converted as
select account_id, min(started_at)::date as converted_on
from subscriptions
where mrr_amount > 0 and account_id is not null
group by account_id
"""
# Accounts in the state of every fourth week, if they were active and not yet customers.
PANEL = """
create table panel as
select
    days.day,
    judged.owner_id as account_id,
    count(*) filter (event_name = 'report_exported' and day < occurred_on + 30) >= 2
        as exports_30d,
    count(*) filter (event_name = 'template_viewed' and day < occurred_on + 30) >= 2
        as template_views_30d,
    count(*) filter (event_name = 'integration_connected') >= 1 as integrations,
    count(distinct occurred_on)
        filter (event_name = 'session_started' and day < occurred_on + 14) >= 4 as active_days_14d,
    coalesce(any_value(converted_on) <= day + 60, false) as converts
from (
    select unnest(generate_series(date '2025-01-15', date '2026-01-30', interval 14 day))::date
        as day
) as days
inner join judged on judged.known_on <= days.day
left join converted on converted.account_id = judged.owner_id
where
    fate = 'used'
    and judged.owner_id is not null
    and (converted_on is null or converted_on > day)
group by days.day, judged.owner_id
having max(occurred_on) > day - 90
"""


def read(raw_path):
    connection = duckdb.connect()
    for name, suffix in TABLES.items():
        connection.execute(f"create table {name} as from '{raw_path}/{name}.{suffix}'")
    connection.execute(JUDGED)
    connection.execute(CONVERTED)
    return connection


def rows(connection, query):
    return connection.execute(query).fetchall()


def lift_interval(connection, signal, level=0.95):
    """Interval of the lift, from a bootstrap of whole accounts."""
    counts = np.array(
        rows(
            connection,
            f"""
            select
                count(*) filter ({signal}), count(*) filter ({signal} and converts),
                count(*) filter (not {signal}), count(*) filter (not {signal} and converts)
            from panel group by account_id order by account_id
            """,
        )
    )
    draws = np.random.default_rng(0).multinomial(
        len(counts), np.full(len(counts), 1 / len(counts)), size=500
    )
    met, met_converted, unmet, unmet_converted = (draws @ counts).T
    lift = (met_converted / met) / (unmet_converted / unmet)
    return tuple(np.quantile(lift, [(1 - level) / 2, (1 + level) / 2]))


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    data = demo_data.generate(accounts=3_500)
    demo_data.write(data, folder / "raw", folder / "truth.json")
    connection = read(folder / "raw")
    connection.execute(PANEL)
    return connection, json.loads((folder / "truth.json").read_text())


@pytest.fixture(scope="module")
def default():
    return demo_data.generate()


@pytest.fixture(scope="module")
def small():
    return demo_data.generate(seed=3, accounts=200)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path, small):
    again = demo_data.generate(seed=3, accounts=200)
    other = demo_data.generate(seed=4, accounts=200)
    for name, data in (("first", small), ("again", again), ("other", other)):
        demo_data.write(data, tmp_path / name, tmp_path / f"{name}.json")
    for table, suffix in TABLES.items():
        file = f"{table}.{suffix}"
        first = (tmp_path / "first" / file).read_bytes()
        assert first == (tmp_path / "again" / file).read_bytes()
        assert first != (tmp_path / "other" / file).read_bytes()
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_the_default_size_suits_calibration(default):
    truth = default.truth
    assert 150_000 <= truth["rows"]["events"] <= 250_000
    assert truth["conversions"]["total"] >= 400
    assert 0.15 <= truth["conversions"]["base_rate"] <= 0.30
    exporters = default.tables["events"].query("event_name == 'report_exported'")
    assert exporters["user_id"].nunique() > 300


def test_every_event_row_ends_where_the_truth_says(planted):
    connection, truth = planted
    accounting = truth["accounting"]["events"]
    fates = dict(rows(connection, "select fate, count(*) from judged group by fate"))
    faults = dict(
        rows(connection, "select fault, count(*) from judged where fault is not null group by all")
    )
    assert sum(fates.values()) == accounting["rows_in"] == truth["rows"]["events"]
    assert fates["used"] == accounting["used"]
    assert fates["duplicate"] == accounting["duplicates"]
    assert fates["set_aside"] == accounting["set_aside"]
    assert faults == truth["dirt"]["events"]["faults"]
    assert accounting["quarantined"] == {
        "missing_event_id": faults["missing_event_id"],
        "missing_event_name": faults["missing_event_name"],
        "missing_occurred_at": faults["missing_occurred_at"],
        "implausible_occurred_at": faults["occurred_in_far_future"]
        + faults["occurred_before_2000"],
        "occurred_after_received": faults["occurred_after_received"],
        "no_user_or_account": faults["nobody"] + faults["only_anonymous"],
        "invalid_json": faults["invalid_json"],
    }
    assert accounting["rows_in"] == (
        accounting["used"]
        + accounting["duplicates"]
        + sum(accounting["quarantined"].values())
        + accounting["set_aside"]
    )


def test_all_dirt_is_there_even_in_small_data(small):
    dirt = small.truth["dirt"]
    assert set(dirt["events"]["faults"]) == set(demo_data._FAULTS)
    assert min(dirt["events"]["faults"].values()) >= 3
    assert min(dirt["events"]["copies"].values()) >= 3
    plain = [value for value in dirt["events"].values() if isinstance(value, int)]
    assert min(plain) >= 1
    assert min(*dirt["users"].values(), *dirt["subscriptions"].values()) >= 1
    assert small.truth["accounting"]["events"]["set_aside"] > 0


def test_dirt_outside_the_events_is_counted(planted):
    connection, truth = planted
    assert rows(connection, "select count(*) from users where user_id is null") == [
        (truth["dirt"]["users"]["missing_user_id"],)
    ]
    assert rows(connection, "select count(*) from subscriptions where account_id is null") == [
        (truth["dirt"]["subscriptions"]["missing_account_id"],)
    ]


def test_late_events_are_counted_among_the_rows_that_are_no_copies(planted):
    connection, truth = planted
    late, loaded = rows(
        connection,
        """
        select
            count(*) filter (arrived_at::date - occurred_on between 1 and 30),
            count(*) filter (arrived_at::date - occurred_on > 30)
        from judged where fate in ('used', 'set_aside')
        """,
    )[0]
    assert late == truth["dirt"]["events"]["late_by_1_to_30_days"] > 0
    assert loaded == truth["dirt"]["events"]["historical_load"] > 0


def test_conversions_are_those_of_the_subscriptions(planted):
    connection, truth = planted
    total, unreachable = rows(
        connection,
        """
        select count(*), count(*) filter (coalesce(known_on, date '9999-12-31') >= converted_on)
        from converted
        left join (
            select owner_id as account_id, min(known_on) as known_on
            from judged where fate = 'used' group by owner_id
        ) using (account_id)
        """,
    )[0]
    assert total == truth["conversions"]["total"]
    assert unreachable == truth["conversions"]["unreachable"] > 0


def test_the_files_follow_the_raw_contract(planted):
    connection, truth = planted
    expected = {
        "events": "event_id event_name occurred_at received_at user_id anonymous_id account_id"
        " properties",
        "users": "user_id account_id email created_at is_internal",
        "accounts": "account_id account_name domain created_at plan acquisition_channel country"
        " employee_count parent_account_id",
        "subscriptions": "subscription_id account_id plan mrr_amount currency started_at ended_at"
        " recorded_at",
        "leads": "lead_id email account_id kind created_at source",
        "touches": "touch_id account_id touched_at channel owner outcome",
        "spend": "acquisition_channel spent_on amount",
    }
    for table, columns in expected.items():
        described = rows(connection, f"describe {table}")
        assert [row[0] for row in described] == columns.split()
        times = [row[1] for row in described if row[0].endswith("_at")]
        assert set(times) <= {"TIMESTAMP"}
        assert rows(connection, f"select count(*) from {table}") == [(truth["rows"][table],)]


def test_some_entities_are_missing_from_their_table(planted):
    connection, truth = planted
    absent_users = """
        select count(distinct user_id) from judged
        where fate = 'used' and user_id not in (select user_id from users where user_id is not null)
    """
    absent_accounts = """
        select count(distinct owner_id) from judged
        where fate = 'used' and owner_id not in (select account_id from accounts)
    """
    assert rows(connection, absent_accounts) == [(truth["entities"]["accounts_without_row"],)]
    # Some of them may never come back after they joined.
    assert 0 < rows(connection, absent_users)[0][0] <= truth["entities"]["users_without_row"]
    assert rows(
        connection,
        "select count(*) filter (is_internal), "
        "count(*) filter (account_id is null and not is_internal) from users "
        "where user_id is not null",
    ) == [(truth["entities"]["internal_users"], truth["entities"]["users_without_account"])]


def test_nobody_in_the_data_can_be_reached(planted):
    connection, _ = planted
    emails = "select email from users union all select email from leads"
    reserved = r"@([a-z0-9-]+\.)*example\.(com|org|net)$"
    assert (
        rows(connection, f"select * from ({emails}) where not regexp_matches(email, '{reserved}')")
        == []
    )


def test_events_are_those_of_the_tracking_plan_and_a_few_more(planted):
    connection, _ = planted
    plan = set(pd.read_csv(SEEDS / "pql_activities.csv")["event_name"])
    sent = {
        name
        for (name,) in rows(
            connection, "select distinct event_name from judged where fate = 'used'"
        )
    }
    assert sent - plan == {"help_opened", "search_performed", "profile_updated"}
    properties = rows(
        connection,
        """
        select event_name, string_agg(distinct key, ',' order by key) from (
            select event_name, unnest(json_keys(nullif(properties, '')::json)) as key
            from judged where fate = 'used'
        ) group by event_name
        """,
    )
    assert dict(properties) == {
        "session_started": "duration_minutes",
        "project_created": "project_id",
        "project_edited": "project_id",
        "integration_connected": "integration",
        "file_shared": "external,file_id",
        "limit_reached": "limit",
        "support_ticket_opened": "topic",
    }


def test_signals_with_an_effect_are_those_of_the_shipped_definition(default):
    weights = pd.read_csv(SEEDS / "pql_weights.csv").query("definition_key == 'product_qualified'")
    assert set(default.truth["effects"]) == set(weights["signal_key"])
    signals = pd.read_csv(SEEDS / "pql_signals.csv").set_index("signal_key")
    for signal, (_, _, window, threshold) in demo_data._WINDOW_SIGNALS.items():
        shipped = signals.loc[signal]
        scale = 10 if signal == "short_sessions_30d" else 1
        assert float(shipped["threshold"]) * scale == threshold
        assert (None if pd.isna(shipped["window_days"]) else shipped["window_days"]) == window


def test_behaviour_that_drives_conversion_lifts_it(planted):
    connection, _ = planted
    assert lift_interval(connection, "integrations")[0] > 1.3
    assert lift_interval(connection, "active_days_14d")[0] > 2


def test_the_behaviour_that_looks_good_means_nothing(planted):
    connection, truth = planted
    low, high = lift_interval(connection, "template_views_30d", level=0.99)
    assert truth["meaningless_signals"] == ["template_views_30d"]
    assert low < 1 < high
    assert high - low < 0.6


def test_the_harmful_behaviour_is_frequent_and_lowers_conversion(planted):
    connection, truth = planted
    assert truth["harmful_signals"] == ["exports_30d"]
    assert lift_interval(connection, "exports_30d")[1] < 0.8
    share = rows(
        connection,
        """
        select avg(has_exported) from (
            select max(exports_30d::integer) as has_exported from panel group by account_id
        )
        """,
    )[0][0]
    assert share >= 0.15


def test_without_effects_nothing_goes_with_conversion(tmp_path):
    data = demo_data.generate(accounts=2_500, effects="none")
    demo_data.write(data, tmp_path / "raw", tmp_path / "truth.json")
    connection = read(tmp_path / "raw")
    connection.execute(PANEL)
    for signal in ("integrations", "active_days_14d", "exports_30d", "template_views_30d"):
        low, high = lift_interval(connection, signal, level=0.998)
        assert low < 1 < high, signal
    assert set(data.truth["effects"].values()) == {0.0}
    assert data.truth["harmful_signals"] == []
    assert data.truth["drift"] is None


def test_drift_is_recorded_and_can_be_switched_off(default):
    assert default.truth["drift"] == {
        "date": "2025-11-15",
        "changes": {
            "external_share_30d": {"before": 0.6, "after": 0.3},
            "pricing_interest_30d": {"before": 1.8, "after": 0.0},
        },
    }
    steady = demo_data.generate(accounts=200, drift=False)
    assert steady.truth["drift"] is None
    assert steady.truth["effects"] == default.truth["effects"]


def test_options_do_not_disturb_what_happened_before_the_conversions(small):
    other = demo_data.generate(seed=3, accounts=200, effects="none", touch_effect=1.0)
    columns = ["account_id", "created_at", "employee_count"]
    pd.testing.assert_frame_equal(
        small.tables["accounts"][columns], other.tables["accounts"][columns]
    )


def test_a_touch_effect_brings_touched_accounts_forward():
    helped = demo_data.generate(accounts=1_000, touch_effect=3.0)
    plain = demo_data.generate(accounts=1_000)

    def touched_share(data):
        paid = data.tables["subscriptions"].query("mrr_amount > 0")["account_id"]
        return paid.isin(data.tables["touches"]["account_id"]).mean()

    assert touched_share(helped) > touched_share(plain) + 0.1


def test_the_state_behind_the_conversions_is_that_of_the_design():
    """Known on D, not yet expired on D: counted by brute force for every account and day."""
    rng = np.random.default_rng(5)
    count, days = 400, 60
    occurred_on = rng.integers(0, days, count)
    delay = rng.choice([0, 0, 0, 3, 12], count)
    account = np.sort(rng.integers(0, 5, count))
    names = ["session_started", "pricing_viewed", "teammate_invited"]
    events = {
        "account": account,
        "user": 6 * account + rng.integers(0, 6, count),
        "name": np.array([demo_data._NAME[name] for name in names])[rng.integers(0, 3, count)],
        "value": rng.integers(10, 90, count),
        "at": occurred_on * demo_data._DAY,
        "known_on": occurred_on + delay,
    }
    grid = demo_data._Grid(0, 5, np.full(5, np.nan))
    met = {
        signal: grid.met(signal, events)
        for signal in (
            "active_days_14d",
            "active_users_14d",
            "invites_30d",
            "pricing_interest_30d",
            "short_sessions_30d",
            "inactive_14d",
        )
    }
    for account in range(5):
        for day in range(days + 40):
            known = (events["account"] == account) & (events["known_on"] <= day)
            age = day - occurred_on

            def of(name, known=known):
                return known & (events["name"] == demo_data._NAME[name])

            session = of("session_started")
            recent, month = session & (age < 14), session & (age < 30)
            weight = 1 - 0.25 * (age[of("pricing_viewed") & (age < 30)] // 7)
            expected = {
                "active_days_14d": len(set(occurred_on[recent])) >= 4,
                "active_users_14d": len(set(events["user"][recent])) >= 3,
                "invites_30d": (of("teammate_invited") & (age < 30)).any(),
                "pricing_interest_30d": np.maximum(weight, 0).sum() >= 1,
                "short_sessions_30d": month.any() and events["value"][month].mean() <= 40,
                "inactive_14d": session.any() and age[session].min() >= 14,
            }
            assert {signal: bool(met[signal][account, day]) for signal in met} == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed is -1: use an integer of 0 or more"),
        ({"seed": 1.5}, "seed is 1.5: use an integer"),
        ({"accounts": 10}, "accounts is 10: use a number from 50 to 100,000"),
        ({"effects": "some"}, "effects is 'some': use one of planted, none"),
        ({"base_rate": 0.9}, "base_rate is 0.9: use a number from 0.02 to 0.6"),
        ({"touch_effect": 9.0}, "touch_effect is 9.0: use a number from -3.0 to 3.0"),
    ],
)
def test_wrong_options_are_named_with_what_is_allowed(options, message):
    with pytest.raises(ValueError, match=message):
        demo_data.generate(**options)


def test_a_killed_run_leaves_the_earlier_files_whole(tmp_path, small, monkeypatch):
    raw, truth = tmp_path / "raw", tmp_path / "truth.json"
    demo_data.write(small, raw, truth)
    before = {path.name: path.read_bytes() for path in [*raw.iterdir(), truth]}
    write_table = demo_data._write_table

    def die_at_the_subscriptions(table, query, path):
        if path.name == "subscriptions.parquet":
            path.write_bytes(b"half")
            raise KeyboardInterrupt
        write_table(table, query, path)

    monkeypatch.setattr(demo_data, "_write_table", die_at_the_subscriptions)
    other = demo_data.generate(seed=4, accounts=200)
    with pytest.raises(KeyboardInterrupt):
        demo_data.write(other, raw, truth)
    assert {path.name: path.read_bytes() for path in [*raw.iterdir(), truth]} == before

    monkeypatch.undo()
    written = demo_data.write(other, raw, truth)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "truth.json"]
    assert json.loads(truth.read_text())["seed"] == 4
    assert {path.name for path in written} == set(before)


def test_a_folder_with_other_files_is_refused_and_kept(tmp_path, small):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"thesis\.txt"):
        demo_data.write(small, tmp_path / "raw", tmp_path / "truth.json")
    assert (tmp_path / "raw" / "thesis.txt").read_text() == "mine"


def test_the_truth_may_not_lie_among_the_raw_tables(tmp_path, small):
    with pytest.raises(ValueError, match="outside it"):
        demo_data.write(small, tmp_path / "raw", tmp_path / "raw" / "truth.json")


def test_the_command_line_says_that_the_data_is_simulated(tmp_path, capsys):
    out, truth = str(tmp_path / "raw"), str(tmp_path / "truth.json")
    arguments = ["--out", out, "--truth", truth, "--accounts", "100", "--effects", "none"]
    assert demo_data.main([*arguments, "--no-drift", "--seed", "5"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("SIMULATED demo data, seed 5")
    assert len(printed.splitlines()) <= 5
    options = json.loads(Path(truth).read_text())["options"]
    assert (options["effects"], options["drift"], options["accounts"]) == ("none", False, 100)
    with pytest.raises(SystemExit):
        demo_data.main(["--out", out, "--truth", truth, "--accounts", "3"])
    assert "use a number from 50" in capsys.readouterr().err
