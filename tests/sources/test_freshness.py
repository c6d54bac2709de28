"""`dbt source freshness` tells by the last usable event whether a source still sends."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from harness import Project

NOW = datetime.now(timezone.utc).replace(tzinfo=None)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    empty = {"users": [], "accounts": [], "subscriptions": []}
    return Project(tmp_path_factory.mktemp("freshness"), raw_tables=empty, has_calibration=False)


@pytest.mark.parametrize(("age", "status"), [(1, "pass"), (3, "warn"), (8, "error")])
@pytest.mark.parametrize("has_received_at", [True, False])
def test_the_last_usable_time_counts(
    project: Project, age: int, status: str, has_received_at: bool
) -> None:
    last = (NOW - timedelta(days=age)).isoformat(sep=" ")
    column = "received_at" if has_received_at else "occurred_at"
    times = ["2024-01-01 00:00:00", last, "2999-01-01 00:00:00", "yesterday", ""]
    rows = [
        {"event_id": str(number), "event_name": "login", "occurred_at": "2024-01-01 00:00:00"}
        | {column: time}
        for number, time in enumerate(times)
    ]
    project.write_raw({"events": rows}, "csv")
    outcome = project.dbt("source", "freshness")
    (result,) = [one for one in outcome.result.results if one.node.resource_type == "source"]
    assert str(result.status) == status, outcome.text
    assert result.max_loaded_at.isoformat(sep=" ").startswith(last)
    assert outcome.success == (status != "error")


def test_a_folder_without_the_file_is_told_as_a_build_tells_it(tmp_path: Path) -> None:
    outcome = Project(tmp_path, has_calibration=False).dbt("source", "freshness")
    assert not outcome.success
    assert "Put the file there, or point the environment variable PQL_RAW_PATH" in outcome.text
