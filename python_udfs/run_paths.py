"""Where a run reads and writes: environment variables, and what holds without them."""

import os
from dataclasses import dataclass
from pathlib import Path


class OutputPathError(ValueError):
    """Nothing can be written there; the message says what to do."""


@dataclass(frozen=True)
class RunPath:
    """A file or folder that an environment variable names.

    Parameters
    ----------
    variable : str
        The environment variable.
    default : str
        The path without it, from the root of the project.
    is_folder : bool
        Whether it is a folder.
    """

    variable: str
    default: str
    is_folder: bool = False

    @property
    def chosen(self) -> str:
        """The path that holds for this run."""
        return os.environ.get(self.variable, self.default)

    def check(self, path: str | Path) -> None:
        """Fail where nothing can be written, before the work whose result would be lost.

        Parameters
        ----------
        path : str or pathlib.Path
            The path to write to, from the variable or from the command line; it need not exist.

        Raises
        ------
        OutputPathError
            If it is a folder instead of a file or the reverse, lies below a file, or is protected.
        """
        said, path = f"{str(path)!r} ({self.variable})", Path(path)
        if self.is_folder and os.path.isfile(path):
            raise OutputPathError(f"{said} is a file: name a folder")
        if not self.is_folder and os.path.isdir(path):
            example = str(path / Path(self.default).name)
            raise OutputPathError(f"{said} is a folder: name a file, such as {example!r}")
        folder = path if self.is_folder else path.parent
        while not os.path.exists(folder):
            folder = folder.parent
        if not os.path.isdir(folder):
            raise OutputPathError(
                f"{said} lies below {str(folder)!r}, which is a file: name a path below a folder"
            )
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OutputPathError(
                f"{said}: nothing may be written in {str(folder.absolute())!r}: name another "
                "path, or give the right to"
            )


RAW = RunPath("PQL_RAW_PATH", "local/demo_raw", is_folder=True)
DATABASE = RunPath("PQL_DUCKDB_PATH", "local/pql.duckdb")
VALIDATION = RunPath("PQL_VALIDATION_PATH", "local/validation", is_folder=True)
PUBLISHED = RunPath("PQL_PUBLISH_PATH", "local/published", is_folder=True)
REPORT = RunPath("PQL_REPORT_PATH", "local/calibration_report.html")
DASHBOARD = RunPath("PQL_DASHBOARD_PATH", "local/dashboard.html")
