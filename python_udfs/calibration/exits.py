"""Exit thresholds: how far a score may fall before the status is lost, so that it does not flap."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_udfs.calibration import schemas
from python_udfs.calibration.inputs import (
    SCORE_DECIMALS,
    Day,
    Definition,
    Flags,
    Floats,
    Frame,
    Integers,
    MissingColumnError,
    check_arguments,
    read_definitions,
    read_table,
    rows_by_definition,
    seal,
)
from python_udfs.calibration.periods import Periods, time_split

FLAP_DAYS = 30
"""A status that is lost and regained within so many days has flapped: sales was told to stop and to
start again about the same lead."""

MAX_FLAP_RATE = 0.1
"""Share of the qualifications that may flap."""

LOWEST_SHARE = 0.5
"""Lowest exit threshold that is looked at, as a share of the enter threshold: below, the status
says that an entity once was active, not that it is."""

MAX_CANDIDATES = 20


@dataclass(frozen=True)
class ScoreSpans:
    """Intervals of the score history of one definition, sorted by entity and day.

    Attributes
    ----------
    is_first : ndarray of bool, shape (n,)
        Whether the interval is the first of its entity.
    valid_from : ndarray of int64, shape (n,)
        Day numbers.
    score : ndarray of float64, shape (n,)
        Points.
    can_qualify : ndarray of bool, shape (n,)
        In the audience, required signals met, and a score known.
    """

    is_first: Flags
    valid_from: Integers
    score: Floats
    can_qualify: Flags

    def levels(self, low: float, high: float, last_day: int) -> Floats:
        """Take the distinct scores up to a day between two bounds, all included, rising."""
        is_seen = (self.score >= low) & (self.score <= high) & (self.valid_from <= last_day)
        return np.unique(self.score[is_seen])


@dataclass(frozen=True)
class ExitFigures:
    """What one pair of thresholds does in a period; see ``schemas.EXIT_THRESHOLDS``."""

    qualifications: int
    lapses: int
    flaps: int
    qualified_days: int
    days_below_enter: int

    @property
    def flap_rate(self) -> float:
        """Flaps per qualification; NaN without any."""
        return self.flaps / self.qualifications if self.qualifications else np.nan


def read_score_spans(score_spans: Frame, keys: list[str]) -> dict[str, ScoreSpans]:
    """Read the score history of every definition.

    Parameters
    ----------
    score_spans : pandas.DataFrame
        Columns of ``schemas.SCORE_SPANS``.
    keys : list of str
        The definitions.

    Returns
    -------
    dict of str to ScoreSpans
        One for each key.

    Raises
    ------
    CalibrationError
        If the table breaks its contract.
    """
    rows = rows_by_definition(read_table(score_spans, schemas.SCORE_SPANS, "score_spans"), keys)
    return {key: _sort(rows[key]) for key in keys}


def _sort(rows: Frame) -> ScoreSpans:
    """Sort the intervals of one definition."""
    entity = rows["entity_key"].to_numpy()
    valid_from = rows["valid_from"].to_numpy()
    order = np.lexsort((valid_from, entity))
    entity = entity[order]
    score = np.round(rows["score"].to_numpy()[order], SCORE_DECIMALS)
    return ScoreSpans(
        is_first=np.diff(entity, prepend=entity[:1] - 1) != 0,
        valid_from=valid_from[order],
        score=np.nan_to_num(score, nan=-np.inf),
        can_qualify=rows["can_qualify"].to_numpy()[order] & ~np.isnan(score),
    )


def exit_thresholds(
    score_spans: Frame,
    verdicts: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
) -> Frame:
    """Show what each candidate exit threshold does, with the enter threshold of the verdict.

    Parameters
    ----------
    score_spans : pandas.DataFrame
        Columns of ``schemas.SCORE_SPANS``.
    verdicts : pandas.DataFrame
        What `calibrate` returned for the same data.
    definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.DEFINITIONS``, ``SETTINGS``, ``PANEL_DAYS``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.EXIT_THRESHOLDS``; no rows for a history that is too short to split.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.
    """
    check_arguments(horizon_days)
    keys = ["definition_key", "exit_threshold", "split"]
    known = read_definitions(definitions, settings)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    if not known or periods is None:
        return seal([], schemas.EXIT_THRESHOLDS, keys)
    needed = ["definition_key", "recommended_threshold", "recommended_exit_threshold"]
    missing = [name for name in needed if name not in verdicts.columns]
    if missing:
        raise MissingColumnError(f"verdicts has no column {', '.join(map(repr, missing))}")
    recommended = verdicts.set_index("definition_key")[needed[1:]].to_dict("index")
    spans = read_score_spans(score_spans, [one.key for one in known])
    rows: list[dict[str, object]] = []
    for definition in known:
        advice = recommended.get(definition.key, {})
        enter = _given(advice.get("recommended_threshold"), definition.enter_threshold)
        exit_ = _given(advice.get("recommended_exit_threshold"), np.nan)
        candidates = candidate_exits(spans[definition.key], definition, enter, periods)
        candidates = np.union1d(candidates, exit_ if np.isfinite(exit_) else [])
        for split in schemas.SPLITS:
            days = exit_days(periods, split)
            for candidate in candidates:
                figures = flapping(spans[definition.key], enter, float(candidate), *days)
                rows.append(
                    {
                        "definition_key": definition.key,
                        "exit_threshold": candidate,
                        "split": split,
                        "enter_threshold": enter,
                        "is_current": candidate == definition.exit_threshold,
                        "is_recommended": candidate == exit_,
                        "qualification_count": figures.qualifications,
                        "lapse_count": figures.lapses,
                        "flap_count": figures.flaps,
                        "flap_rate": figures.flap_rate,
                        "qualified_days": figures.qualified_days,
                        "below_enter_share": figures.days_below_enter / figures.qualified_days
                        if figures.qualified_days
                        else np.nan,
                    }
                )
    return seal(rows, schemas.EXIT_THRESHOLDS, keys)


def _given(value: object, otherwise: float) -> float:
    """Take a number unless it is missing."""
    return otherwise if value is None or pd.isna(value) else float(value)


def exit_days(periods: Periods, split: str) -> tuple[int, int]:
    """Take the days of a split: up to the split day and after it; the status needs no horizon.

    Parameters
    ----------
    periods : Periods
        The split.
    split : str
        ``fit`` or ``holdout``.

    Returns
    -------
    tuple of int
        First and last day number.
    """
    if split == "fit":
        return periods.history_from, periods.split_on
    return periods.split_on + 1, periods.as_of


def candidate_exits(
    spans: ScoreSpans, definition: Definition, enter: float, periods: Periods
) -> Floats:
    """List the exit thresholds to look at: scores of the fit period, and the one in force.

    Where there are more than ``MAX_CANDIDATES``, scores of the hold-out among them would decide
    which of the others are looked at.

    Parameters
    ----------
    spans : ScoreSpans
        Of the definition.
    definition : Definition
        With the exit threshold in force.
    enter : float
        Enter threshold, in points.
    periods : Periods
        The split; days after ``split_on`` are not looked at.

    Returns
    -------
    ndarray of float64, shape (c,)
        Rising, between ``LOWEST_SHARE`` of ``enter`` and ``enter``; at most ``MAX_CANDIDATES``
        beside ``enter`` and the one in force, which may lie lower.
    """
    levels = spans.levels(LOWEST_SHARE * enter, enter, periods.split_on)
    if len(levels) > MAX_CANDIDATES:
        levels = levels[np.linspace(0, len(levels) - 1, MAX_CANDIDATES).round().astype(np.int64)]
    now = [definition.exit_threshold] if definition.exit_threshold <= enter else []
    return np.union1d(levels, [enter, *now])


def flapping(
    spans: ScoreSpans, enter: float, exit_: float, first_day: int, last_day: int
) -> ExitFigures:
    """Follow the status of every entity under a pair of thresholds and count its changes.

    The status is that of DESIGN section 4: gained where the entity can qualify and its score is at
    least ``enter``, held while it can qualify and its score is at least ``exit_``.

    Parameters
    ----------
    spans : ScoreSpans
        Of one definition.
    enter, exit_ : float
        Thresholds in points, ``exit_`` at most ``enter``.
    first_day, last_day : int
        Days that count, both included. A lapse in the last ``FLAP_DAYS`` of them is not counted as
        a flap, whatever follows, since not all of them could be seen.

    Returns
    -------
    ExitFigures
        Counts over all entities.
    """
    count = len(spans.score)
    if count == 0:
        return ExitFigures(0, 0, 0, 0, 0)
    # The last interval that decides (enters or does not hold) tells the status of those after it.
    enters = spans.can_qualify & (spans.score >= enter)
    holds = spans.can_qualify & (spans.score >= exit_)
    decides = enters | ~holds | spans.is_first
    last = np.maximum.accumulate(np.where(decides, np.arange(count), 0))
    is_qualified = enters[last]
    was_qualified = np.append(False, is_qualified[:-1]) & ~spans.is_first
    in_period = (spans.valid_from >= first_day) & (spans.valid_from <= last_day)
    gained = is_qualified & ~was_qualified
    lapsed = was_qualified & ~is_qualified & spans.can_qualify

    changes = np.flatnonzero(gained | (was_qualified & ~is_qualified))
    change_on = spans.valid_from[changes]
    entity = np.cumsum(spans.is_first)[changes]
    # Within an entity, what follows a loss is a gain.
    wait = np.full(len(changes), FLAP_DAYS + 1)
    wait[:-1] = np.where(np.diff(entity) == 0, np.diff(change_on), FLAP_DAYS + 1)
    is_flap = (
        lapsed[changes]
        & in_period[changes]
        & (wait <= FLAP_DAYS)
        & (change_on + FLAP_DAYS <= last_day)
    )

    ends = np.append(spans.valid_from[1:], last_day + 1)
    ends[:-1][spans.is_first[1:]] = last_day + 1
    days = np.maximum(np.minimum(ends, last_day + 1) - np.maximum(spans.valid_from, first_day), 0)
    return ExitFigures(
        qualifications=int((gained & in_period).sum()),
        lapses=int((lapsed & in_period).sum()),
        flaps=int(is_flap.sum()),
        qualified_days=int(days[is_qualified].sum()),
        days_below_enter=int(days[is_qualified & (spans.score < enter)].sum()),
    )


def choose_exit(
    spans: ScoreSpans, definition: Definition, enter: float, periods: Periods
) -> tuple[float, ExitFigures]:
    """Choose the exit threshold of an enter threshold on the fit period.

    The highest candidate of whose qualifications at most ``MAX_FLAP_RATE`` flap; where none keeps
    to that, the one that flaps least, of equals the highest. High, because a low exit threshold
    keeps leads whose use has long fallen.

    Parameters
    ----------
    spans : ScoreSpans
        Of the definition.
    definition : Definition
        With its sample floors and the exit threshold in force.
    enter : float
        Enter threshold, in points.
    periods : Periods
        The split; days after ``split_on`` are not looked at.

    Returns
    -------
    float
        The exit threshold. With fewer qualifications than ``min_entities`` the data cannot tell:
        the distance of the thresholds in force is kept, as a ratio.
    ExitFigures
        What it does in the fit period.
    """
    days = exit_days(periods, "fit")
    candidates = candidate_exits(spans, definition, enter, periods)
    # The one in force may lie lower: it is shown, not chosen.
    candidates = candidates[candidates >= LOWEST_SHARE * enter]
    figures = [flapping(spans, enter, float(one), *days) for one in candidates]
    if figures[-1].qualifications < definition.settings.min_entities:
        share = min(definition.exit_threshold / definition.enter_threshold, 1.0)
        scaled = enter * share
        whole = np.floor(scaled)
        kept = round(scaled, SCORE_DECIMALS) if share == 1.0 or whole <= 0 else float(whole)
        return kept, flapping(spans, enter, kept, *days)
    rates = np.array([one.flap_rate for one in figures])
    calm = np.flatnonzero(rates <= MAX_FLAP_RATE)
    at = int(calm[-1]) if len(calm) else int(np.flatnonzero(rates == rates.min())[-1])
    return float(candidates[at]), figures[at]
