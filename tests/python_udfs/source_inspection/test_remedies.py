"""Every reason that a row is quarantined for has a remedy, and stands in docs/quarantine.md."""

from __future__ import annotations

import re

from harness import PROJECT_ROOT

from python_udfs.source_inspection.remedies import remedy_for


def reasons() -> set[str]:
    """Read the reasons out of the macros that write them."""
    found = set()
    for path in (PROJECT_ROOT / "macros" / "staging").glob("contract_*.sql"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"then '(\w+)'", text))
        for name in re.findall(r"time_problem\('(\w+)'", text):
            found |= {f"{kind}_{name}" for kind in ("missing", "unreadable", "implausible")}
    return found


def test_every_reason_has_a_remedy():
    assert {"invalid_json", "implausible_occurred_at", "missing_company_id"} <= reasons()
    for reason in reasons():
        assert remedy_for(reason) != remedy_for("no such reason"), reason


def test_every_reason_is_documented():
    page = (PROJECT_ROOT / "docs" / "quarantine.md").read_text(encoding="utf-8")
    for reason in reasons():
        kind = reason.split("_")[0]
        assert f"`{reason}`" in page or f"`{kind}_<" in page, reason
