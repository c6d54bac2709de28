"""The programme on one page: who qualifies and why, the funnel, response, trend, verdicts.

``python -m python_udfs.dashboard`` reads the marts of a finished build and writes one HTML file
that needs neither a server nor a network, for a desk and for a phone.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from python_udfs.calibration import wording
from python_udfs.dashboard import plots
from python_udfs.pages import Marts, environment, write_page
from python_udfs.pages.tables import Table, html_table, select, text
from python_udfs.run_paths import DASHBOARD

Frame = pd.DataFrame

LEADS_OPEN, LEADS_SHOWN = 6, 25
"""Entities of a definition that are seen at once, and listed; all stand in fct_account_scores."""
REASONS_SHOWN = 4
TREND_WEEKS = 26
REPORTED_DAYS = 91
"""From so many days of the definition's log on, response and weeks are what was reported instead of
what the definition as it is now would have said."""

STAGES = {
    "signed_up": "Signed up",
    "activated": "Activated",
    "qualified": "Qualified",
    "touched": "Touched by sales",
    "converted": "Became a customer",
}
BANDS = {
    "within_24h": "Within 24 hours",
    "1_to_3_days": "1 to 3 days",
    "4_to_7_days": "4 to 7 days",
    "later": "Later",
    "not_touched": "Not touched",
}


def write_dashboard(duckdb_path: str | Path, page_path: str | Path) -> Path:
    """Write the page of a finished build.

    Parameters
    ----------
    duckdb_path : str or pathlib.Path
        Database of the build; opened read-only.
    page_path : str or pathlib.Path
        The HTML file; its folder is made, an earlier page is replaced when the new one is whole.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OutputPathError
        If nothing can be written there.
    PageError
        If the database is not there or holds no scores.
    """
    DASHBOARD.check(page_path)
    return write_page(
        duckdb_path, page_path, lambda connection: render(_Marts(connection)), "fct_account_scores"
    )


class _Marts(Marts):
    """What the page asks of the marts."""

    def query(self, sql: str, **parameters: object) -> Frame:
        return self.connection.execute(sql, parameters).df()

    def definitions(self) -> Frame:
        """List the active definitions; first the one that tells most prospects apart."""
        return self.query(
            """
            with scores as (
                select definition_key, account_id as entity_id, score, is_in_audience,
                    is_qualified, qualified_on, expires_on, as_of_on
                from marts.fct_account_scores
                union all
                select definition_key, user_id, score, is_in_audience,
                    is_qualified, qualified_on, expires_on, as_of_on
                from marts.fct_user_scores
            )

            select
                definition_key,
                definitions.description,
                definitions.entity_type,
                definitions.audience,
                cast(definitions.enter_threshold as double) as enter_threshold,
                cast(definitions.exit_threshold as double) as exit_threshold,
                count_if(is_in_audience) as in_audience,
                count_if(is_qualified) as qualified,
                count_if(is_qualified and qualified_on > as_of_on - 7) as new_in_7_days,
                count_if(is_qualified and expires_on <= as_of_on + 7) as ends_in_7_days
            from definitions.def_definitions as definitions
            inner join scores using (definition_key)
            where definitions.is_active
            group by 1, 2, 3, 4, 5, 6
            order by
                definitions.entity_type,
                case when definitions.audience = 'prospect' then 0 else 1 end,
                count(distinct score) desc,
                definition_key
            """
        )

    def leads(self, definition: str, entity_type: str) -> Frame:
        """List the qualified entities of a definition, the most promising first."""
        scores, columns = (
            ("fct_account_scores", "scores.account_id")
            if entity_type == "account"
            else ("fct_user_scores", "scores.user_id")
        )
        return self.query(
            f"""
            select
                {columns} as entity_id,
                scores.account_id,
                coalesce(accounts.account_name, scores.account_id) as account_name,
                cast(scores.score as double) as score,
                scores.tier,
                scores.conversion_probability,
                scores.is_held_out,
                scores.qualified_on,
                scores.expires_on,
                scores.next_best_action
            from marts.{scores} as scores
            left join marts.dim_accounts as accounts on scores.account_id = accounts.account_id
            where scores.definition_key = $definition and scores.is_qualified
            order by
                scores.conversion_probability desc nulls last, scores.score desc,
                scores.qualified_on desc, entity_id
            """,
            definition=definition,
        )

    def reasons(self, definition: str, entity_type: str, entities: list[str]) -> Frame:
        """List what gives the most points to some entities."""
        return self.query(
            """
            select entity_id, reason, cast(points as double) as points
            from marts.fct_score_explanations
            where
                definition_key = $definition
                and entity_type = $entity_type
                and points > 0
                and list_contains($entities, entity_id)
            qualify
                row_number() over (
                    partition by entity_id order by points desc, signal_key
                ) <= $shown
            order by entity_id, points desc, signal_key
            """,
            definition=definition,
            entity_type=entity_type,
            entities=entities,
            shown=REASONS_SHOWN,
        )

    def basis(self, definition: str, as_of_on: date) -> tuple[str, date | None]:
        """Choose between what was reported and what is recomputed, by the length of the log."""
        first_on = self.connection.execute(
            "select min(as_of_on) from marts.fct_pql_reported where definition_key = $definition",
            {"definition": definition},
        ).fetchone()[0]
        is_long = first_on is not None and (as_of_on - first_on).days >= REPORTED_DAYS
        return ("reported" if is_long else "recomputed"), first_on

    def weeks(self, definition: str, basis: str, from_on: date, until_on: date) -> Frame:
        """Count who qualified and who started to pay by week, weeks of zero included."""
        source, day = (
            ("fct_pql_reported", "as_of_on")
            if basis == "reported"
            else ("fct_pql_transitions", "transitioned_on")
        )
        return self.query(
            f"""
            with weeks as (
                select cast(unnest(
                    generate_series($from_on::date, $until_on::date - 6, interval 7 day)
                ) as date) as week_start
            ),

            changes as (
                select
                    cast(date_trunc('week', {day}) as date) as week_start,
                    count_if(transition = 'qualified') as qualified,
                    count_if(transition = 'requalified') as requalified
                from marts.{source}
                where definition_key = $definition
                group by 1
            ),

            customers as (
                select
                    cast(date_trunc('week', converted_on) as date) as week_start,
                    count(*) as customers,
                    count_if(is_pql) as qualified_before
                from marts.fct_account_journeys
                where
                    basis = $basis
                    and definition_key = $definition
                    and converted_on is not null
                group by 1
            )

            select
                weeks.week_start,
                cast(coalesce(changes.qualified, 0) as bigint) as qualified,
                cast(coalesce(changes.requalified, 0) as bigint) as requalified,
                cast(coalesce(customers.customers, 0) as bigint) as customers,
                cast(coalesce(customers.qualified_before, 0) as bigint) as qualified_before
            from weeks
            left join changes using (week_start)
            left join customers using (week_start)
            order by weeks.week_start
            """,
            basis=basis,
            definition=definition,
            from_on=from_on,
            until_on=until_on,
        )


def render(marts: _Marts) -> str:
    """Render the page from the marts of a build."""
    as_of_on, build_number = marts.build()
    definitions = marts.definitions()
    main = definitions.iloc[0] if len(definitions) else None
    basis, reported_from = (
        ("recomputed", None) if main is None else marts.basis(main["definition_key"], as_of_on)
    )
    weeks = _weeks(marts, main, basis, reported_from, as_of_on)
    template = environment("python_udfs.dashboard").get_template("template.html.jinja")
    return template.render(
        as_of=text(as_of_on),
        build_number=build_number,
        history=_history(basis, reported_from),
        is_reported=basis == "reported",
        basis_note=_basis_note(basis, reported_from),
        main=None if main is None else main.to_dict(),
        leads_open=LEADS_OPEN,
        horizon_days=_horizon_days(marts),
        tiles=_tiles(marts, main, weeks, basis),
        leads=[_leads(marts, row) for _, row in definitions.iterrows()],
        funnel=_funnel(marts, main),
        response=_response(marts, main, basis),
        trend=_trend(weeks),
        distributions=[_distribution(marts, row) for _, row in definitions.iterrows()],
        verdicts=_verdicts(marts, definitions),
        definitions=select(
            definitions,
            definition_key="Definition",
            entity_type="Of",
            audience="Audience",
            enter_threshold="Threshold",
            in_audience="In audience",
            qualified="Qualified",
            new_in_7_days="New in 7 days",
            ends_in_7_days="End in 7 days",
        ),
        rows=_rows(marts),
        table=html_table,
    )


def _horizon_days(marts: _Marts) -> str:
    """Return the days within which a conversion counts for the probability."""
    rows = marts.rows("rpt_calibration")
    return text(rows["horizon_days"].max()) if len(rows) else ""


def _history(basis: str, reported_from: date | None) -> str:
    """Say in a caption which of the two histories it is of."""
    if basis == "reported":
        return f"As reported by each run since {text(reported_from)}."
    return "Recomputed with the definition as it is now."


def _basis_note(basis: str, reported_from: date | None) -> str:
    """Say which of the two histories the page shows."""
    recomputed = "recomputed: what the definitions as they are now would have said"
    if basis == "reported":
        return (
            f"Response and weeks are as reported by each run since {text(reported_from)}. The "
            f"funnel is of all signups, also of those before that day, and therefore {recomputed}."
        )
    begun = f"begins on {text(reported_from)}" if reported_from else "is still empty"
    return (
        f"Funnel, response and weeks are {recomputed}. The log of what was reported {begun}; from "
        f"{REPORTED_DAYS} days on, response and weeks show that instead."
    )


def _weeks(
    marts: _Marts, main: Any, basis: str, reported_from: date | None, as_of_on: date
) -> Frame:
    """Count the last whole weeks of the main definition, from Monday to Sunday."""
    if main is None:
        return pd.DataFrame()
    until_on = as_of_on - timedelta(days=(as_of_on.weekday() + 1) % 7)
    from_on = until_on - timedelta(days=7 * TREND_WEEKS - 1)
    if basis == "reported" and reported_from is not None:
        # What had qualified before the first run was reported on its day: that is no news.
        from_on = max(from_on, reported_from + timedelta(days=7 - reported_from.weekday()))
    return marts.weeks(main["definition_key"], basis, from_on, until_on)


def _tiles(marts: _Marts, main: Any, weeks: Frame, basis: str) -> list[dict[str, str]]:
    """Collect the figures at the top."""
    if main is None:
        return []
    entered = weeks["qualified"] + weeks["requalified"]
    now, before = int(entered[-4:].sum()), int(entered[-8:-4].sum())
    customers, leads = (int(weeks[name][-12:].sum()) for name in ("customers", "qualified_before"))
    tiles = [
        {
            "name": "Qualified now",
            "value": f"{int(main['qualified']):,}",
            "note": f"{int(main['new_in_7_days']):,} new in 7 days; "
            f"{int(main['ends_in_7_days']):,} will end within 7 days unless they do more",
        },
        {
            "name": "Qualified in 4 weeks",
            "value": f"{now:,}",
            "note": f"{before:,} in the 4 weeks before",
        },
        {
            "name": "New customers in 12 weeks",
            "value": f"{customers:,}",
            "note": f"{leads:,} of them had qualified before they started to pay",
        },
    ]
    response = _response_rows(marts, main, basis, "all")
    if len(response) and response.iloc[0]["touched_count"]:
        tiles.append(_median_tile(response.iloc[0]))
    return tiles


def _median_tile(response: Any) -> dict[str, str]:
    """Say how long half of the accounts wait for the first touch, with those that wait still."""
    # Kaplan-Meier: the median of those that were touched is that of the fast ones.
    hours = response["kaplan_meier_median_hours"]
    counts = (
        f"{int(response['touched_count']):,} of the {int(response['crossing_count']):,} accounts "
        "that qualified were touched"
    )
    is_known = pd.notna(hours)
    return {
        "name": "Median time to first touch",
        "value": f"{wording.number(float(hours))} h" if is_known else "Open",
        "note": f"{counts}; the others count as waiting"
        if is_known
        else f"more than half not touched yet: {counts}",
    }


def _leads(marts: _Marts, definition: Any) -> dict[str, Any]:
    """Collect who qualifies under a definition, with the reasons."""
    key, entity_type = definition["definition_key"], definition["entity_type"]
    qualified = marts.leads(key, entity_type)
    # Whom sales meets in a list it contacts, and the hold-out is there to be left alone.
    rows = qualified[~qualified["is_held_out"]]
    shown = rows.head(LEADS_SHOWN)
    reasons = marts.reasons(key, entity_type, shown["entity_id"].tolist()).groupby("entity_id")
    alerts = _alerts(marts, key) if entity_type == "account" else {}
    return {
        "key": key,
        "description": definition["description"],
        "entity_type": entity_type,
        "rule": _rule(definition),
        "count": len(rows),
        "held_out": len(qualified) - len(rows),
        "entities": [
            {
                "name": lead.account_name
                if entity_type == "account"
                else " of ".join(
                    dict.fromkeys(filter(pd.notna, (lead.entity_id, lead.account_name)))
                ),
                "id": lead.entity_id,
                "score": wording.number(float(lead.score)),
                "tier": text(lead.tier),
                "chance": ""
                if pd.isna(lead.conversion_probability)
                else f"{lead.conversion_probability:.0%}",
                "since": text(lead.qualified_on),
                "until": text(lead.expires_on),
                "next": text(lead.next_best_action),
                "reasons": [
                    (reason.reason, wording.number(float(reason.points)))
                    for reason in (
                        reasons.get_group(lead.entity_id).itertuples()
                        if lead.entity_id in reasons.groups
                        else ()
                    )
                ],
                "alert": alerts.get(lead.entity_id),
            }
            for lead in shown.itertuples()
        ],
    }


def _rule(definition: Any) -> str:
    """Say from and until when an entity is qualified."""
    enter, leave = (
        wording.number(float(definition[name])) for name in ("enter_threshold", "exit_threshold")
    )
    kept = "" if enter == leave else f", and stays so until it falls below {leave}"
    return f"An {definition['entity_type']} qualifies at {enter} points{kept}.".replace(
        "An user", "A user"
    )


def _alerts(marts: _Marts, definition: str) -> dict[str, dict[str, str]]:
    """Take the latest alert that was sent of each account, where alerts are built."""
    alerts = marts.rows("fct_pql_alerts", definition, "due_at")
    if len(alerts):
        alerts = alerts[alerts["alert_status"] == "sent"]
    return {
        alert.account_id: {
            "owner": "" if alert.owner == "unrouted" else text(alert.owner),
            "due_at": "" if pd.isna(alert.due_at) else f"{alert.due_at:%Y-%m-%d %H:%M} UTC",
        }
        for alert in alerts.itertuples()
    }


def _funnel(marts: _Marts, main: Any) -> dict[str, Any] | None:
    """Take the funnel of all signups; none where it is not built or nobody signed up.

    It is recomputed, however long the log: who signed up before the log began may have qualified
    before it as well, and would stand there as one that did not.
    """
    if main is None or "rpt_pql_funnel" not in marts.names:
        return None
    rows = marts.query(
        """
        select * from marts.rpt_pql_funnel
        where
            basis = 'recomputed'
            and definition_key = $definition
            and cohort_by = 'signup'
            and cohort_grain = 'all'
            and acquisition_channel = 'all'
        order by stage_number
        """,
        definition=main["definition_key"],
    )
    if rows.empty or not rows["funnel_count"].max():
        return None
    return {
        "is_mature": bool(rows["is_mature"].all()),
        "customers": f"{int(rows['reached_count'].iloc[-1]):,}",
        "stages": [
            {
                "name": STAGES.get(row.stage, row.stage),
                "count": f"{int(row.funnel_count):,}",
                "width": round(
                    100 * float(row.funnel_count) / float(rows["funnel_count"].max()), 1
                ),
                "share": _share(
                    row.share_of_previous, row.share_of_previous_low, row.share_of_previous_high
                ),
            }
            for row in rows.itertuples()
        ],
    }


def _response_rows(marts: _Marts, main: Any, basis: str, band: str | None = None) -> Frame:
    """Take the response of all crossings, of one band or of all."""
    if "rpt_sales_response" not in marts.names:
        return pd.DataFrame()
    return marts.query(
        """
        select * from marts.rpt_sales_response
        where
            basis = $basis
            and definition_key = $definition
            and cohort_grain = 'all'
            and (response_band = $band or $band is null)
        """,
        basis=basis,
        definition=main["definition_key"],
        band=band,
    )


def _response(marts: _Marts, main: Any, basis: str) -> dict[str, Any] | None:
    """Take the response times; none where they are not built or nothing qualified."""
    if main is None:
        return None
    rows = _response_rows(marts, main, basis)
    if rows.empty or not rows["crossing_count"].sum():
        return None
    by_band = rows.set_index("response_band")
    bands = [band for band in BANDS if band in by_band.index]
    return {
        "is_touched": any(
            by_band["crossing_count"][band] for band in bands if band != "not_touched"
        ),
        "bands": [
            {
                "name": BANDS[band],
                "count": f"{int(row.crossing_count):,}",
                "width": round(100 * float(row.share_of_crossings or 0), 1),
                "share": _share(row.share_of_crossings),
                "converted": _share(
                    row.conversion_rate, row.conversion_rate_low, row.conversion_rate_high
                ),
            }
            for band in bands
            for row in [by_band.loc[band]]
        ],
    }


def _share(value: Any, low: Any = None, high: Any = None) -> str:
    """Write a share with its interval."""
    if pd.isna(value):
        return ""
    said = f"{float(value):.0%}"
    return said if pd.isna(low) else f"{said} ({float(low):.0%} to {float(high):.0%})"


def _trend(weeks: Frame) -> dict[str, Any] | None:
    """Draw the weeks; none where nothing happened in them."""
    if weeks.empty or not weeks[["qualified", "requalified", "customers"]].to_numpy().any():
        return None
    return {
        "svg": plots.weekly_trend(weeks),
        "table": select(
            weeks[::-1],
            week_start="Week of",
            qualified="First time",
            requalified="Again",
            customers="New customers",
            qualified_before="Had qualified before",
        ),
    }


def _distribution(marts: _Marts, definition: Any) -> dict[str, str]:
    """Draw the scores of a definition."""
    scores = marts.scores(definition["definition_key"])
    threshold = float(definition["enter_threshold"])
    count = int(scores["entities"].sum()) if len(scores) else 0
    reached = int(scores.loc[scores["score"] >= threshold, "entities"].sum()) if count else 0
    noun = f"{definition['entity_type']}s"
    said = (
        f"{reached:,} of {count:,} {noun} in the audience have {wording.number(threshold)} points "
        "or more."
    )
    return {
        "key": definition["definition_key"],
        "text": said if count else "",
        "svg": plots.score_distribution(scores, threshold, noun, said) if count else "",
    }


def _verdicts(marts: _Marts, definitions: Frame) -> list[dict[str, str]]:
    """Take what the calibration says of each definition, in the order of the page."""
    rows = marts.rows("rpt_calibration")
    if rows.empty:
        return []
    rows = definitions[["definition_key"]].merge(rows, on="definition_key")
    return [
        {
            "key": row.definition_key,
            "verdict": row.verdict,
            "reason": row.reason,
            "current": text(row.current_threshold),
            "recommended": text(row.recommended_threshold),
        }
        for row in rows.itertuples()
    ]


def _rows(marts: _Marts) -> Table:
    """Take where the raw rows went."""
    rows = marts.rows("rpt_row_accounting", order="rows_in desc, raw_table")
    if len(rows):
        rows = rows[rows["rows_in"] > 0]
    return select(
        rows,
        raw_table="Raw table",
        rows_in="Rows",
        rows_used="Used",
        rows_duplicate="Duplicate",
        rows_quarantined="Quarantined",
        rows_set_aside="Internal",
    )
