"""The unit tests of dbt, in a new database: they need nothing of an earlier build."""

from __future__ import annotations

from pathlib import Path

from harness import EVERY_SOURCE, PROJECT_ROOT, RAW_COLUMNS, Project, write_csv


def test_dbt_build_succeeds_in_a_new_database(tmp_path: Path) -> None:
    """As the README says it, on files without rows; the demo runs the tests of the data."""
    project = Project(tmp_path, dict.fromkeys(RAW_COLUMNS, ()), has_unit_tests=True)
    outcome = project.build("--exclude-resource-type", "test").check()
    # Saved queries and exposures are nothing to build.
    assert set(outcome.statuses.values()) <= {"success", "pass", "no-op"}
    kinds = {str(result.node.resource_type) for result in outcome.result.results}
    assert kinds >= {"seed", "model", "unit_test"}


def test_the_unit_tests_of_every_source_pass(tmp_path: Path) -> None:
    """The models of a source are there when it is on: all are, on files that hold no rows."""
    folders = {path.name for path in (PROJECT_ROOT / "models" / "staging").iterdir()}
    assert folders == {
        *EVERY_SOURCE["pql_event_sources"],
        *EVERY_SOURCE["pql_business_sources"],
    }
    project = Project(
        tmp_path,
        variables=EVERY_SOURCE,
        has_unit_tests=True,
        has_calibration=False,
    )
    manifest = project.parse(project.variables).check().result
    for table in manifest.sources.values():
        if table.source_name != "builds" and not table.config.meta.get("optional"):
            folder = project.raw_path / ("" if table.source_name == "raw" else table.source_name)
            folder.mkdir(exist_ok=True)
            write_csv(folder / f"{table.name}.csv", [], list(table.columns))
    outcome = project.build(
        *("--select", "+path:models/staging", "--exclude-resource-type", "test")
    ).check()
    expected = {
        test.name
        for test in manifest.unit_tests.values()
        if test.original_file_path.startswith("models/staging")
    }
    assert expected
    assert expected <= outcome.statuses.keys()
