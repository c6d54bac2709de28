"""What a build warns of is seen although dbt itself is quiet."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from dbt.contracts.results import NodeStatus
from rich.console import Console

from python_udfs import pipeline


class QuietDbt:
    """Stands in for dbt: a test warns, first by name and then by its result."""

    def __init__(self, callbacks: list) -> None:
        self.callbacks = callbacks

    def invoke(self, _: list[str]) -> SimpleNamespace:
        for tell in self.callbacks:
            tell(
                SimpleNamespace(
                    info=SimpleNamespace(name="JinjaLogWarning"),
                    data=SimpleNamespace(msg="settings/pql_alert_rules.csv: no such key"),
                )
            )
        warned = SimpleNamespace(
            status=NodeStatus.Warn,
            message="Got 1 result",
            node=SimpleNamespace(name="assert_settings"),
        )
        return SimpleNamespace(
            success=True, exception=None, result=SimpleNamespace(results=[warned])
        )


def test_warnings_of_a_quiet_build_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "dbtRunner", QuietDbt)
    console = Console(width=100)
    with console.capture() as captured:
        assert pipeline.dbt_build(console)
    told = captured.get()
    assert "warning: settings/pql_alert_rules.csv: no such key" in told
    assert "warning: assert_settings: Got 1 result" in told
