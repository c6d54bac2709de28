"""Small databases that look like a finished build, and what dbt leaves behind, for publishing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

TABLES = ("dim_things", "fct_changes", "fct_scores")
FIRST_AS_OF_ON = date(2024, 1, 1)


@dataclass(frozen=True)
class StandIn:
    """A folder with a database of three marts whose rows all carry the number of their build."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "pql.duckdb"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    @property
    def published(self) -> Path:
        return self.folder / "published"

    def build(self, number: int, rows: int = 1000, **results: Any) -> None:
        """Write the database of a build and dbt's files about it; ``results`` as ``artifacts``."""
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(
                f"""
                create schema if not exists marts;
                create schema if not exists builds;
                create schema if not exists intermediate;
                create or replace table builds.last_build as
                select {number} as build_number,
                    date '{FIRST_AS_OF_ON + timedelta(days=number)}' as as_of_on;
                create or replace table intermediate.int_build_plan as
                select {number} as build_number;
                create or replace table marts.dim_things as
                select i as thing_id, {number} as build_number, 'p' || i as email
                from range({rows} + {number}) as t(i);
                create or replace table marts.fct_changes as
                select i as change_id, {number} as build_number
                from range({2 * rows} + {number}) as t(i);
                create or replace view marts.fct_scores as
                select thing_id, {number} as build_number from pql.marts.dim_things;
                """
            )
        self.artifacts(f"build-{number}", **results)

    def artifacts(
        self,
        invocation: str = "build-1",
        *,
        command: str = "build",
        statuses: Mapping[str, str | None] | None = None,
        is_empty: bool = False,
        results_of: str | None = None,
    ) -> None:
        """Write what dbt leaves; a status of None leaves the node out of the results."""
        nodes = {
            f"model.pql.{name}": {
                "resource_type": "model",
                "unique_id": f"model.pql.{name}",
                "name": name,
                "alias": name,
                "fqn": ["pql", "calibration" if name == "fct_changes" else "scoring", name],
                "database": "pql",
                "schema": "intermediate" if name.startswith("int_") else "marts",
                "relation_name": f'"pql"."{schema}"."{name}"',
                "description": f"What {name} isn't.",
                "config": {"enabled": True},
                "constraints": [],
                "columns": {},
            }
            for schema, name in (
                ("intermediate", "int_build_plan"),
                *(("marts", table) for table in TABLES),
            )
        }
        things = nodes["model.pql.dim_things"]
        things["constraints"] = [{"type": "primary_key", "columns": ["thing_id"]}]
        things["columns"] = {
            "thing_id": {"name": "thing_id", "description": "The thing's id.", "meta": {}},
            "email": {
                "name": "email",
                "description": "Its address.",
                "meta": {"contains_personal_data": True},
            },
        }
        nodes["test.pql.grain"] = {
            "resource_type": "test",
            "unique_id": "test.pql.grain",
            "name": "grain",
            "fqn": ["pql", "marts", "scoring", "grain"],
            "database": "pql",
            "schema": "tests",
            "config": {"enabled": True},
            "attached_node": "model.pql.fct_changes",
            "test_metadata": {"name": "unique_grain", "kwargs": {"columns": ["change_id"]}},
        }
        nodes["test.pql.switched_off"] = {
            **nodes["test.pql.grain"],
            "unique_id": "test.pql.switched_off",
            "name": "switched_off",
            "config": {"enabled": False},
        }
        manifest = {
            "metadata": {"invocation_id": invocation},
            "nodes": nodes,
            "sources": {
                "source.pql.builds.last_build": {
                    "name": "last_build",
                    "relation_name": '"pql"."builds"."last_build"',
                }
            },
        }
        found = {
            name: "pass" if node["resource_type"] == "test" else "success"
            for name, node in nodes.items()
            if node["config"]["enabled"]
        } | dict(statuses or {})
        results = {
            "metadata": {"invocation_id": results_of or invocation},
            "args": {"which": command, "empty": is_empty},
            "results": [
                {"unique_id": name, "status": status}
                for name, status in found.items()
                if status is not None
            ],
        }
        self.target.mkdir(exist_ok=True)
        (self.target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        (self.target / "run_results.json").write_text(json.dumps(results), encoding="utf-8")
