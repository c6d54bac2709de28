"""The contracts that the suites are built from: raw tables, seeds and marts, as dbt's yml has them.

Nothing is repeated here: a column that is added to the yml, or marked as required there, is checked
by the next run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

RAW_CONTRACT = Path("models/staging/raw/_raw__sources.yml")
DEFINITIONS_FOLDER = Path("models/definitions")
SETTINGS_FOLDER = Path("models/settings")
MARTS_FOLDER = Path("models/marts")
EVENT_TABLES = ("events", "identifies", "memberships", "merges")
"""Tables that the sources of events give; the others come from the business sources."""


@dataclass(frozen=True)
class RawColumn:
    """A column of the raw contract.

    Parameters
    ----------
    name, data_type : str
        As in the yml, in lower case.
    is_required : bool
        Whether a file without it cannot be used.
    """

    name: str
    data_type: str
    is_required: bool


@dataclass(frozen=True)
class RawTable:
    """A table of the raw contract.

    Parameters
    ----------
    name : str
        Also the name of its file, without the ending.
    is_optional : bool
        Whether the file may be absent.
    columns : tuple of RawColumn
        In the order of the yml.
    """

    name: str
    is_optional: bool
    columns: tuple[RawColumn, ...]


COMPANIES = RawTable(
    "companies",
    is_optional=True,
    columns=(
        RawColumn("company_id", "varchar", is_required=True),
        RawColumn("account_id", "varchar", is_required=False),
        RawColumn("company_domain", "varchar", is_required=False),
        RawColumn("employee_count", "bigint", is_required=False),
        RawColumn("created_at", "timestamp", is_required=False),
    ),
)
"""What a CRM or billing system calls an account; the raw source has no such table."""


@dataclass(frozen=True)
class MartTable:
    """A mart with what its contract and its generic tests say.

    Parameters
    ----------
    name : str
        Name of the table in schema ``marts``.
    folder : str
        Folder under ``models/marts``.
    columns : tuple of str
        All columns, in order.
    filled_columns : tuple of str
        Columns that are never null; a primary key is among them.
    grain : tuple of str
        Columns that identify a row; empty where the contract names none.
    interval_key : tuple of str
        Key whose intervals ``[valid_from, valid_to)`` follow each other; empty for other tables.
    rules : tuple of str
        Boolean SQL expressions that hold on every row (a null result counts as held).
    """

    name: str
    folder: str
    columns: tuple[str, ...]
    filled_columns: tuple[str, ...]
    grain: tuple[str, ...]
    interval_key: tuple[str, ...]
    rules: tuple[str, ...]


def read_raw_contract(path: Path | None = None) -> tuple[RawTable, ...]:
    """Read the tables of source ``raw``.

    Parameters
    ----------
    path : Path, optional
        The yml; by default that of the project.

    Returns
    -------
    tuple of RawTable
        In the order of the yml.

    Raises
    ------
    FileNotFoundError
        The project's models are not found.
    """
    content = yaml.safe_load((path or _in_project(RAW_CONTRACT)).read_text(encoding="utf-8"))
    return tuple(
        RawTable(
            name=table["name"],
            is_optional=bool(_meta(table).get("optional", False)),
            columns=tuple(
                RawColumn(
                    name=column["name"].lower(),
                    data_type=column["data_type"].lower(),
                    is_required=bool(_meta(column).get("required", False)),
                )
                for column in table["columns"]
            ),
        )
        for source in content["sources"]
        if source["name"] == "raw"
        for table in source["tables"]
    )


def read_seed_columns(folder: Path) -> dict[str, tuple[str, ...]]:
    """Read the columns of the seeds that a folder of models declares.

    Parameters
    ----------
    folder : Path
        ``DEFINITIONS_FOLDER`` or ``SETTINGS_FOLDER``.

    Returns
    -------
    dict of str to tuple of str
        Names of the columns by seed, in the order of the yml.

    Raises
    ------
    FileNotFoundError
        The project's models are not found.
    """
    return {
        seed["name"]: tuple(column["name"] for column in seed["columns"])
        for path in sorted(_in_project(folder).glob("_*__seeds.yml"))
        for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]
    }


def read_mart_contracts(folder: Path | None = None) -> tuple[MartTable, ...]:
    """Read the contracts of all marts.

    Parameters
    ----------
    folder : Path, optional
        Folder with the yml files; by default ``models/marts`` of the project.

    Returns
    -------
    tuple of MartTable
        In the order of the folders.

    Raises
    ------
    FileNotFoundError
        The project's models are not found.
    """
    return tuple(
        _mart_table(model, path.parent.name)
        for path in sorted((folder or _in_project(MARTS_FOLDER)).glob("*/_*__models.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    )


def _mart_table(model: Mapping[str, Any], folder: str) -> MartTable:
    filled, rules = [], []
    primary_key: list[str] = []
    for constraint in model.get("constraints", []):
        if constraint["type"] == "primary_key":
            primary_key = constraint["columns"]
        elif constraint["type"] == "check":
            rules.append(constraint["expression"])
    for column in model["columns"]:
        kinds = {constraint["type"] for constraint in column.get("constraints", [])}
        if "primary_key" in kinds:
            primary_key = [column["name"]]
        if "not_null" in kinds or column["name"] in primary_key:
            filled.append(column["name"])
        rules += [
            constraint["expression"]
            for constraint in column.get("constraints", [])
            if constraint["type"] == "check"
        ]
    tests = {
        name: arguments.get("arguments", arguments)
        for test in model.get("data_tests", [])
        if isinstance(test, dict)
        for name, arguments in test.items()
    }
    # The test of an identity fails on null, a check constraint does not.
    if "row_identity" in tests:
        rules.append(f"coalesce({tests['row_identity']['identity']}, false)")
    return MartTable(
        name=model["name"],
        folder=folder,
        columns=tuple(column["name"] for column in model["columns"]),
        filled_columns=tuple(filled),
        grain=tuple(primary_key or tests.get("unique_grain", {}).get("columns", ())),
        interval_key=tuple(tests.get("intervals_gap_free", {}).get("key", ())),
        rules=tuple(rules),
    )


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return node.get("config", {}).get("meta", {})


def _in_project(path: Path) -> Path:
    """Path of a file of the project: beside this package, else in the current folder."""
    for root in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (root / path).exists():
            return root / path
    raise FileNotFoundError(f"{path} is not found: run this from the folder of the project")
