"""A first tracking plan, drafted from the most frequent events, in the columns of the seeds."""

import csv
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from python_udfs.source_inspection.conversions import EventLift

ACTIVITIES = "pql_activities"
SIGNALS = "pql_signals"
WINDOW_DAYS = 30

_EVERY_EVENT = {
    "activity_key": "any_event",
    "event_name": "*",
    "description": "Any event; the pulse of an account",
}
# What can be asked of any product, whatever its events are called.
_GENERAL_SIGNALS = (
    {
        "signal_key": "active_days_14d",
        "activity_key": "any_event",
        "measure": "active_days",
        "window_days": "14",
        "operator": ">=",
        "threshold": "4",
        "kind": "frequency",
        "reason_template": "Active on {value} of the last 14 days",
        "description": "Regular use: distinct days with an event in 14 days",
    },
    {
        "signal_key": "active_users_14d",
        "activity_key": "any_event",
        "measure": "active_users",
        "window_days": "14",
        "operator": ">=",
        "threshold": "2",
        "kind": "collaboration",
        "reason_template": "{value} people active in the last 14 days",
        "description": "Distinct people with an event in 14 days",
    },
    {
        "signal_key": "inactive_14d",
        "activity_key": "any_event",
        "measure": "days_since_last",
        "operator": ">=",
        "threshold": "14",
        "kind": "negative",
        "reason_template": "No activity for 14 days or more",
        "description": "Days since the last event",
    },
)


def seed_columns(seed: str) -> list[str]:
    """Read the columns of a seed of the project.

    Parameters
    ----------
    seed : str
        Its name.

    Returns
    -------
    list of str
    """
    with _seed_path(seed).open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def tracked_names() -> set[str]:
    """Read the event names of the tracking plan that is there.

    Returns
    -------
    set of str
    """
    with _seed_path(ACTIVITIES).open(encoding="utf-8", newline="") as file:
        return {row["event_name"] for row in csv.DictReader(file)}


def snake_case(name: str) -> str:
    """Make a key of a name.

    Parameters
    ----------
    name : str
        Such as ``Project Created``, ``projectCreated`` or ``$pageview``.

    Returns
    -------
    str
        Such as ``project_created`` and ``pageview``; ``event`` where no letter is left.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    split = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3_\2\4", plain)
    key = re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")
    if not key:
        return "event"
    return f"event_{key}" if key[0].isdigit() else key


def draft_activities(names: Iterable[str]) -> list[dict[str, str]]:
    """Draft an activity for each event name, and one for every event.

    Parameters
    ----------
    names : iterable of str
        Event names; a name that stands twice counts once.

    Returns
    -------
    list of dict
        Rows of ``pql_activities``; keys are distinct.
    """
    rows = [dict(_EVERY_EVENT)]
    taken = {_EVERY_EVENT["activity_key"]}
    for name in dict.fromkeys(names):
        key = first = snake_case(name)
        number = 2
        while key in taken:
            key = f"{first}_{number}"
            number += 1
        taken.add(key)
        rows.append({"activity_key": key, "event_name": name, "description": f"Event {name}"})
    return rows


def draft_signals(
    activities: Sequence[Mapping[str, str]], lifts: Sequence[EventLift], first_days: int
) -> list[dict[str, str]]:
    """Draft signals: some that every product has, and one for each event that is worth a look.

    Parameters
    ----------
    activities : sequence of mapping
        The drafted activities.
    lifts : sequence of EventLift
        The comparison with conversions; without one every event is worth a look.
    first_days : int
        Days after signup that the comparison looks at.

    Returns
    -------
    list of dict
        Rows of ``pql_signals``. Of the compared events only those with a difference beyond chance.
    """
    rows = [dict(row) for row in _GENERAL_SIGNALS]
    by_name = {lift.event_name: lift for lift in lifts}
    for activity in activities:
        name, key = activity["event_name"], activity["activity_key"]
        lift = by_name.get(name)
        if name == "*" or (lifts and (lift is None or lift.verdict not in ("more", "less"))):
            continue
        readable = key.replace("_", " ")
        rows.append(
            {
                "signal_key": f"{key}_{WINDOW_DAYS}d",
                "activity_key": key,
                "measure": "events",
                "window_days": str(WINDOW_DAYS),
                "operator": ">=",
                "threshold": "1",
                "kind": "negative" if lift and lift.verdict == "less" else "adoption",
                "reason_template": f"{{value}} x {readable} in {WINDOW_DAYS} days",
                "description": describe(lift, first_days)
                if lift
                else "Drafted without conversions to compare with",
            }
        )
    return rows


def describe(lift: EventLift, first_days: int) -> str:
    """Say in a sentence what a comparison found.

    Parameters
    ----------
    lift : EventLift
        The comparison.
    first_days : int
        Days after signup that it looks at.

    Returns
    -------
    str
    """
    return (
        f"Drafted: {lift.rate_with:.0%} of {lift.accounts_with:,} accounts with it in their first "
        f"{first_days} days converted, {lift.rate_without:.0%} of {lift.accounts_without:,} without"
    )


def write_draft(
    folder: Path, activities: Sequence[Mapping[str, str]], signals: Sequence[Mapping[str, str]]
) -> tuple[Path, Path]:
    """Write both drafts as CSV files with the columns of the seeds.

    Parameters
    ----------
    folder : Path
        Where to write; not the folder of the seeds.
    activities, signals : sequence of mapping
        The rows.

    Returns
    -------
    tuple of Path
        The two files.

    Raises
    ------
    ValueError
        ``folder`` is that of the seeds.
    """
    if folder.resolve() == _seed_path(ACTIVITIES).parent.resolve():
        raise ValueError(
            f"{folder} holds the definitions: a draft is never written over them; name another "
            "folder and copy the rows that you want."
        )
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for seed, rows in ((ACTIVITIES, activities), (SIGNALS, signals)):
        path = folder / f"{seed}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, seed_columns(seed), restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        written.append(path)
    return written[0], written[1]


def _seed_path(seed: str) -> Path:
    return Path(os.environ.get("PQL_DEFINITIONS_PATH", "seeds")) / f"{seed}.csv"
