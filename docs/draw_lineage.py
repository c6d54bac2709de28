"""Draws the way of the data into docs/architecture.md, from the dbt manifest.

``make docs`` writes the picture; with ``--check`` it only says whether the picture is up to date
(exit code 1 if not), which a test does.
"""

import argparse
import json
import sys
from pathlib import Path

import networkx
from dbt.cli.main import dbtRunner

BEGIN, END = "<!-- lineage: begin -->", "<!-- lineage: end -->"
PAGE = Path(__file__).parent / "architecture.md"


# What says which rows a run computes, not what they are made of.
PLANNING = {
    "int_build_plan",
    "int_changed_entity_rows",
    "int_entity_keys",
    "int_entity_rows",
    "int_event_arrivals",
    "int_reread_rows",
    "int_touched_entities",
}


def box_of(node: dict, marts: set[str]) -> str | None:
    """Name the box of a node in the picture.

    Parameters
    ----------
    node : dict
        A node or source of the manifest.
    marts : set of str
        Names of the marts.

    Returns
    -------
    str or None
        A raw table, ``definitions`` for the seeds and what is made of them, ``calibration`` for
        its marts, another mart, which stands for the table of the engine that it shows as well;
        None for what lies between and is not drawn.
    """
    if node["resource_type"] == "source":
        return f"raw.{node['name']}"
    if node["resource_type"] == "seed" or node["original_file_path"].startswith(
        "models/definitions"
    ):
        return "definitions"
    if node["original_file_path"].startswith("models/marts/calibration"):
        return "calibration"
    shown_as = node["name"].replace("int_", "fct_", 1)
    return next((name for name in (node["name"], shown_as) if name in marts), None)


def lineage(manifest: dict) -> str:
    """Draw which mart is made of which marts and raw tables.

    Parameters
    ----------
    manifest : dict
        The dbt manifest.

    Returns
    -------
    str
        A Mermaid flowchart; an arrow that follows from others is left out.
    """
    nodes = {
        key: node
        for key, node in (manifest["nodes"] | manifest["sources"]).items()
        if node["resource_type"] in ("model", "seed", "source")
        and node.get("source_name") != "builds"
        and node["name"] not in PLANNING
    }
    marts = {
        node["name"]
        for node in nodes.values()
        if node["original_file_path"].startswith("models/marts")
    }
    boxes = {key: box_of(node, marts) for key, node in nodes.items()}
    whole = networkx.DiGraph()
    whole.add_nodes_from(nodes)
    for key, node in nodes.items():
        for parent in node.get("depends_on", {}).get("nodes", []):
            if parent in nodes:
                whole.add_edge(parent, key)
    drawn = networkx.DiGraph()
    for key, box in boxes.items():
        if box is None:
            continue
        drawn.add_node(box)
        for parent in _nearest_drawn(whole, boxes, key):
            if parent != box:
                drawn.add_edge(parent, box)
    reduced = networkx.transitive_reduction(drawn)
    names = {box: box.replace(".", "_") for box in drawn}
    lines = ["```mermaid", "flowchart LR"]
    lines += [f'    {names[box]}["{box}"]' for box in sorted(drawn)]
    lines += [f"    {names[parent]} --> {names[child]}" for parent, child in sorted(reduced.edges)]
    return "\n".join([*lines, "```"])


def _nearest_drawn(whole: networkx.DiGraph, boxes: dict[str, str | None], key: str) -> set[str]:
    """Find the boxes that a node is made of, through nodes that are not drawn."""
    found, seen, waiting = set(), set(), list(whole.predecessors(key))
    while waiting:
        parent = waiting.pop()
        if parent in seen:
            continue
        seen.add(parent)
        if (box := boxes[parent]) is None:
            waiting.extend(whole.predecessors(parent))
        else:
            found.add(box)
    return found


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
