"""The pages are those of the last validation, each of them whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from python_udfs.validation import data_docs
from python_udfs.validation.data_docs import write_pages
from python_udfs.validation.result import TableResult, ValidationResult

PAGE = "<html><head></head><body>{}</body></html>"


def pages(**texts: str) -> dict[str, str]:
    return {table: PAGE.format(text) for table, text in texts.items()}


def result(*tables: str) -> ValidationResult:
    return ValidationResult("raw", "raw", tuple(TableResult(table) for table in tables))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_pages_of_tables_that_were_not_looked_at_go(tmp_path: Path) -> None:
    write_pages(result("events", "users"), pages(events="e", users="u"), tmp_path)
    assert names(tmp_path / "raw") == {"index.html", "events.html", "users.html"}
    write_pages(result("events", "users"), pages(users="again"), tmp_path)
    assert names(tmp_path / "raw") == {"index.html", "users.html"}
    write_pages(result(), {}, tmp_path)
    assert names(tmp_path / "raw") == {"index.html"}
    assert names(tmp_path) == {"index.html", "raw"}


def test_files_of_others_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "events.parquet").write_bytes(b"\xff")
    (tmp_path / "raw" / "mine.html").write_bytes(b"<p>caf\xe9</p>")
    write_pages(result("events"), pages(events="e"), tmp_path)
    assert names(tmp_path / "raw") == {"index.html", "events.html", "events.parquet", "mine.html"}


def test_pages_before_stay_as_they_were_until_all_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pages(result("events", "users"), pages(events="old", users="old"), tmp_path)
    before = {path.name: path.read_text() for path in (tmp_path / "raw").iterdir()}
    write = Path.write_text

    def run_out_of_space(path: Path, text: str, **options: str) -> int:
        if path.name == "users.html":
            write(path, text[: len(text) // 2], **options)
            raise OSError(28, "No space left on device")
        return write(path, text, **options)

    monkeypatch.setattr(data_docs.Path, "write_text", run_out_of_space)
    with pytest.raises(OSError, match="No space left"):
        write_pages(result("events", "users"), pages(events="new", users="new"), tmp_path)
    assert {path.name: path.read_text() for path in (tmp_path / "raw").iterdir()} == before
