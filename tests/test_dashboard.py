"""The dashboard: its figures are those of the marts, and it is looked at in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from browser import open_page, screenshot
from demo import Demo, run
from harness import PROJECT_ROOT
from PIL import Image

from python_udfs.dashboard import LEADS_OPEN, REPORTED_DAYS, write_dashboard
from python_udfs.pages import PageError

ACCENT = (29, 111, 184)
MAIN = "product_qualified"

FUNNEL = f"""
select
    'recomputed' as basis, '{MAIN}' as definition_key, 'signup' as cohort_by,
    'all' as cohort_grain, 'all' as acquisition_channel, false as is_mature, *
from (values
    (1, 'signed_up', 2000, 2000, null, null, null),
    (2, 'activated', 1200, 1200, 0.6, 0.58, 0.62),
    (3, 'qualified', 510, 500, 0.417, 0.39, 0.445),
    (4, 'touched', 300, 200, 0.4, 0.358, 0.444),
    (5, 'converted', 420, 80, 0.4, 0.335, 0.469)
) as stages(
    stage_number, stage, reached_count, funnel_count, share_of_previous, share_of_previous_low,
    share_of_previous_high
)
"""
RESPONSE = f"""
select 'recomputed' as basis, '{MAIN}' as definition_key, 'all' as cohort_grain, *
from (values
    ('all', 500, 1.0, 100, 31.5, 936.0, 0.288, 0.25, 0.33),
    ('within_24h', 90, 0.18, 90, 11.0, null, 0.456, 0.357, 0.559),
    ('later', 10, 0.02, 10, 300.0, null, 0.2, 0.035, 0.558),
    ('not_touched', 400, 0.8, 0, null, null, 0.22, 0.18, 0.265)
) as bands(
    response_band, crossing_count, share_of_crossings, touched_count, median_hours,
    kaplan_meier_median_hours, conversion_rate, conversion_rate_low, conversion_rate_high
)
"""
ALERTS = f"""
select account_id, definition_key, 'Ada <b>Lovelace</b>' as owner,
    timestamp '2026-04-01 09:00:00' as due_at, 'sent' as alert_status
from demo.marts.fct_account_scores
where definition_key = '{MAIN}' and is_qualified
"""
PROGRAMME = {"rpt_pql_funnel": FUNNEL, "rpt_sales_response": RESPONSE, "fct_pql_alerts": ALERTS}
READ = (
    "dim_accounts", "fct_account_journeys", "fct_account_scores", "fct_pql_reported",
    "fct_pql_transitions", "fct_score_explanations", "fct_user_scores", "rpt_calibration",
    "rpt_row_accounting",
)  # fmt: skip

Written = Callable[..., str]


@pytest.fixture(scope="module")
def page(demo: Demo) -> Path:
    return demo.folder / "dashboard.html"


@pytest.fixture
def written(demo: Demo, tmp_path: Path) -> Written:
    """Write the page of a database that is the demo's, but for some marts; gives the HTML."""

    def write(marts: dict[str, str | None] | None = None) -> str:
        with duckdb.connect(str(tmp_path / "changed.duckdb")) as connection:
            connection.execute(f"attach '{demo.folder / 'demo.duckdb'}' as demo (read_only)")
            connection.execute("create schema marts; create schema definitions")
            connection.execute("create schema builds")
            connection.execute(
                "create table definitions.def_definitions as "
                "from demo.definitions.def_definitions;"
                "create table builds.last_build as from demo.builds.last_build"
            )
            tables = {table: f"from demo.marts.{table}" for table in READ} | (marts or {})
            for table, sql in tables.items():
                if sql is not None:
                    connection.execute(f"create table marts.{table} as {sql}")
        return write_dashboard(tmp_path / "changed.duckdb", tmp_path / "page.html").read_text(
            encoding="utf-8"
        )

    return write


def section(html: str, name: str) -> str:
    """Words of a section."""
    part = html.split(f'id="{name}"', 1)[1].split("</section>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", part))).strip()


def value_of(html: str, tile: str) -> str:
    found = re.search(f'<dt>{tile}</dt><dd class="value">([^<]*)</dd>', html)
    assert found, tile
    return found[1]


def test_the_demo_says_where_the_page_is(demo: Demo, page: Path) -> None:
    assert str(page) in demo.output.replace("\n", "")


def test_the_page_loads_nothing_from_elsewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\"'\s<)]+", text))
    assert {address.split("/")[2] for address in addresses} <= {
        "www.w3.org", "purl.org", "creativecommons.org", "matplotlib.org",
    }  # fmt: skip
    assert "<script" not in text
    assert not re.search(r"<(link|img|iframe)\b", text)
    assert "url(" not in re.sub(r"url\(#[^)]*\)", "", text)


def test_addresses_on_the_page_are_those_of_owners(page: Path) -> None:
    html = re.sub(r"<style>.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.S)
    owners = (PROJECT_ROOT / "settings/pql_owner_rules.csv").read_text(encoding="utf-8")
    found = set(re.findall(r"[\w.-]+@[\w.-]+", html))
    assert found
    assert found <= set(re.findall(r"[\w.-]+@[\w.-]+", owners))


def test_the_figures_are_those_of_the_marts(demo: Demo, page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    scores = demo.query(f"from marts.fct_account_scores where definition_key = '{MAIN}'")
    qualified = [row for row in scores if row["is_qualified"]]
    as_of_on = scores[0]["as_of_on"]
    assert f"As of {as_of_on}, build 1." in html
    assert value_of(html, "Qualified now") == str(len(qualified))
    # Whole weeks from Monday on, up to the last Sunday that is over.
    sunday = as_of_on - timedelta(days=as_of_on.isoweekday() % 7)
    changes = demo.query(
        f"""
        select entity_id, transition, transitioned_on from marts.fct_pql_transitions
        where definition_key = '{MAIN}'
        """
    )

    def count(kinds: set[str], weeks: int) -> int:
        first = sunday - timedelta(days=7 * weeks - 1)
        return sum(
            row["transition"] in kinds and first <= row["transitioned_on"] <= sunday
            for row in changes
        )

    assert value_of(html, "Qualified in 4 weeks") == str(count({"qualified", "requalified"}, 4))
    customers = demo.query("select account_id, converted_on from marts.fct_conversions")
    first = sunday - timedelta(days=7 * 12 - 1)
    new = {
        row["account_id"]: row["converted_on"]
        for row in customers
        if first <= row["converted_on"] <= sunday
    }
    assert value_of(html, "New customers in 12 weeks") == str(len(new))
    leads = {
        row["entity_id"]
        for row in changes
        if row["transition"] == "qualified"
        and row["transitioned_on"] < new.get(row["entity_id"], first)
    }
    assert f"{len(leads & set(new))} of them had qualified before they started to pay" in html
    for row in demo.query("from marts.rpt_calibration"):
        assert row["reason"].split(". ")[0] in section(html, "verdicts")


def test_the_leads_are_ranked_and_their_reasons_are_those_of_the_score(
    demo: Demo, page: Path
) -> None:
    html = page.read_text(encoding="utf-8")
    leads = demo.query(
        f"""
        select accounts.account_name, scores.account_id, scores.conversion_probability, scores.score
        from marts.fct_account_scores as scores
        inner join marts.dim_accounts as accounts using (account_id)
        where definition_key = '{MAIN}' and is_qualified
        """
    )
    leads.sort(key=lambda row: (-(row["conversion_probability"] or -1), -row["score"]))
    names = [unescape(name) for name in re.findall(r"<h3>\d+\. ([^<]+)</h3>", html)]
    assert set(names[: len(leads)]) == {row["account_name"] for row in leads}
    assert names[0] == leads[0]["account_name"]
    assert f"Show {len(leads) - LEADS_OPEN} more" in html
    reasons = demo.query(
        f"""
        select reason, points from marts.fct_score_explanations
        where entity_id = '{leads[0]["account_id"]}' and definition_key = '{MAIN}' and points > 0
        order by points desc
        """
    )
    best = section(html, "leads").split("2. ")[0]
    assert f"{reasons[0]['reason']} +{reasons[0]['points']:.0f}" in best


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_draws_without_console_errors(
    page: Path, tmp_path: Path, width: int
) -> None:
    # In a frame: the browser's own window has a least width.
    frame = tmp_path / f"frame_{width}.html"
    measure = "const page = this.contentDocument.documentElement; "
    measure += "document.title = [page.clientWidth, page.scrollWidth]"
    frame.write_text(
        f'<title></title><body style="margin: 0"><iframe src="{page.as_uri()}" width="{width}" '
        f'height="9000" frameborder="0" onload="{measure}"></iframe>',
        encoding="utf-8",
    )
    dom = open_page(frame, tmp_path, "--allow-file-access-from-files", "--dump-dom").stdout
    assert f"<title>{width},{width}</title>" in dom
    image, console = screenshot(page, tmp_path, width, 9000)
    assert console == ""
    pixels = np.asarray(Image.open(image).convert("RGB")).astype(int)
    is_accent = np.abs(pixels - ACCENT).max(axis=2) < 12
    # The bars of the scores, in several places down the page.
    assert is_accent.reshape(-1, 250, is_accent.shape[1]).any(axis=(1, 2)).sum() >= 2


def test_every_plot_says_what_it_shows_and_every_table_has_a_caption(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    labels = re.findall(r'<svg data-plot="[^"]+" role="img" aria-label="([^"]+)"', html)
    assert len(labels) == html.count("<svg ") >= 4
    assert all(re.search(r"\d", label) for label in labels)
    assert html.count("<table") == html.count("<caption>") >= 3


def test_the_programme_is_shown_once_it_is_built(written: Written) -> None:
    html = written(PROGRAMME)
    funnel = section(html, "funnel")
    assert "Signed up 2,000" in funnel
    assert "In all, 420 became customers" in funnel
    assert "Qualified 500 42% (39% to 44%) of the stage before" in funnel
    assert "Recent signups are still on their way" in funnel
    response = section(html, "response")
    assert "Within 24 hours 90 (18%) 46% (36% to 56%) bought" in response
    assert "Not touched 400 (80%)" in response
    assert value_of(html, "Median time to first touch") == "936 h"
    assert "100 of the 500 accounts that qualified were touched; the others count as" in html
    assert "Ada <b>Lovelace</b> answers by 2026-04-01 09:00 UTC" in section(html, "leads")


def test_the_hold_out_is_counted_and_not_listed(written: Written, demo: Demo) -> None:
    def qualified(entity: str, definition: str) -> list[dict[str, Any]]:
        return demo.query(
            f"""
            select {entity}_id as id, coalesce(account_name, account_id) as account_name
            from marts.fct_{entity}_scores
            left join marts.dim_accounts using (account_id)
            where definition_key = '{definition}' and is_qualified
            order by 1
            """
        )

    leads, champions = qualified("account", MAIN), qualified("user", "champion")
    held, held_user = leads[0]["id"], champions[0]["id"]
    html = written(
        {
            **PROGRAMME,
            "fct_account_scores": f"""
            select * replace (account_id = '{held}' as is_held_out)
            from demo.marts.fct_account_scores
            """,
            "fct_user_scores": f"""
            select * replace (user_id = '{held_user}' as is_held_out)
            from demo.marts.fct_user_scores
            """,
        }
    )
    names = [unescape(name) for name in re.findall(r"<h3>\d+\. ([^<]+)</h3>", html)]
    assert sorted(names[: len(leads) - 1]) == sorted(
        row["account_name"] for row in leads if row["id"] != held
    )
    assert not any(name.startswith(f"{held_user} of ") for name in names)
    said = "1 that is qualified belongs to the hold-out of the alerts and is not listed."
    lists = demo.query(
        f"""
        select 1 from marts.fct_account_scores where account_id = '{held}' and is_qualified
        union all
        select 1 from marts.fct_user_scores where user_id = '{held_user}' and is_qualified
        """
    )
    assert section(html, "leads").count(said) == len(lists) >= 2
    assert value_of(html, "Qualified now") == str(len(leads))


def test_who_is_all_held_out_is_qualified_nevertheless(written: Written) -> None:
    scores = "select * replace (true as is_held_out) from demo.marts.fct_account_scores"
    html = written({"fct_account_scores": scores})
    assert f"qualified under {MAIN}" not in section(html, "leads")
    assert "belong to the hold-out of the alerts and are not listed" in section(html, "leads")


def test_a_median_that_is_not_reached_is_said_in_words(written: Written) -> None:
    html = written({"rpt_sales_response": RESPONSE.replace("936.0", "cast(null as double)")})
    assert value_of(html, "Median time to first touch") == "Open"
    said = "more than half not touched yet: 100 of the 500 accounts that qualified were touched"
    assert said in html


def test_without_touches_there_is_no_median(written: Written) -> None:
    html = written({"rpt_sales_response": RESPONSE.replace("1.0, 100,", "1.0, 0,")})
    assert "Median time to first touch" not in html


def test_new_customers_and_leads_among_them_are_the_same_accounts_by_the_same_day(
    written: Written, demo: Demo
) -> None:
    as_of_on: Any = demo.query("from builds.last_build")[0]["as_of_on"]
    journeys = f"""
    select
        account_id, definition_key, basis, is_pql,
        cast('{as_of_on}' as date) - cast(days_ago as integer) as converted_on
    from (values
        ('became', '{MAIN}', 'recomputed', true, 20),
        ('plain', '{MAIN}', 'recomputed', false, 20),
        ('plain', 'activated_team', 'recomputed', true, 20),
        ('plain', '{MAIN}', 'reported', true, 20),
        ('known late', '{MAIN}', 'recomputed', true, 110)
    ) as customers(account_id, definition_key, basis, is_pql, days_ago)
    """
    html = written(
        {
            "fct_account_journeys": journeys,
            "fct_conversions": f"""
            select account_id, converted_on from ({journeys})
            where definition_key = '{MAIN}' and basis = 'recomputed'
            union all select account_id || ' before', converted_on from ({journeys})
            """,
            "fct_pql_transitions": f"""
            select
                'account' as entity_type, account_id as entity_id, definition_key,
                'converted' as transition, cast('{as_of_on}' as date) - 10 as transitioned_on
            from ({journeys})
            """,
        }
    )
    assert value_of(html, "New customers in 12 weeks") == "2"
    assert "1 of them had qualified before they started to pay" in html
    # The one that became known late stands in the week in which it started.
    assert "0 times qualified and 2 new customers that had qualified before" in html


def test_names_are_data(written: Written) -> None:
    name = "<script>alert(1)</script> & $Sons$"
    html = written(
        {
            **PROGRAMME,
            "dim_accounts": f"select * replace ('{name}' as account_name) "
            "from demo.marts.dim_accounts",
            "fct_score_explanations": "select * replace ('<i>reason</i>' as reason) "
            "from demo.marts.fct_score_explanations",
        }
    )
    assert "<script" not in html
    assert "<i>reason" not in html
    assert "Ada <b>" not in html
    assert name in section(html, "leads")


def test_what_is_not_there_is_said_in_words(written: Written) -> None:
    html = written(
        {
            "fct_account_scores": "select * replace (false as is_qualified) "
            "from demo.marts.fct_account_scores",
            "fct_pql_transitions": "from demo.marts.fct_pql_transitions limit 0",
            "fct_account_journeys": "from demo.marts.fct_account_journeys limit 0",
            "fct_pql_reported": "from demo.marts.fct_pql_reported limit 0",
            "rpt_calibration": None,
            "rpt_sales_response": RESPONSE.replace("('within_24h', 90", "('within_24h', 0").replace(
                "('later', 10", "('later', 0"
            ),
        }
    )
    assert f"No account is qualified under {MAIN}" in section(html, "leads")
    assert "rpt_pql_funnel is not built" in section(html, "funnel")
    assert "No touch is recorded" in section(html, "response")
    assert "Nobody qualified and nobody bought" in section(html, "trend")
    assert "There is no calibration" in section(html, "verdicts")
    assert "The log of what was reported is still empty" in html


def test_a_project_that_has_scored_nothing_yet_has_a_page(written: Written) -> None:
    html = written(
        {
            table: f"from demo.marts.{table} limit 0"
            for table in ("fct_account_scores", "fct_user_scores", "rpt_row_accounting")
        }
    )
    assert "No active definition has scored anything" in html
    assert "There are no raw rows" in html


def reports(begun: date, later: int) -> str:
    """A log that begins with 100 accounts; of the later ones one is reported every week."""
    return f"""
    select
        'account' as entity_type, 'a' || i as entity_id, '{MAIN}' as definition_key,
        'qualified' as transition,
        cast('{begun}' as date) + cast(7 * greatest(i - 99, 0) as integer) as as_of_on
    from range({100 + later}) as t(i)
    union all
    select 'account', 'other', 'activated_team', 'qualified', date '2020-01-01'
    """


def test_a_long_log_is_shown_instead_of_what_is_recomputed(written: Written, demo: Demo) -> None:
    as_of_on: Any = demo.query("from builds.last_build")[0]["as_of_on"]
    begun = as_of_on - timedelta(days=REPORTED_DAYS)
    reported_funnel = FUNNEL.replace("'recomputed'", "'reported'").replace("510, 500", "11, 11")
    both = f"{FUNNEL} union all {reported_funnel}"
    html = written(
        {**PROGRAMME, "rpt_pql_funnel": both, "fct_pql_reported": reports(begun, later=12)}
    )
    assert f"as reported by each run since {begun}" in html
    assert value_of(html, "Qualified in 4 weeks") == "4"
    # The accounts of the first run are no news, and weeks before it are not shown as weeks without.
    trend = section(html, "trend")
    assert f"As reported by each run since {begun}." in trend
    weeks = [date.fromisoformat(day) for day in re.findall(r"(\d{4}-\d\d-\d\d) \d", trend)]
    assert len(weeks) >= 12
    assert min(weeks) > begun
    assert "12 times qualified" in html
    # The funnel divides by all signups; the log knows nothing of what those before it did.
    funnel = section(html, "funnel")
    assert "Recomputed with the definition as it is now" in funnel
    assert "Qualified 500" in funnel


def test_the_log_of_another_definition_does_not_make_it_long(written: Written, demo: Demo) -> None:
    as_of_on: Any = demo.query("from builds.last_build")[0]["as_of_on"]
    begun = as_of_on - timedelta(days=REPORTED_DAYS - 1)
    html = written({"fct_pql_reported": reports(begun, later=12)})
    assert f"The log of what was reported begins on {begun}" in html
    assert "Recomputed with the definition as it is now" in section(html, "trend")


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="there is no database"):
        write_dashboard(tmp_path / "none.duckdb", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_the_command_writes_the_same_page_again(demo: Demo, page: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "page.html"
    said = run("-m", "python_udfs.dashboard", "--out", str(out), **demo.environment)
    assert str(out) in said
    assert out.read_bytes() == page.read_bytes()
