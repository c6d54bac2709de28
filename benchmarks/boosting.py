"""How much the suggested points rank worse, or better, than gradient boosting on the same panel.

``python -m benchmarks.boosting --database local/examples/learning_platform/pql.duckdb`` reads a
built project, fits boosting on the weeks of the fit period and asks it, once, about those of the
hold-out: the rows that ``rpt_model_comparison`` speaks of. Trees may use several factors together.
Their size and number are chosen by folds within the fit period.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from python_udfs.calibration.accuracy import Accuracy, Forecast, measure_forecasts
from python_udfs.calibration.inputs import Flags, Floats, Integers
from python_udfs.calibration.penalised import mean_log_loss, part_rows

LEAVES = (4, 8, 31)
MAX_ROUNDS = 100
POINTS = ("points", "suggested_points", "suggested_definition", "suggested_levels")
FIGURES = ("auc", "top_decile_lift")

_PANEL = """
select
    panel.panel_row, panel.entity_id, panel.panel_on, panel.is_converted,
    coalesce(panel.account_id, panel.entity_id) as cluster_id,
    panel.panel_on <= compared.fit_until as is_fit
from intermediate.int_calibration_panel as panel
inner join marts.rpt_model_comparison as compared
    on panel.definition_key = compared.definition_key and compared.model = 'base_rate'
where
    panel.is_mature
    and panel.definition_key = $definition
    and (
        panel.panel_on <= compared.fit_until
        or panel.panel_on between compared.holdout_from and compared.holdout_until
    )
order by panel.panel_row
"""
_CONDITIONS = """
select measured.panel_row, measured.signal_key as factor, 1.0 as value
from intermediate.int_calibration_signal_panel as measured
inner join intermediate.int_calibration_panel as panel using (panel_row)
where panel.definition_key = $definition and measured.is_met
"""
_FACTORS = """
select panel.panel_row, factors.factor, values_of.factor_value as value
from intermediate.int_calibration_panel as panel
inner join intermediate.int_propensity_days as days
    on panel.entity_id = days.account_id and panel.panel_on = days.panel_on
inner join intermediate.int_propensity_values as values_of using (entity_day)
inner join intermediate.int_propensity_factors as factors using (factor_number)
where panel.definition_key = $definition and days.outcome = 'conversion'
"""
_CATALOGUE = """
select
    factors.factor,
    factors.is_zero_when_absent,
    factors.signal_key in (
        select signal_key from definitions.def_weights where definition_key = $definition
    ) as is_own_signal
from intermediate.int_propensity_factors as factors
order by factors.factor
"""
# Factors are those of accounts.
_COMPARABLE = """
select distinct compared.definition_key
from marts.rpt_model_comparison as compared
inner join definitions.def_definitions as definitions using (definition_key)
where
    compared.model = 'suggested_points'
    and compared.auc is not null
    and definitions.entity_type = 'account'
order by compared.definition_key
"""


@dataclass(frozen=True)
class Weeks:
    """The entity-weeks of a definition, of fit period and hold-out.

    Attributes
    ----------
    row_id : ndarray of int64, shape (n,)
        Number of the row in the panel.
    cluster : ndarray of int64, shape (n,)
        Account.
    account_hash : ndarray of uint64, shape (n,)
        Hash of the account, for folds.
    panel_on : ndarray of int64, shape (n,)
        Day number.
    is_converted, is_fit : ndarray of bool, shape (n,)
        Outcome, and whether the row is one to learn from.
    """

    row_id: Integers
    cluster: Integers
    account_hash: npt.NDArray[np.uint64]
    panel_on: Integers
    is_converted: Flags
    is_fit: Flags


def read_weeks(connection: duckdb.DuckDBPyConnection, definition: str) -> Weeks:
    """Read the entity-weeks that ``rpt_model_comparison`` speaks of.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A built project.
    definition : str
        Key of the definition.

    Returns
    -------
    Weeks
        In the order of the panel.
    """
    rows = connection.execute(_PANEL, {"definition": definition}).df()
    return Weeks(
        row_id=rows["panel_row"].to_numpy(),
        cluster=pd.factorize(rows["cluster_id"], sort=True)[0].astype(np.int64),
        account_hash=pd.util.hash_array(rows["cluster_id"].astype(object).to_numpy()),
        panel_on=rows["panel_on"].to_numpy().astype("datetime64[D]").astype(np.int64),
        is_converted=rows["is_converted"].to_numpy(dtype=bool),
        is_fit=rows["is_fit"].to_numpy(dtype=bool),
    )


def lay_out(cells: pd.DataFrame, weeks: Weeks, absent: dict[str, float]) -> Floats:
    """Lay out factors as columns.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns ``panel_row``, ``factor``, ``value``; other factors than those of ``absent`` are
        left out.
    weeks : Weeks
        The rows.
    absent : dict of str to float
        What a factor is where it has no value: 0, or NaN, which boosting takes as unknown.

    Returns
    -------
    ndarray of float64, shape (n, factors)
        In the order of ``absent``.
    """
    design = np.tile(np.array(list(absent.values())), (len(weeks.row_id), 1))
    place = pd.Index(weeks.row_id).get_indexer(cells["panel_row"])
    factor = pd.Index(list(absent)).get_indexer(cells["factor"])
    is_own = (place >= 0) & (factor >= 0)
    design[place[is_own], factor[is_own]] = cells["value"].to_numpy(dtype=float)[is_own]
    return design


def boost(design: Floats, weeks: Weeks) -> Floats:
    """Fit boosting on the fit period, size and number of trees by folds within it.

    Parameters
    ----------
    design : ndarray of float64, shape (n, factors)
        Values of the factors.
    weeks : Weeks
        The rows.

    Returns
    -------
    ndarray of float64, shape (n,)
        Log-odds of every row.
    """
    fit = np.flatnonzero(weeks.is_fit)
    folds = [
        (fit[learnt], fit[tried])
        for learnt, tried in part_rows(weeks.panel_on[fit], weeks.account_hash[fit])
    ]
    losses = {leaves: np.zeros(MAX_ROUNDS) for leaves in LEAVES}
    for leaves, total in losses.items():
        for learnt, tried in folds:
            trees = _trees(leaves, MAX_ROUNDS).fit(design[learnt], weeks.is_converted[learnt])
            for i, stage in enumerate(trees.staged_decision_function(design[tried])):
                loss = mean_log_loss(weeks.is_converted[tried], stage.ravel())
                total[i] += len(tried) * loss
    best = min(LEAVES, key=lambda leaves: losses[leaves].min())
    rounds = int(losses[best].argmin()) + 1
    trees = _trees(best, rounds).fit(design[fit], weeks.is_converted[fit])
    return trees.decision_function(design)


def _trees(leaves: int, rounds: int) -> HistGradientBoostingClassifier:
    """Make a model; all that is not chosen by folds is the library's default."""
    return HistGradientBoostingClassifier(
        max_leaf_nodes=leaves, max_iter=rounds, early_stopping=False, random_state=0
    )


def compare(
    connection: duckdb.DuckDBPyConnection, definition: str, *, draws: int
) -> tuple[pd.DataFrame, dict[str, Accuracy]]:
    """Read what the points reach, and find what boosting does.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A built project.
    definition : str
        Key of the definition.
    draws : int
        Draws of the bootstrap over accounts.

    Returns
    -------
    points : pandas.DataFrame
        Rows of ``rpt_model_comparison``, by model: the points, and all that is suggested.
    boosted : dict of str to Accuracy
        Boosting, by what it was given.
    """
    weeks = read_weeks(connection, definition)
    arguments = {"definition": definition}
    conditions = connection.execute(_CONDITIONS, arguments).df()
    values = connection.execute(_FACTORS, arguments).df()
    catalogue = connection.execute(_CATALOGUE, arguments).df()
    absent = dict(
        zip(
            catalogue["factor"],
            np.where(catalogue["is_zero_when_absent"], 0.0, np.nan),
            strict=True,
        )
    )
    own = catalogue.loc[catalogue["is_own_signal"].fillna(False).astype(bool), "factor"]
    designs = {
        "boosting, whether the conditions hold": lay_out(
            conditions, weeks, dict.fromkeys(own, 0.0)
        ),
        "boosting, values of the same signals": lay_out(
            values, weeks, {factor: absent[factor] for factor in own}
        ),
        "boosting, all factors": lay_out(values, weeks, absent),
    }
    late = ~weeks.is_fit
    boosted = measure_forecasts(
        {name: Forecast(boost(design, weeks)[late], None) for name, design in designs.items()},
        float(weeks.is_converted[weeks.is_fit].mean()),
        weeks.is_converted[late],
        weeks.cluster[late],
        int(weeks.cluster.max()) + 1,
        draws=draws,
        generator=np.random.default_rng(7),
    )
    points = connection.execute(
        "select * from marts.rpt_model_comparison "
        "where definition_key = $definition and model <> 'base_rate' and auc is not null",
        arguments,
    ).df()
    return points.set_index("model"), boosted


def _print(definition: str, points: pd.DataFrame, boosted: dict[str, Accuracy]) -> None:
    """Print one definition as a Markdown table."""
    own = [name for name in POINTS if name in points.index]
    shares = [f"{name} as share of it" for name in own]
    print(f"\n{definition}\n")
    print("| " + " | ".join(["model", "AUC", "lift of the top tenth", *shares]) + " |")
    print("|---" * (3 + len(own)) + "|")
    for name in own:
        cells = [
            f"{points.loc[name, one]:.3f} ({points.loc[name, f'{one}_low']:.3f} to "
            f"{points.loc[name, f'{one}_high']:.3f})"
            for one in FIGURES
        ]
        print("| " + " | ".join([name, *cells, *[""] * len(own)]) + " |")
    for name, accuracy in boosted.items():
        cells = [
            f"{accuracy.value[one]:.3f} ({accuracy.low[one]:.3f} to {accuracy.high[one]:.3f})"
            for one in FIGURES
        ]
        ratios = [
            ", ".join(
                f"{100 * points.loc[mine, one] / accuracy.value[one]:.1f} %" for one in FIGURES
            )
            for mine in own
        ]
        print("| " + " | ".join([name, *cells, *ratios]) + " |")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; by default that of the process.

    Returns
    -------
    int
        Exit code: 1 when no definition of accounts has points to compare.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--database", type=Path, default=Path("local/pql.duckdb"), help="a built project"
    )
    parser.add_argument(
        "--definition", help="key of one definition of accounts; default: all with suggestions"
    )
    parser.add_argument("--draws", type=int, default=500, help="draws of the bootstrap")
    options = parser.parse_args(arguments)
    if not options.database.exists():
        parser.error(f"there is no {options.database}: build the project, or name its database")
    with duckdb.connect(str(options.database), read_only=True) as connection:
        found = connection.execute(_COMPARABLE).fetchall()
        chosen = [key for (key,) in found if options.definition in (None, key)]
        for definition in chosen:
            _print(definition, *compare(connection, definition, draws=options.draws))
    if not chosen:
        print(f"{options.database}: no definition of accounts has suggested points to compare.")
    return int(not chosen)


if __name__ == "__main__":
    sys.exit(main())
