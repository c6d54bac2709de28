"""Where a run reads and writes: environment variables, and what holds without them."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class RunPath:
    """A file or folder that an environment variable names.

    Parameters
    ----------
    variable : str
        The environment variable.
    default : str
        The path without it, from the root of the project.
    """

    variable: str
    default: str

    @property
    def chosen(self) -> str:
        """The path that holds for this run."""
        return os.environ.get(self.variable, self.default)


RAW = RunPath("PQL_RAW_PATH", "local/demo_raw")
DATABASE = RunPath("PQL_DUCKDB_PATH", "local/pql.duckdb")
VALIDATION = RunPath("PQL_VALIDATION_PATH", "local/validation")
PUBLISHED = RunPath("PQL_PUBLISH_PATH", "local/published")
REPORT = RunPath("PQL_REPORT_PATH", "local/calibration_report.html")
DASHBOARD = RunPath("PQL_DASHBOARD_PATH", "local/dashboard.html")
