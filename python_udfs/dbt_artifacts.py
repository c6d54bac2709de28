"""What dbt says of a project and of its last run: ``manifest.json`` and ``run_results.json``."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DEFAULT_TARGET_PATH = "target"
MARTS_SCHEMA = "marts"

_PASSED = {"success", "pass", "warn"}
_NOT_RUN = {"error", "fail", "runtime error", "skipped", "partial success"}
_BUILT = {"model", "seed", "snapshot", "test"}
# Folder of the models that need not run in every build (docs/operations.md).
_SCHEDULED_APART = "calibration"


class ArtifactError(RuntimeError):
    """The files do not say what is needed; the message says what to do."""


def target_path() -> Path:
    """Return the folder in which dbt leaves its files, as dbt itself finds it."""
    return Path(os.environ.get("DBT_TARGET_PATH", DEFAULT_TARGET_PATH))


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Read ``manifest.json``.

    Parameters
    ----------
    folder : str or pathlib.Path
        Target folder of dbt.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    ArtifactError
        If it is not there.
    """
    return _read(Path(folder) / "manifest.json")


def mart_nodes(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the nodes of the marts by the name of their table.

    Parameters
    ----------
    manifest : mapping
        The manifest.

    Returns
    -------
    dict
        Nodes by table name, in alphabetical order.
    """
    found = {
        node["alias"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["schema"] == MARTS_SCHEMA
        and node["config"]["enabled"]
    }
    return dict(sorted(found.items()))


def check_complete_build(manifest: Mapping[str, Any], folder: str | Path) -> set[str]:
    """Fail unless the last command of dbt was a ``dbt build`` of everything that passed.

    Only the calibration may have been left out: it need not run every day.

    Parameters
    ----------
    manifest : mapping
        The manifest of the folder.
    folder : str or pathlib.Path
        Target folder of dbt.

    Returns
    -------
    set of str
        Tables of the marts that were left out, and are those of an earlier build.

    Raises
    ------
    ArtifactError
        If it was another command, of a selection, or if anything failed.
    """
    again = "; run a whole `dbt build` first"
    run = _read(Path(folder) / "run_results.json")
    command = run["args"].get("which")
    if command != "build":
        raise ArtifactError(f"the last dbt command in {folder} was `dbt {command}`{again}")
    if run["args"].get("empty"):
        raise ArtifactError(f"the last dbt build in {folder} was run with --empty{again}")
    if run["metadata"]["invocation_id"] != manifest["metadata"]["invocation_id"]:
        raise ArtifactError(
            f"manifest.json and run_results.json in {folder} come from different runs{again}"
        )
    statuses = {result["unique_id"]: result["status"] for result in run["results"]}
    bad = sorted(name for name, status in statuses.items() if status in _NOT_RUN)
    if bad:
        raise ArtifactError(
            f"the last dbt build failed: {_some(bad)}. Look at its messages, and build again"
        )
    left_out = {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in _BUILT
        and node["config"]["enabled"]
        and statuses.get(name) not in _PASSED
    }
    missing = sorted(
        name for name, node in left_out.items() if _SCHEDULED_APART not in node["fqn"][1:-1]
    )
    if missing:
        raise ArtifactError(f"the last dbt build left out {_some(missing)}{again}")
    return {table for table, node in mart_nodes(manifest).items() if node["unique_id"] in left_out}


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(
            f"there is no {path}: run `dbt build` first, or name the target folder of dbt in "
            "DBT_TARGET_PATH"
        ) from None
    except json.JSONDecodeError as error:
        raise ArtifactError(f"{path} is not whole ({error}): run `dbt build` again") from None


def _some(unique_ids: list[str]) -> str:
    names = [".".join(name.split(".")[2:3]) for name in unique_ids]
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
