"""What to do about a row that cannot be used, in one sentence (docs/quarantine.md has more)."""

_REMEDIES = {
    "missing_event_name": "The tracking call has no name: name it.",
    "missing_kind": "Write mql or sql.",
    "unknown_kind": "Write mql or sql.",
    "missing_mrr_amount": "Write a number such as 99.00; 0 for free plans.",
    "unreadable_amount": "Write a number such as 99.00, without currency signs.",
    "unreadable_mrr_amount": "Write a number such as 99.00, without currency signs.",
    "unknown_entity_type": "Write user or account.",
    "merged_into_itself": "Export the id that is no longer used as merged_id.",
    "unreadable_is_internal": "Write true or false.",
    "occurred_after_received": "A wrong device clock, or occurred and received are swapped.",
    "invalid_json": "Write properties as JSON text, encoded once.",
    "no_user_or_account": "Send a user id, an account id or an anonymous id.",
    "bot": "A crawler or a monitor by its user agent: nothing to do.",
}
_KINDS = {
    "missing_": "The export loses {column}: export it for every row.",
    "unreadable_": "{column} cannot be read: write times as 2026-01-31 13:45:00.",
    "implausible_": "{column} is before 2000 or in the future: a wrong clock, or another unit.",
}
_OTHERWISE = "See docs/quarantine.md."


def remedy_for(reason: str) -> str:
    """Say what to do about a quarantine reason.

    Parameters
    ----------
    reason : str
        As the staging models write it.

    Returns
    -------
    str
    """
    if reason in _REMEDIES:
        return _REMEDIES[reason]
    for beginning, remedy in _KINDS.items():
        if reason.startswith(beginning):
            return remedy.format(column=reason.removeprefix(beginning))
    return _OTHERWISE
