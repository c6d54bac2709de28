"""Whether the definition files and the settings are CSV files that dbt can read at all.

dbt reads them before it runs anything, and says of one that it cannot read what Python says. What
the rows of a readable file mean is checked by the models ``definition_errors`` and
``setting_errors``.
"""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from python_udfs.validation.contract import DEFINITIONS_FOLDER, SETTINGS_FOLDER, read_seed_columns
from python_udfs.validation.result import Failure


def failures_of_definition_files(folder: str | Path | None = None) -> tuple[Failure, ...]:
    """Look at every definition file and every file of the settings.

    Parameters
    ----------
    folder : str or Path, optional
        Folder of the definition files; by default ``PQL_DEFINITIONS_PATH``, else ``seeds``.

    Returns
    -------
    tuple of Failure
        One for each file that cannot be read.

    Raises
    ------
    FileNotFoundError
        The project's models are not found.
    """
    definitions = Path(folder or os.environ.get("PQL_DEFINITIONS_PATH", "seeds"))
    found = [
        _failure(path / f"{seed}.csv", columns)
        for path, models in ((definitions, DEFINITIONS_FOLDER), (Path("settings"), SETTINGS_FOLDER))
        for seed, columns in read_seed_columns(models).items()
    ]
    return tuple(failure for failure in found if failure is not None)


def _failure(path: Path, columns: Sequence[str]) -> Failure | None:
    header = ",".join(columns)
    try:
        # Spreadsheets begin a file with a mark of its encoding, which dbt passes over.
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except FileNotFoundError:
        return Failure(
            str(path),
            None,
            "a file, with its header if it has no rows",
            "no such file",
            f"Create it with the header {header}",
        )
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Failure(
            str(path),
            None,
            "text in UTF-8",
            f"the byte 0x{error.object[error.start]:02x} in line {line}",
            "Save it as UTF-8; in a spreadsheet, as `CSV UTF-8 (comma delimited)`.",
        )
    rows = csv.reader(lines)
    names = [name.strip() for name in next(rows, [])]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not any(names):
        return Failure(
            str(path), None, "a header", "nothing in its first line", f"Write the header {header}"
        )
    if twice:
        return Failure(
            str(path),
            twice[0],
            "one column of that name",
            f"{names.count(twice[0])} in the header",
            "Take all but one of them out, or give them other names.",
        )
    if ";" in names[0] and names[0].split(";")[0] in columns:
        return Failure(
            str(path),
            None,
            "columns separated by commas",
            f"the header {names[0]}",
            "Save it with commas; in a spreadsheet, as `CSV UTF-8 (comma delimited)`.",
        )
    for row in rows:
        if len(row) > len(names):
            return Failure(
                str(path),
                None,
                f"at most {len(names)} values in a row, one for each column",
                f"{len(row)} in line {rows.line_num}: {','.join(row)}",
                "Put double quotes around a value that has a comma in it.",
            )
    return None
