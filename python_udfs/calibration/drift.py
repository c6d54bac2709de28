"""Whether what the calibration learned still holds: behaviour, merit of the signals, conversion."""

import numpy as np

from python_udfs.calibration import schemas, wording
from python_udfs.calibration.drift_figures import (
    FIT,
    LATELY,
    NOW,
    RECENT,
    SCORE,
    Case,
    Change,
    Comparison,
    windows,
)
from python_udfs.calibration.inputs import (
    NEVER,
    Day,
    Frame,
    check_arguments,
    day_number,
    read_definitions,
    read_table,
    rows_by_definition,
    seal,
)
from python_udfs.calibration.panels import Measured, read_flag, read_measured, read_panels
from python_udfs.calibration.periods import Periods, as_timestamp, time_split
from python_udfs.calibration.significance import SIGNIFICANCE, adjust_p_values

WATCH_PSI, ACT_PSI = 0.1, 0.25
"""The usual marks of the population stability index."""

SMALL_CHANGE, LARGE_CHANGE = 1.2, 1.5
"""From these ratios on, up or down, a change of conversion is one to watch and one to act on: of
millions of accounts every change is beyond chance, and few of them matter."""

MAX_APPROVAL_AGE_DAYS = 180
"""An approved threshold is looked at again after half a year: by then a history has grown that is
as long as the shortest one that a calibration can use."""

_SEVERITY = {"too_few": 0, "stable": 1, "watch": 2, "recalibrate": 3}


def drift(
    panel: Frame,
    signal_panel: Frame,
    weights: Frame,
    definitions: Frame,
    approvals: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Compare each definition and each of its signals with the period that it was fitted on.

    Three questions, each about the fit period of `time_split` against a later one, always at equal
    tenure (days since eligibility), because a population that grows older is no drift:

    * **behaviour** (score and signals): are they distributed as they were? Population stability
      index between the fit period and the last ``NOW_DAYS`` days, whose outcome need not be known.
      Of few accounts the index is large by chance, so it also has to exceed what resampling the
      accounts gives when nothing changed.
    * **conversion**, as Mantel-Haenszel ratios over tenure. Of the score: the rate of those at or
      above the enter threshold, with what is required, over the horizon, in the last
      ``RECENT_DAYS`` days for which it is known against the fit period. Of a signal: its lift (rate
      with over rate without), so that a change that meets everybody is not laid at the door of each
      signal. Signals come and go within weeks, and over a whole horizon those with and those
      without one grow alike; so the conversions count by the signals of the day before, against the
      panel as the sample of days at risk (case-base sampling), in the last ``LATELY_DAYS`` days
      against the fit period.
    * **calibration** (score): conversions of late against those that the rates of the score bands
      of the fit period predict.

    Intervals and p-values come from a bootstrap over accounts, the same draw for both periods, as
    many accounts are in both, and are those of a t distribution with as many accounts as the
    smaller side is worth (`effective_clusters`). P-values are adjusted over all of the definition.

    Parameters
    ----------
    panel, signal_panel, weights, definitions, approvals, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.DRIFT_PANEL`` and ``REQUIRED_MET``, ``MEASURED_SIGNALS``, ``WEIGHTS``,
        ``DEFINITIONS``, ``APPROVALS``, ``SETTINGS``, ``PANEL_DAYS``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.
    seed : int
        Seed of the bootstrap.
    draws : int
        Draws of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.DRIFT``: for each definition a row for the score (``*``) and one for
        each weight.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Siddiqi (2006), Credit risk scorecards (stability index and its marks); Yurdakul and Naranjo
    (2020), Statistical properties of the population stability index; Mantel and Haenszel (1959);
    Hanley and Miettinen (2009), Fitting smooth-in-time prognostic risk functions via logistic
    regression (case-base sampling); Benjamini and Hochberg (1995).
    """
    check_arguments(horizon_days, seed, draws)
    known = read_definitions(definitions, settings)
    if not known:
        return seal([], schemas.DRIFT, ["definition_key", "signal_key"])
    keys = [one.key for one in known]
    today = day_number(as_of)
    weight_rows = rows_by_definition(read_table(weights, schemas.WEIGHTS, "weights"), keys)
    approved = read_table(approvals, schemas.APPROVALS, "approvals")
    approved_on = dict(zip(approved["definition_key"], approved["approved_on"], strict=True))
    panels = read_panels(_with_outcomes(panel), keys, today)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    measured = read_measured(signal_panel, panel)
    is_case = read_flag(panel, {"is_case": schemas.DRIFT_PANEL["is_case"]})
    is_required_met = read_flag(panel, schemas.REQUIRED_MET)
    rows: list[dict[str, object]] = []
    for definition in known:
        names = sorted(str(name) for name in weight_rows[definition.key]["signal_key"])
        own = panels[definition.key]
        case = Case(definition, own, periods, names, is_case[own.row], is_required_met[own.row])
        found = _judge(case, measured, draws, seed)
        _look_at_approval(found[0], approved_on.get(definition.key, NEVER), today)
        for row in found:
            days = {} if periods is None else _days(periods, row["signal_key"])
            rows.append({"definition_key": definition.key, **days, **row})
    return seal(rows, schemas.DRIFT, ["definition_key", "signal_key"])


def _with_outcomes(panel: Frame) -> Frame:
    """Fill the outcomes that are not known yet, which nothing here reads."""
    if "is_converted" not in panel.columns:
        return panel
    outcome = panel["is_converted"].astype(object)
    return panel.assign(is_converted=outcome.where(outcome.notna(), False))


def _days(periods: Periods, signal_key: object) -> dict[str, object]:
    """Write the days of the windows."""
    compared = windows(periods)
    recent = compared[RECENT if signal_key == SCORE else LATELY]
    return {
        f"{name}_{end}": as_timestamp(day)
        for name, days in (("fit", compared[FIT]), ("recent", recent), ("now", compared[NOW]))
        for end, day in zip(("from", "until"), days, strict=True)
    }


def _judge(case: Case, measured: Measured, draws: int, seed: int) -> list[dict[str, object]]:
    """Write the rows of one definition, the score first."""
    reason = _too_little(case)
    if reason is not None:
        return [
            {"signal_key": name, "verdict": "too_few", "reason": reason}
            for name in (SCORE, *case.names)
        ]
    comparison = Comparison(case, measured, draws, seed)
    rows = [comparison.row(i) for i in range(len(case.names) + 1)]
    changes = [comparison.change(i) for i in range(len(rows))] + [comparison.calibration()]
    is_enough = [*(comparison.is_enough(i) for i in range(len(rows))), comparison.is_enough(0)]
    adjusted = adjust_p_values(
        np.array(
            [
                change.p_value if enough else np.nan
                for change, enough in zip(changes, is_enough, strict=True)
            ]
        )
    )
    for i, row in enumerate(rows):
        doubts = [_behaviour(row), _conversion(row, changes[i], adjusted[i])]
        if i == 0:
            doubts.append(_calibration(row, changes[-1], adjusted[-1]))
        row |= _verdict(doubts) | {"p_value_adjusted": adjusted[i]}
    _name_signals(rows)
    return rows


def _too_little(case: Case) -> str | None:
    """Give the reason why a definition cannot be compared at all, or None."""
    definition, panel = case.definition, case.panel
    if definition.audience == "customer":
        return (
            "The audience is customers, who have converted already: "
            "there is no conversion to compare."
        )
    if case.periods is None:
        return "The history is too short for a fit period and a later one to compare it with."
    if np.isnan(panel.score).any():
        return f"{int(np.isnan(panel.score).sum())} scores are missing: compute them first."
    floor = definition.settings.min_entities
    for name, (first, last) in zip(
        (
            "the fit period",
            "the last weeks with a known outcome",
            "the last twelve weeks",
            "the last four weeks",
        ),
        windows(case.periods),
        strict=True,
    ):
        inside = (panel.panel_on >= first) & (panel.panel_on <= last) & ~case.is_case
        accounts = len(np.unique(panel.cluster[inside]))
        if accounts < floor:
            return f"{accounts} accounts were active in {name}; {floor} are needed."
    return None


_Finding = tuple[str, str]


def _behaviour(row: dict[str, object]) -> _Finding:
    """Judge the stability index."""
    psi, chance = float(row["psi"]), float(row["psi_chance"])  # type: ignore[arg-type]
    if np.isnan(psi) or np.isnan(chance):
        share = 100 * float(row["comparable_share"])  # type: ignore[arg-type]
        return "too_few", (
            f"Only {share:.0f} % of today's rows have counterparts equally long in the audience in "
            "the fit period, so the behaviour cannot be compared."
        )
    facts = f"a stability index of {psi:.2f} (chance alone: up to {chance:.2f})"
    if psi <= WATCH_PSI or psi <= chance:
        return "stable", f"Behaviour is as it was: {facts}."
    return "recalibrate" if psi > ACT_PSI else "watch", f"Behaviour has changed: {facts}."


def _conversion(row: dict[str, object], change: Change, adjusted: float) -> _Finding:
    """Judge the conversion of those at the threshold, or the lift of a signal."""
    if row["signal_key"] == SCORE:
        what, now, then = (
            "Conversion at or above the enter threshold",
            wording.percent(row["conversion_rate_recent"]),
            wording.percent(row["conversion_rate_fit"]),
        )
    else:
        what, now, then = (
            "The lift",
            wording.ratio(row["lift_recent"]),
            wording.ratio(row["lift_fit"]),
        )
    return _say_change(what, now, then, change, adjusted)


def _calibration(row: dict[str, object], change: Change, adjusted: float) -> _Finding:
    """Judge the probabilities of the fit period."""
    if "observed_rate" not in row:
        return "stable", "There is no map from score to probability to check."
    return _say_change(
        "The rate of all, against the one that the scores of the fit period predict,",
        wording.percent(row["observed_rate"]),
        wording.percent(row["predicted_rate"]),
        change,
        adjusted,
        how="",
    )


def _say_change(
    what: str, now: str, then: str, change: Change, adjusted: float, how: str = "at equal tenure "
) -> _Finding:
    """Judge one change of conversion and say it."""
    if np.isnan(change.ratio) or np.isnan(adjusted):
        return "too_few", f"{what} cannot be compared: too few conversions of late or before."
    facts = (
        f"{now} against {then}, {how}{wording.ratio(change.ratio)} times as much "
        f"(interval {wording.ratio(change.low)} to {wording.ratio(change.high)})"
    )
    if adjusted < SIGNIFICANCE and change.is_beyond(SMALL_CHANGE):
        verdict = "recalibrate" if change.is_beyond(LARGE_CHANGE) else "watch"
        return verdict, f"{what} has changed: {facts}."
    if adjusted < SIGNIFICANCE:
        return "stable", f"{what} is {facts}: beyond chance, but too small a change to matter."
    if not change.would_be_seen:
        return "too_few", f"{what} is {facts}: too few to see even a halving or doubling."
    return "stable", f"{what} is {facts}: no change beyond chance."


def _verdict(findings: list[_Finding]) -> dict[str, object]:
    """Take the gravest finding; stable only when nothing remained unseen."""
    gravest = max(_SEVERITY[verdict] for verdict, _ in findings)
    if gravest <= _SEVERITY["stable"]:
        verdict = "too_few" if any(kind == "too_few" for kind, _ in findings) else "stable"
    else:
        verdict = next(kind for kind, rank in _SEVERITY.items() if rank == gravest)
    said = sorted(findings, key=lambda finding: -_SEVERITY[finding[0]])
    return {"verdict": verdict, "reason": " ".join(text for _, text in said)}


def _name_signals(rows: list[dict[str, object]]) -> None:
    """Name the signals to act on in the row of the score, which is then at least one to watch."""
    named = [str(row["signal_key"]) for row in rows[1:] if row["verdict"] == "recalibrate"]
    if named:
        _raise_to_watch(rows[0], f"Signals that have changed: {', '.join(named)}.")


def _look_at_approval(row: dict[str, object], approved_on: int, today: int) -> None:
    """Add the age of the approved threshold."""
    if approved_on == NEVER:
        return
    age = today - approved_on
    row |= {"approved_on": as_timestamp(approved_on), "approval_age_days": age}
    if age > MAX_APPROVAL_AGE_DAYS:
        _raise_to_watch(
            row,
            f"The threshold was approved {age} days ago; after {MAX_APPROVAL_AGE_DAYS} days it is "
            "time to look again.",
        )


def _raise_to_watch(row: dict[str, object], text: str) -> None:
    """Add a reason to watch to a row."""
    row["reason"] = f"{text} {row['reason']}"
    if _SEVERITY[str(row["verdict"])] < _SEVERITY["watch"]:
        row["verdict"] = "watch"
