"""``python -m python_udfs.publish``: publish the marts of a finished build."""

import argparse
import sys

from python_udfs import dbt_artifacts
from python_udfs.publish import PublishError, publish, publishes_personal_data
from python_udfs.run_paths import DATABASE, PUBLISHED, OutputPathError


def main() -> int:
    """Publish, and say what was published where.

    Returns
    -------
    int
        0 when it is published, else 1.
    """
    parser = argparse.ArgumentParser(
        prog="python -m python_udfs.publish",
        description="Publish the marts of a finished build for BI tools.",
    )
    parser.add_argument("--duckdb-path", default=DATABASE.chosen)
    parser.add_argument(
        "--target-path", default=dbt_artifacts.target_path(), help="target folder of dbt"
    )
    parser.add_argument("--out", default=PUBLISHED.chosen, help="the folder to publish to")
    options = parser.parse_args()
    try:
        done = publish(
            options.duckdb_path,
            options.out,
            options.target_path,
            with_personal_data=publishes_personal_data(),
        )
    except (PublishError, OutputPathError, OSError) as error:
        print(f"publish: {error}", file=sys.stderr)
        return 1
    print(
        f"{done.duckdb_path}: {len(done.row_counts)} tables, {sum(done.row_counts.values()):,} "
        f"rows, build {done.build_number}, as of {done.as_of_on}\n{done.parquet_path}: the same "
        "as Parquet"
    )
    for table, columns in done.left_out.items():
        print(f"left out (personal data): {table}.{', '.join(columns)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
