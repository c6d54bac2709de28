"""A definition file that dbt could not read is named, with what to do, before anything runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from harness import PROJECT_ROOT
from raw_cases import write_raw

from python_udfs.validation import validate_raw
from python_udfs.validation.definition_files import failures_of_definition_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project's definition files."""
    return shutil.copytree(PROJECT_ROOT / "seeds", tmp_path / "seeds")


def told_of(folder: Path, content: bytes) -> str:
    """What is said when this is the file of the tiers."""
    (folder / "pql_tiers.csv").write_bytes(content)
    (failure,) = failures_of_definition_files(folder)
    assert failure.place == str(folder / "pql_tiers.csv")
    return failure.message


def test_the_files_of_the_project_can_be_read(folder: Path) -> None:
    assert failures_of_definition_files() == failures_of_definition_files(folder) == ()


@pytest.mark.parametrize(
    "content",
    [
        "definition_key,tier,min_score\n",
        "\ufeffdefinition_key,tier,min_score\nengaged,Größe,10\n",
        'definition_key,tier,min_score,note\r\nengaged,"a, b",10,\r\n\r\n',
        'definition_key,tier,min_score\nengaged,"two\nlines",10\n',
    ],
)
def test_what_dbt_reads_passes(folder: Path, content: str) -> None:
    (folder / "pql_tiers.csv").write_text(content, encoding="utf-8", newline="")
    assert failures_of_definition_files(folder) == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["nothing in its first line", "Write the header definition_key,tier,min_score"]),
        (
            "definition_key,tier,min_score\nengaged,Größe,10\n".encode("latin-1"),
            ["UTF-8", "0xf6 in line 2", "Save it as UTF-8"],
        ),
        ("definition_key,tier,min_score\n".encode("utf-16"), ["UTF-8", "0xff in line 1"]),
        (b"definition_key;tier;min_score\nengaged;hot;10\n", ["separated by commas"]),
        (b"definition_key,tier,min_score,tier\n", ["column tier", "2 in the header"]),
        (
            b'definition_key,tier,min_score\nengaged,"two\nlines",5\nengaged,hot,10,000\n',
            ["at most 3 values", "4 in line 4: engaged,hot,10,000", "double quotes"],
        ),
    ],
)
def test_a_file_that_dbt_cannot_read_is_told(
    folder: Path, content: bytes, words: list[str]
) -> None:
    told = told_of(folder, content)
    assert [word for word in words if word not in told] == []


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    (folder / "pql_tiers.csv").unlink()
    (failure,) = failures_of_definition_files(folder)
    assert failure.place == str(folder / "pql_tiers.csv")
    assert failure.found == "no such file"
    assert failure.remedy == "Create it with the header definition_key,tier,min_score"


def test_the_validation_ends_with_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pql_tiers.csv").write_bytes(b"")
    monkeypatch.setenv("PQL_DEFINITIONS_PATH", str(folder))
    result = validate_raw(write_raw(tmp_path / "raw"))
    assert [failure.place for failure in result.failures] == [str(folder / "pql_tiers.csv")]
    assert result.tables == ()
