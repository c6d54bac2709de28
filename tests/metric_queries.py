"""Validates the metrics and queries them, as ``mf`` does, in one process.

``mf`` takes about ten seconds to start. Run in a folder with ``dbt_project.yml`` and, in
``target``, the semantic manifest of a build; reads a JSON object of queries by name (``metrics``,
``group_by``, or ``saved_query``) from standard input, and writes the rows and the SQL of each, as
JSON, to the file that is named.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from dbt_metricflow.cli.main import validate_configs
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def answer(configuration: CLIConfiguration, asked: dict[str, Any]) -> dict[str, Any]:
    """Rows and SQL of one query."""
    result = configuration.mf.query(
        MetricFlowQueryRequest.create(
            saved_query_name=asked.get("saved_query"),
            metric_names=asked.get("metrics"),
            group_by_names=asked.get("group_by"),
        )
    )
    table = result.result_df
    rows = [dict(zip(table.column_names, row, strict=True)) for row in table.rows]
    return {"rows": rows, "sql": result.sql}


def main(answers: Path) -> None:
    """Validate, and answer the queries of standard input."""
    configuration = CLIConfiguration()
    configuration.setup()
    # It ends the process with another code than 0 when something is wrong.
    validate_configs.main([], obj=configuration, standalone_mode=False)
    found = {name: answer(configuration, asked) for name, asked in json.load(sys.stdin).items()}
    answers.write_text(json.dumps(found, default=str), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
