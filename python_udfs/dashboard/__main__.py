"""``python -m python_udfs.dashboard``: write the dashboard of a finished build."""

import sys

from python_udfs.dashboard import write_dashboard
from python_udfs.pages.command import page_command
from python_udfs.run_paths import DASHBOARD

if __name__ == "__main__":
    sys.exit(
        page_command(
            "dashboard",
            "Write the programme of a finished build as one HTML file.",
            write_dashboard,
            DASHBOARD,
        )
    )
