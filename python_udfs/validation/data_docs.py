"""Data Docs that open without a network: the pages of Great Expectations, made to stand alone.

Great Expectations' own pages load their style, their icons and their first page's table from eight
servers. Here each page carries its style, and the first pages are plain tables with links.
"""

import html
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from python_udfs.validation.result import ValidationResult

_REMOTE_PARTS = re.compile(
    r"<link\b[^>]*\bhref=\"https?://[^>]*>"
    r"|<script\b[^>]*\bsrc=\"https?://[^>]*>\s*</script>"
    r"|<img\b[^>]*\bsrc=\"https?://[^>]*>"
    r"|<link\b[^>]*\brel=\"(?:shortcut )?icon\"[^>]*>"
    # What only runs with the scripts above, and the advertisement below the page.
    r"|<script>.*?</script>"
    r"|<footer\b.*?</footer>",
    re.DOTALL,
)
_REMOTE_IMAGE = re.compile(r"url\(['\"]?https?://[^)]*\)")
_ICON = re.compile(r"<i\b[^>]*class=\"[^\"]*text-(success|danger|warning)[^\"]*\"[^>]*>\s*</i>")
_ICON_TEXTS = {
    "success": '<b class="text-success">passed</b>',
    "danger": '<b class="text-danger">failed</b>',
    "warning": '<b class="text-danger">error</b>',
}
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1.5rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { border-bottom: 1px solid #ccc; padding: 0.35rem 0.8rem; }
th, td { text-align: left; vertical-align: top; }
td.number { text-align: right; }
h1, h4, h5, h6 { margin: 1.2rem 0 0.4rem; }
pre { white-space: pre-wrap; }
.text-success { color: #1a7f37; }
.text-danger { color: #c62828; }
.badge { background: #eee; border-radius: 3px; padding: 0 0.3rem; }
.breadcrumb { list-style: none; padding: 0; }
.btn-group, .sticky, .ge-breadcrumbs, [hidden], .navbar { display: none !important; }
.alert { background: #f3f4f6; padding: 0.5rem 1rem; }
"""
_BACK = '<p><a href="index.html">all tables</a></p>'
_GROUPS = {"raw": "Sources, before the build", "marts": "Marts, after the build"}


def write_pages(result: ValidationResult, pages: Mapping[str, str], docs_path: str | Path) -> Path:
    """Write the pages of a group and the first page of all groups.

    Parameters
    ----------
    result : ValidationResult
        What was found.
    pages : mapping of str to str
        Page of Great Expectations of each table.
    docs_path : str or Path
        Folder of the pages; each group has its own folder in it.

    Returns
    -------
    Path
        First page of the group.
    """
    root = Path(docs_path)
    folder = root / result.group
    folder.mkdir(parents=True, exist_ok=True)
    _replace_pages(
        folder,
        {f"{table}.html": stand_alone(page) for table, page in pages.items()}
        | {"index.html": _group_page(result, pages)},
    )
    for page in folder.glob("*.html"):
        # The folder may hold files of others; ours lead to the first page.
        if page.stem not in {*pages, "index"} and _BACK in page.read_text("utf-8", "replace"):
            page.unlink()
    links = "".join(
        f'<li><a href="{group}/index.html">{title}</a></li>'
        for group, title in _GROUPS.items()
        if (root / group / "index.html").exists()
    )
    _replace_pages(root, {"index.html": _page("Validation", f"<ul>{links}</ul>")})
    return folder / "index.html"


def _replace_pages(folder: Path, pages: Mapping[str, str]) -> None:
    """Put pages in the place of those before, when all of them are written; each is whole."""
    partial = folder / ".pages.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        for name, page in pages.items():
            (partial / name).write_text(page, encoding="utf-8")
        for name in pages:
            (partial / name).replace(folder / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def stand_alone(page: str) -> str:
    """Make a page of Great Expectations independent of any server.

    Parameters
    ----------
    page : str
        Its HTML.

    Returns
    -------
    str
        The same content with a style of its own, and words instead of icons.
    """
    page = _REMOTE_PARTS.sub("", page)
    page = _REMOTE_IMAGE.sub("none", page)
    page = _ICON.sub(lambda icon: _ICON_TEXTS[icon[1]], page)
    page = page.replace("</head>", f"<style>{_STYLE}</style></head>", 1)
    return re.sub(r"(<body[^>]*>)", rf"\1{_BACK}", page, count=1)


def _group_page(result: ValidationResult, pages: Mapping[str, str]) -> str:
    rows = ""
    for table in result.tables:
        name = html.escape(table.table)
        link = f'<a href="{name}.html">{name}</a>' if table.table in pages else name
        state = "danger" if table.failures else "success"
        word = f"{len(table.failures)} failed" if table.failures else "passed"
        if table.note:
            word, state = table.note, "muted"
        count = "" if table.rows is None else f"{table.rows:,}"
        rows += (
            f'<tr><td>{link}</td><td class="number">{count}</td>'
            f'<td class="number">{table.passed}</td>'
            f'<td class="text-{state}">{html.escape(word)}</td></tr>'
        )
    failures = "".join(f"<pre>{html.escape(failure.message)}</pre>" for failure in result.failures)
    return _page(
        _GROUPS[result.group],
        f"<p>{html.escape(result.place)}</p>"
        "<table><tr><th>table</th><th>rows</th><th>expectations that hold</th><th></th></tr>"
        f'{rows}</table>{failures}<p><a href="../index.html">all validations</a></p>',
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>\n"
    )
