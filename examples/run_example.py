"""Run the project on one of the example data sets: map the files, build, print what came out.

    python examples/run_example.py learning_platform --data <folder with the data sets>

The data belong to third parties and are not part of the project. `--data` (or the environment
variable PQL_EXAMPLE_DATA) names the folder that holds the folders `365/`, `relax/`, `flinn/` and
`rudderstack/`.
Everything is written under local/examples/<name>/; only aggregates are printed.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import yaml

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Example:
    """One example data set.

    Attributes
    ----------
    data_folder : str
        Folder of its files in the folder of all data sets.
    required_files : tuple of str
        Files that the mapping reads.
    variables : dict
        dbt vars of the build.
    """

    data_folder: str
    required_files: tuple[str, ...]
    variables: dict[str, Any] = field(default_factory=dict)


EXAMPLES = {
    "learning_platform": Example(
        data_folder="365",
        required_files=(
            "course_ratings.csv",
            "exam_info.csv",
            "student_engagement.csv",
            "student_exams.csv",
            "student_hub_questions.csv",
            "student_info.csv",
            "student_learning.csv",
            "student_purchases.csv",
            "student_purchases_later.csv",
        ),
        # The activity ends on 2022-10-20, the purchases much later. 60 days (the horizon of the
        # calibration) after the last activity all its days are mature, and no later day is: a score
        # of a day without activity data would be calibrated on silence that nobody observed.
        variables={"pql_as_of": "2022-12-19"},
    ),
    "crm_workspaces": Example(
        data_folder="flinn",
        required_files=(
            "backend_events.csv.gz",
            "hubspot_companies.csv",
            "hubspot_contacts.csv",
            "hubspot_deals.csv",
        ),
        variables={"pql_business_sources": ["raw", "hubspot"]},
    ),
    "event_stream": Example(
        data_folder="rudderstack",
        required_files=("IDENTIFIES.csv", "PAGES.csv", "TRACKS.csv"),
        variables={"pql_event_sources": ["segment"], "pql_business_sources": ["raw"]},
    ),
    "organisations": Example(
        data_folder="relax",
        required_files=("takehome_users.csv", "takehome_user_engagement.csv.gz"),
    ),
}

SUMMARY = {
    "Rows in and what became of them": """
        select * from marts.rpt_row_accounting order by all
    """,
    # A score holds at the end of a day: one from the day of the conversion comes too late.
    "Conversions known by the as-of day": """
        with first_days as (
            select account_id, min(activity_date) as first_active_on
            from marts.fct_account_activity_daily
            group by account_id
        )
        select
            case
                when conversions.converted_on = accounts.created_on then '1 on the signup day'
                when conversions.converted_on > first_days.first_active_on
                    then '3 after at least one day with activity'
                else '2 later, but before any day with activity was over'
            end as conversions_came,
            count(*) as accounts,
            round(100 * count(*) / sum(count(*)) over (), 1) as percent
        from marts.fct_conversions as conversions
        inner join marts.dim_accounts as accounts
            on conversions.account_id = accounts.account_id
        left join first_days
            on conversions.account_id = first_days.account_id
        group by conversions_came
        order by conversions_came
    """,
    "Companies of the CRM, and how their account was found": """
        select
            source_name, matched_by, count(*) as companies,
            count(distinct account_id) as accounts
        from marts.rpt_company_matches
        group by source_name, matched_by
        order by source_name, companies desc
    """,
    "What could not be told apart": """
        select conflict, count(*) as cases, max(candidate_count) as most_candidates
        from marts.rpt_identity_conflicts
        group by conflict
        order by conflict
    """,
    "Leads": """
        with active_days as (
            select activity_date as day
            from marts.fct_account_activity_daily
            union all
            select occurred_on as day
            from marts.fct_user_activity_daily
        ),
        leads as (
            select definition_key, entity_id, count(*) as qualifications
            from marts.fct_pql_transitions
            where transition in ('qualified', 'requalified')
            group by definition_key, entity_id
        ),
        current_leads as (
            select definition_key, entity_id
            from marts.fct_status_history
            where is_qualified
                and (select max(day) from active_days)
                    between valid_from and valid_to - 1
        )
        select
            entities.definition_key,
            count(*) as ever_in_audience,
            count(entities.first_scored_on) as ever_scored,
            count(leads.entity_id) as ever_qualified,
            cast(coalesce(sum(leads.qualifications), 0) as bigint) as qualifications,
            count(current_leads.entity_id) as qualified_on_last_active_day
        from intermediate.int_calibration_entities as entities
        left join leads
            using (definition_key, entity_id)
        left join current_leads
            using (definition_key, entity_id)
        group by entities.definition_key
        order by entities.definition_key
    """,
    "Verdict of the calibration": """
        select definition_key, verdict, current_threshold, recommended_threshold, reason
        from marts.rpt_calibration
        order by definition_key
    """,
    "The threshold in force": """
        select
            definition_key, split, threshold, qualified_count, converted_count, precision,
            base_rate, lift, lift_low, lift_high, conversions_count, flagged_count, recall,
            per_week, median_lead_days
        from marts.rpt_threshold_curve
        where is_current
        order by definition_key, split
    """,
    "Signals": """
        select
            definition_key, signal_key, conversion_rate_with, conversion_rate_without, lift,
            lift_low, lift_high, p_value_adjusted, current_points, suggested_points, warning
        from marts.rpt_signal_lift
        order by definition_key, lift desc, signal_key
    """,
    "Score bands in the hold-out": """
        select
            definition_key, band, score_min, score_max, n, conversions, observed_rate, rate_low,
            rate_high, calibrated_probability, is_used
        from marts.rpt_score_bands
        order by definition_key, band
    """,
}


def find_data(name: str, folder: Path) -> Path:
    """Find the files of an example.

    Parameters
    ----------
    name : str
        Key of `EXAMPLES`.
    folder : Path
        Folder that holds the folders of all data sets.

    Returns
    -------
    Path
        The folder of this data set.

    Raises
    ------
    FileNotFoundError
        If a file that the mapping reads is missing; names it.
    """
    data = folder / EXAMPLES[name].data_folder
    missing = [file for file in EXAMPLES[name].required_files if not (data / file).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{data} lacks {', '.join(missing)}. Name the folder that holds {data.name}/ "
            "with --data or the environment variable PQL_EXAMPLE_DATA."
        )
    return data


def write_raw(name: str, data: Path, out: Path) -> None:
    """Map the files of an example to the tables of its sources, one Parquet file per table.

    Parameters
    ----------
    name : str
        Key of `EXAMPLES`; the SQL is in examples/<name>/raw, that of a vendor in a folder in it.
    data : Path
        Folder of the files; the SQL names them without a folder.
    out : Path
        Folder to write to.
    """
    queries = PROJECT / "examples" / name / "raw"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set file_search_path = {_literal(data)}")
        for path in sorted(queries.rglob("*.sql")):
            target = (out / path.relative_to(queries)).with_suffix(".parquet")
            target.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"copy (\n{path.read_text()}\n) to {_literal(target)} (format parquet)"
            )


def _literal(path: Path) -> str:
    """Write a path as an SQL literal."""
    return "'" + str(path.resolve()).replace("'", "''") + "'"


def build(name: str, folder: Path) -> None:
    """Build every model with the definitions of the example and run the data tests.

    Parameters
    ----------
    name : str
        Key of `EXAMPLES`.
    folder : Path
        Folder of the run; holds the raw files, gets the database.

    Raises
    ------
    subprocess.CalledProcessError
        If dbt fails; its output says why.
    """
    database = folder / "pql.duckdb"
    database.unlink(missing_ok=True)
    environment = os.environ | {
        "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
        "PQL_DEFINITIONS_PATH": f"examples/{name}/seeds",
        "PQL_RAW_PATH": str(folder / "raw"),
        "PQL_DUCKDB_PATH": str(database),
    }
    # Unit tests check the models on the project's own definitions.
    command = [
        str(Path(sys.executable).with_name("dbt")),
        *("--quiet", "build", "--exclude-resource-type", "unit_test"),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
    ]
    if EXAMPLES[name].variables:
        command += ["--vars", yaml.safe_dump(EXAMPLES[name].variables)]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True)


def print_summary(database: Path) -> None:
    """Print the aggregates of a run.

    Parameters
    ----------
    database : Path
        Database of the run.
    """
    with duckdb.connect(database, read_only=True) as connection:
        for title, query in SUMMARY.items():
            print(f"\n{title}")
            frame = connection.execute(query).df()
            with pd.option_context(
                "display.width", 250, "display.max_columns", None, "display.max_colwidth", 120
            ):
                print(frame.round(3).to_string(index=False) if len(frame) else "(no rows)")


def main() -> None:
    """Run one example from the command line."""
    parser = argparse.ArgumentParser(description="Run the project on an example data set.")
    parser.add_argument("name", choices=sorted(EXAMPLES))
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("PQL_EXAMPLE_DATA"),
        help="folder of the data sets, such as 365/ (default: the variable PQL_EXAMPLE_DATA)",
    )
    parser.add_argument(
        "--out", type=Path, help="folder to write to (default: local/examples/<name>)"
    )
    arguments = parser.parse_args()
    if arguments.data is None:
        parser.error("name the folder of the data with --data or the variable PQL_EXAMPLE_DATA")
    try:
        data = find_data(arguments.name, arguments.data)
    except FileNotFoundError as error:
        parser.error(str(error))
    folder = (arguments.out or PROJECT / "local" / "examples" / arguments.name).resolve()
    print(f"Building {folder} (a minute or two) ...", flush=True)
    write_raw(arguments.name, data, folder / "raw")
    try:
        build(arguments.name, folder)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    print_summary(folder / "pql.duckdb")


if __name__ == "__main__":
    main()
