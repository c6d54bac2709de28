"""Inputs of the benchmark are built anew when what they are made from has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import planted_truth


@pytest.mark.parametrize(
    "file",
    [
        "python_udfs/demo_data.py",
        "dbt_project.yml",
        "models/marts/scores.sql",
        "models/definitions/_definitions__seeds.yml",
        "macros/engine/hash.sql",
        "seeds/pql_weights.csv",
        "settings/pql_owner_rules.csv",
    ],
)
def test_a_change_of_any_input_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setattr(planted_truth, "REPOSITORY", tmp_path)
    for written in {"python_udfs/demo_data.py", "dbt_project.yml", file}:
        (tmp_path / written).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / written).write_text("before")
    before = planted_truth._digest.__wrapped__()
    assert planted_truth._digest.__wrapped__() == before
    (tmp_path / file).write_text("after")
    assert planted_truth._digest.__wrapped__() != before
