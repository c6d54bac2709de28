"""The known mistakes of a definition: too broad, too narrow, too complex, points the wrong way."""

import numpy as np

from python_udfs.calibration import schemas, wording
from python_udfs.calibration.bootstrap import generator_for
from python_udfs.calibration.inputs import (
    Day,
    Definition,
    Flags,
    Floats,
    Frame,
    MissingColumnError,
    check_arguments,
    day_number,
    read_definitions,
    read_table,
    seal,
)
from python_udfs.calibration.panels import Panel, read_flag, read_panels
from python_udfs.calibration.periods import Periods, time_split
from python_udfs.calibration.ranking import ranking_areas

BROAD_SHARE = 0.5
"""Share of the population at or above the threshold from which on a lead is nothing special."""

BROAD_LIFT = 1.5
"""When even the upper bound of the lift lies below this, leads are hardly better than others."""

NARROW_RECALL = 0.1
"""Share of the conversions that are flagged below which a definition misses nearly all."""

COMPLEX_SIGNALS = 5
"""A definition of so few signals is not complex."""

ALLOWED_LOSS = 0.02
"""Signals can go when the area under the ROC curve surely falls by less than this without them: in
fewer than one of fifty pairs a converter then loses its place before one that does not convert."""

_WRONG_WAY = "points the wrong way:"
_NEEDED = {
    "lifts": ("definition_key", "signal_key", "warning", "proposal"),
    "verdicts": (
        "definition_key",
        "conversions_holdout",
        "holdout_current_qualified_count",
        "holdout_current_lift",
        "holdout_current_lift_high",
        "holdout_current_recall",
        "holdout_current_per_week",
    ),
}


def diagnose(
    panel: Frame,
    signal_panel: Frame,
    lifts: Frame,
    verdicts: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Look for the known mistakes in every definition as it is in force.

    * ``too_broad``: at least half of the weeks of the hold-out lie at or above the threshold with
      what is required met, or the interval of the lift ends below ``BROAD_LIFT``.
    * ``too_narrow``: fewer than ``min_entities`` reached the threshold in the hold-out, or it
      flagged less than a tenth of the conversions.
    * ``too_complex``: of more than ``COMPLEX_SIGNALS`` signals some are proposed for removal, and
      without these the score ranks converters of the hold-out no worse: the interval of the
      difference of the areas under the ROC curve ends above ``-ALLOWED_LOSS``. It cannot be told
      where the interval holds both a larger loss and none; few accounts prove nothing.
    * ``wrong_way``: a signal earns points against its effect.

    Parameters
    ----------
    panel, signal_panel, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL`` and ``REQUIRED_MET``, ``SIGNAL_PANEL``, ``DEFINITIONS``,
        ``SETTINGS``, ``PANEL_DAYS``.
    lifts, verdicts : pandas.DataFrame
        What `signal_lift` and `calibrate` returned for the same data.
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
        Columns of ``schemas.DIAGNOSIS``, one row for each definition and mistake.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.
    """
    check_arguments(horizon_days, seed, draws)
    known = read_definitions(definitions, settings)
    if not known:
        return seal([], schemas.DIAGNOSIS, ["definition_key", "mistake"])
    for name, table in (("lifts", lifts), ("verdicts", verdicts)):
        missing = [column for column in _NEEDED[name] if column not in table.columns]
        if missing:
            raise MissingColumnError(f"{name} has no column {', '.join(map(repr, missing))}")
    panels = read_panels(panel, [one.key for one in known], day_number(as_of) - horizon_days)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    is_required_met = read_flag(panel, schemas.REQUIRED_MET)
    earned = read_table(signal_panel, schemas.SIGNAL_PANEL, "signal_panel")
    ids = read_table(panel, {"panel_row": schemas.PANEL["panel_row"]}, "panel")["panel_row"]
    rows: list[dict[str, object]] = []
    for definition in known:
        own = lifts[lifts["definition_key"] == definition.key]
        verdict = verdicts[verdicts["definition_key"] == definition.key]
        figures = {
            name: float(verdict[name].astype("float64").max()) for name in _NEEDED["verdicts"][1:]
        }
        doubted = own[own["proposal"] == "remove"]
        points = _points_of(earned, doubted["signal_key"].tolist(), ids)
        found = {
            "too_broad": _too_broad(
                definition, panels[definition.key], is_required_met, periods, figures
            ),
            "too_narrow": _too_narrow(definition, periods, figures),
            "too_complex": _too_complex(
                definition,
                panels[definition.key],
                periods,
                own,
                doubted,
                points,
                draws=draws,
                seed=seed,
            ),
            "wrong_way": _wrong_way(own),
        }
        rows.extend(
            {
                "definition_key": definition.key,
                "mistake": mistake,
                "is_found": is_found,
                "finding": finding,
            }
            for mistake, (is_found, finding) in found.items()
        )
    return seal(rows, schemas.DIAGNOSIS, ["definition_key", "mistake"])


_Finding = tuple[bool | None, str]


def _points_of(earned: Frame, signals: list[str], ids: Frame) -> Floats:
    """Add up what some signals earn on each row of the panel table."""
    own = earned[earned["signal_key"].isin(signals)]
    total = own.groupby("panel_row")["points"].sum()
    return total.reindex(ids, fill_value=0.0).to_numpy()


def _cannot_tell(definition: Definition, periods: Periods | None) -> _Finding | None:
    """Say why a definition cannot be looked at, or None."""
    if definition.audience == "customer":
        return None, "The audience is customers, who have converted already."
    if periods is None:
        return None, "The history is too short to be split."
    return None


def _too_broad(
    definition: Definition,
    panel: Panel,
    is_required_met: Flags,
    periods: Periods | None,
    figures: dict[str, float],
) -> _Finding:
    """Look whether nearly everybody qualifies, or leads convert hardly more often than others."""
    unknown = _cannot_tell(definition, periods)
    if unknown is not None or periods is None:
        return unknown or (None, "")
    rows = panel.in_split(periods, "holdout")
    if not rows.any():
        return None, "There is nobody in the hold-out."
    is_reached = (panel.score >= definition.enter_threshold) & is_required_met[panel.row]
    share = float(is_reached[rows].mean())
    text = (
        f"In the hold-out {wording.percent(share)} of the {definition.entity_type}-weeks meet what "
        f"is required and reach the threshold of {wording.points(definition.enter_threshold)}"
    )
    if share >= BROAD_SHARE:
        return True, f"{text}: a lead is nothing special. Raise it or weigh rarer behaviour."
    high = figures["holdout_current_lift_high"]
    qualified = figures["holdout_current_qualified_count"]
    is_enough = np.isfinite(qualified) and qualified >= definition.settings.min_entities
    if is_enough and np.isfinite(high) and high < BROAD_LIFT:
        return True, (
            f"{text}; those who reach it convert {wording.ratio(figures['holdout_current_lift'])} "
            f"times as often as others (at most {wording.ratio(high)}): hardly better than chance."
        )
    return False, f"{text}."


def _too_narrow(
    definition: Definition, periods: Periods | None, figures: dict[str, float]
) -> _Finding:
    """Look whether there is no volume."""
    unknown = _cannot_tell(definition, periods)
    if unknown is not None:
        return unknown
    qualified = figures["holdout_current_qualified_count"]
    recall = figures["holdout_current_recall"]
    if not np.isfinite(qualified):
        return None, "The threshold could not be backtested."
    text = (
        f"In the hold-out {int(qualified)} {definition.plural} reached the threshold, "
        f"{wording.number(figures['holdout_current_per_week'])} a week"
    )
    if qualified < definition.settings.min_entities:
        return True, f"{text}: too few for a verdict, and little for sales to do."
    if np.isfinite(recall) and recall < NARROW_RECALL:
        return True, (
            f"{text}; only {wording.percent(recall)} of "
            f"{int(figures['conversions_holdout'])} conversions were flagged before."
        )
    return False, f"{text}; {wording.percent(recall)} of the conversions were flagged before."


def _too_complex(
    definition: Definition,
    panel: Panel,
    periods: Periods | None,
    own: Frame,
    doubted: Frame,
    points: Floats,
    *,
    draws: int,
    seed: int,
) -> _Finding:
    """Look whether the signals that are proposed for removal can go without loss."""
    unknown = _cannot_tell(definition, periods)
    if unknown is not None or periods is None:
        return unknown or (None, "")
    count = len(own)
    if count <= COMPLEX_SIGNALS:
        return False, f"The definition has {count} signals."
    if doubted.empty:
        return False, f"None of the {count} signals is proposed for removal."
    rows = panel.in_split(periods, "holdout") & ~np.isnan(panel.score)
    compared = ranking_areas(
        [panel.score[rows], np.round(panel.score - points[panel.row], 4)[rows]],
        panel.is_converted[rows],
        panel.cluster[rows],
        panel.cluster_count,
        draws=draws,
        generator=generator_for(seed, definition.key),
    )
    if compared is None:
        return None, "In the hold-out all or none converted: nothing can be compared."
    areas = compared.value
    low, high = compared.difference()
    text = (
        f"Without the {len(doubted)} of {count} signals that are proposed for removal "
        f"({', '.join(doubted['signal_key'])}) the area under the ROC curve is "
        f"{areas[1]:.3f} instead of {areas[0]:.3f} in the hold-out (difference "
        f"{low:+.3f} to {high:+.3f})"
    )
    if low > -ALLOWED_LOSS:
        return True, f"{text}: they can go."
    if high < 0:
        return False, f"{text}: they do carry something together."
    return None, f"{text}: too few to tell whether they can go."


def _wrong_way(own: Frame) -> _Finding:
    """Look for signals that earn points against their effect."""
    is_wrong = own["warning"].fillna("").str.startswith(_WRONG_WAY)
    if is_wrong.any():
        return True, f"Signals that point the wrong way: {', '.join(own['signal_key'][is_wrong])}."
    is_told = ~own["warning"].fillna("").str.startswith("too few observations")
    if not is_told.any():
        return None, "There are too few observations to tell."
    return False, "No signal was seen to point the wrong way."
