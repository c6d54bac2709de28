"""The unit tests and the singular tests of the dbt project, on the demo that was built."""

from __future__ import annotations

from demo import Demo, run


def test_every_unit_test_and_singular_test_of_dbt_passes(demo: Demo) -> None:
    run(
        "-m",
        "dbt.cli.main",
        "--quiet",
        "test",
        "--select",
        "test_type:unit",
        "test_type:singular",
        **demo.environment,
    )
