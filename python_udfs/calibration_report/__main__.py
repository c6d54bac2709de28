"""``python -m python_udfs.calibration_report``: write the report of a finished build."""

import sys

from python_udfs.calibration_report import write_report
from python_udfs.pages.command import page_command
from python_udfs.run_paths import REPORT

if __name__ == "__main__":
    sys.exit(
        page_command(
            "calibration_report",
            "Write the calibration of a finished build as one HTML file.",
            write_report,
            REPORT,
        )
    )
