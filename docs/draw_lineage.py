"""Draws the way of the data into docs/architecture.md, from the dbt manifest.

``python docs/draw_lineage.py`` writes the picture; with ``--check`` it only says whether the picture is
up to date (exit code 1 if not), which a test does.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from dbt.cli.main import dbtRunner

BEGIN, END = "<!-- lineage: begin -->", "<!-- lineage: end -->"
PAGE = Path(__file__).parent / "architecture.md"


def folder_of(node: dict) -> str:
    """Name the folder of a node, as the picture shows it.

    Parameters
    ----------
    node : dict
        A node or source of the manifest.

    Returns
    -------
    str
        Such as ``intermediate/signals``; ``raw`` for sources and ``seeds`` for seeds.
    """
    if node["resource_type"] == "source":
        return "raw"
    if node["resource_type"] == "seed":
        return "seeds"
    return str(Path(node["original_file_path"]).parent.relative_to("models"))


def lineage(manifest: dict) -> str:
    """Draw which folder reads which.

    Parameters
    ----------
    manifest : dict
        The dbt manifest.

    Returns
    -------
    str
        A Mermaid flowchart.
    """
    nodes = {
        key: node
        for key, node in (manifest["nodes"] | manifest["sources"]).items()
        if node["resource_type"] in ("model", "seed", "source")
    }
    sizes = Counter(folder_of(node) for node in nodes.values())
    edges = {
        (folder_of(nodes[parent]), folder_of(node))
        for node in nodes.values()
        for parent in node.get("depends_on", {}).get("nodes", [])
        if parent in nodes
    }
    identifiers = {folder: folder.replace("/", "_") for folder in sizes}
    lines = ["```mermaid", "flowchart LR"]
    for folder in sorted(sizes):
        lines.append(f'    {identifiers[folder]}["{folder}<br/>{sizes[folder]}"]')
    for parent, child in sorted(edges):
        if parent != child:
            lines.append(f"    {identifiers[parent]} --> {identifiers[child]}")
    return "\n".join([*lines, "```"])


def main() -> int:
    """Parse the project and write, or check, the picture.

    Returns
    -------
    int
        Exit code: 1 when ``--check`` finds an old picture.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when it is old")
    arguments = parser.parse_args()
    outcome = dbtRunner().invoke(["--quiet", "parse"])
    if not outcome.success:
        raise outcome.exception
    manifest = json.loads(json.dumps(outcome.result.to_dict(omit_none=False), default=str))
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    drawn = f"{before}{BEGIN}\n{lineage(manifest)}\n{END}{after}"
    if arguments.check:
        if drawn != page:
            print("docs/architecture.md is old: run `make docs` and commit it.")
        return int(drawn != page)
    PAGE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
