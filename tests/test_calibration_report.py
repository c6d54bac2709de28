"""The calibration report: written by the demo, whole without a network, looked at in a browser."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from browser import open_page, screenshot
from demo import Demo, DemoCopy, copy_demo, run
from PIL import Image

from python_udfs.calibration_report import write_report
from python_udfs.pages import PageError

PLOTS = {
    "threshold-curve",
    "exit-thresholds",
    "score-distribution",
    "reliability",
    "signal-lift",
    "drift",
    "conversion-curve",
}
ACCENT = (29, 111, 184)


@pytest.fixture(scope="module")
def page(demo: Demo) -> Path:
    return demo.folder / "calibration_report.html"


def test_the_demo_says_where_the_report_is(demo: Demo, page: Path) -> None:
    assert str(page) in demo.output.replace("\n", "")


def test_the_page_loads_nothing_from_elsewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\"'\s<)]+", text))
    # Names of XML vocabularies; nothing is loaded from them.
    assert {address.split("/")[2] for address in addresses} <= {
        "www.w3.org",
        "purl.org",
        "creativecommons.org",
        "matplotlib.org",
    }
    assert "<script" not in text
    assert not re.search(r"<(link|img|iframe)\b", text)


def test_every_definition_has_its_plots_and_its_verdict(
    demo: Demo, page: Path, tmp_path: Path
) -> None:
    dom = open_page(page, tmp_path, "--dump-dom").stdout
    for row in demo.query("select * from marts.rpt_calibration"):
        section = dom.split(f'<section id="{row["definition_key"]}">')[1].split("</section>")[0]
        assert f'<span class="badge {row["verdict"]}">' in section
        assert row["reason"].split(". ")[0] in section
        drawn = set(re.findall(r'data-plot="([^"]+)"', section))
        if row["verdict"] != "abstain":
            assert drawn >= PLOTS
        if row["approval_row"]:
            assert row["approval_row"] in section
        bands = demo.query(
            "select is_within_interval, is_within_simultaneous_interval"
            " from marts.rpt_score_bands"
            f" where definition_key = '{row['definition_key']}' and n > 0"
        )
        if bands:
            alone, together = (sum(band[name] for band in bands) for name in bands[0])
            assert f"alone, {alone} of {len(bands)} converted" in section
            judgement = "nothing" if together == len(bands) else "that"
            assert f"together, {together} of {len(bands)} did: {judgement} speaks" in section


@pytest.mark.parametrize(("width", "least"), [(1200, 8), (400, 4)])
def test_the_page_shows_its_plots_without_console_errors(
    page: Path, tmp_path: Path, width: int, least: int
) -> None:
    image, console = screenshot(page, tmp_path, width, 9000)
    assert console == ""
    pixels = np.asarray(Image.open(image).convert("RGB")).astype(int)
    is_accent = np.abs(pixels - ACCENT).max(axis=2) < 12
    # Lines of the plots of every definition: the colour is in many places down the page.
    bands = is_accent.reshape(-1, 250, is_accent.shape[1]).any(axis=(1, 2))
    assert bands.sum() >= least


def test_only_tables_and_plots_scroll_sideways_on_a_phone(page: Path, tmp_path: Path) -> None:
    # In a frame: the browser's own window has a least width.
    frame = tmp_path / "frame.html"
    measure = "const page = this.contentDocument.documentElement; "
    measure += "document.title = [page.clientWidth, page.scrollWidth]"
    frame.write_text(
        f'<title></title><iframe src="{page.as_uri()}" width="400" frameborder="0" '
        f'onload="{measure}"></iframe>',
        encoding="utf-8",
    )
    dom = open_page(frame, tmp_path, "--allow-file-access-from-files", "--dump-dom").stdout
    assert "<title>400,400</title>" in dom


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="there is no database"):
        write_report(tmp_path / "none.duckdb", tmp_path / "report.html")
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    with pytest.raises(PageError, match=r"no table marts\.rpt_calibration"):
        write_report(empty, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


VERDICT = """
create schema marts; create schema builds; create schema intermediate;
create table marts.rpt_calibration as
    select
        'product_qualified' as definition_key, 'keep' as verdict, 'It holds.' as reason,
        null::varchar as approval_row, date '2026-01-01' as split_on,
        date '2025-01-01' as history_from, date '2025-12-01' as fit_until,
        date '2026-02-01' as holdout_until, 30 as horizon_days;
create table builds.last_build (as_of_on date, build_number integer);
create table intermediate.int_as_of as select date '2026-03-31' as as_of_on;
"""


def test_a_verdict_without_the_other_marts_is_a_page(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "part.duckdb")) as connection:
        connection.execute(VERDICT)
    page = write_report(tmp_path / "part.duckdb", tmp_path / "report.html").read_text("utf-8")
    assert "As of 2026-03-31." in page
    assert "It holds." in page
    assert "data-plot" not in page


def test_the_as_of_day_is_that_of_the_last_completed_build(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "part.duckdb")) as connection:
        connection.execute(VERDICT)
        connection.execute("insert into builds.last_build values (date '2026-03-30', 4)")
    page = write_report(tmp_path / "part.duckdb", tmp_path / "report.html").read_text("utf-8")
    assert "As of 2026-03-30." in page


def test_the_command_writes_the_same_page_again(demo: Demo, page: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "report.html"
    said = run("-m", "python_udfs.calibration_report", "--out", str(out), **demo.environment)
    assert str(out) in said
    assert out.read_bytes() == page.read_bytes()


def test_the_rows_to_copy_are_accepted_and_require_what_was_required(
    demo: Demo, tmp_path: Path
) -> None:
    copy = copy_demo(demo, tmp_path)
    copy.replace("pql_weights", "champion,settled_in,5,,,false", "champion,settled_in,0,,,true")
    copy.build("+rpt_suggested_definitions")
    text = write_report(tmp_path / "demo.duckdb", tmp_path / "report.html").read_text("utf-8")
    required = required_signals(copy)
    titled = r"<h3>(To approve|pql_\w+\.csv)</h3>\s*<p [^>]*>.*?</p>\s*<pre>(.+?)</pre>"
    blocks = [(title, html.unescape(rows)) for title, rows in re.findall(titled, text, re.DOTALL)]
    assert {title for title, _ in blocks} == {"To approve", "pql_weights.csv", "pql_signals.csv"}
    # In the order of the page thresholds and points together replace the points alone; backwards
    # the points alone remain.
    for suggestion in (blocks, blocks[::-1]):
        for title, rows in suggestion:
            take_over(copy.folder / "seeds", title, rows)
        copy.build("+def_weights", "+def_signals", "+def_definitions")
        assert required_signals(copy) == required
    assert "Kept with 0 points, as they are required: settled_in." in text


def required_signals(copy: DemoCopy) -> list[dict[str, Any]]:
    return copy.query(
        "select definition_key, signal_key from definitions.def_weights"
        " where is_required and points >= 0 order by all"
    )


def take_over(seeds: Path, title: str, text: str) -> None:
    """Do with the rows of the report what it says."""
    if title == "To approve":
        path = seeds / "pql_approved_thresholds.csv"
        before = path.read_text("utf-8").replace(f"{text}\n", "")
        path.write_text(f"{before}{text}\n", encoding="utf-8")
        return
    path = seeds / title
    heading, *rows = path.read_text("utf-8").splitlines()
    new_heading, *new_rows = text.splitlines()
    assert new_heading == heading
    # The first column: the definition of a weight, the key of a signal.
    replaced = {row.split(",")[0] for row in new_rows}
    kept = [row for row in rows if row.split(",")[0] not in replaced]
    assert len(kept) < len(rows)
    path.write_text("\n".join([heading, *kept, *new_rows]) + "\n", encoding="utf-8")
