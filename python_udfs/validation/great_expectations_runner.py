"""Checks evaluated by Great Expectations, on DuckDB through SQLAlchemy.

The only module that imports Great Expectations, which takes seconds: import it when it is needed.
"""

import os

# Before the import, at which versions of Great Expectations that send statistics read it.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import html
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

import great_expectations as gx
import sqlalchemy
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.execution_engine import sqlalchemy_execution_engine
from great_expectations.expectations.registry import get_expectation_impl
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

from python_udfs.validation.checks import QUERY_EXPECTATION, Check, percent

_NOT_NULL = "expect_column_values_to_not_be_null"
_EXAMPLES = 3
_VALUE_LENGTH = 80
# The column in which a query may say in words what it found.
_FOUND = "found"
_COUNTED = "rows_counted"


class _Dialect(str, Enum):
    DUCKDB = "duckdb"


def keep_connections_open() -> None:
    """Make Great Expectations keep a DuckDB connection open until its results are fetched.

    Great Expectations knows no DuckDB: for a dialect that it does not list, it closes the
    connection before it fetches, and every check fails. The list of those whose connection stays
    open is private; it has this name in the version that pyproject.toml pins. This is the only
    place that knows it.

    Raises
    ------
    RuntimeError
        The name is gone: another version of Great Expectations is installed.
    """
    module = sqlalchemy_execution_engine
    kept = getattr(module, "_PERSISTED_CONNECTION_DIALECTS", None)
    if not isinstance(kept, tuple):
        raise RuntimeError(
            "great_expectations.execution_engine.sqlalchemy_execution_engine has no tuple "
            f"_PERSISTED_CONNECTION_DIALECTS in version {gx.__version__}: install the version that "
            "pyproject.toml pins, or find where it now lists the dialects whose connection stays "
            "open"
        )
    if _Dialect.DUCKDB not in kept:
        module._PERSISTED_CONNECTION_DIALECTS = (*kept, _Dialect.DUCKDB)


class ExpectQueryToFindNoRows(gx.expectations.UnexpectedRowsExpectation):
    """Expect that a query finds no rows, and keep the first ones that it finds.

    The query of the base class runs twice, once for the rows and once for their number; here each
    of its few rows carries the number.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

    @classmethod
    def of(cls, query: str, **kwargs: Any) -> "ExpectQueryToFindNoRows":
        """Build the expectation from a query over ``batch``."""
        literal = query.replace("{", "{{").replace("}", "}}")
        return cls(
            unexpected_rows_query=(
                "with batch as not materialized (select * from {batch}), "
                f"broken as ({literal}) "
                f"select *, count(*) over () as {_COUNTED} from broken "
                f"order by all limit {_EXAMPLES}"
            ),
            **kwargs,
        )

    def _validate(
        self,
        metrics: dict,
        runtime_configuration: dict | None = None,
        execution_engine: Any = None,
    ) -> dict:
        rows = metrics["unexpected_rows_query.table"]
        return {"success": not rows, "result": {"observed_value": _describe_rows(rows)}}


@dataclass(frozen=True)
class Outcome:
    """What became of a check.

    Parameters
    ----------
    check : Check
        The check.
    success : bool
        Whether it holds.
    found : str
        What was found, in words; empty where it holds.
    error : str
        What the engine said if the check could not be evaluated; else empty.
    """

    check: Check
    success: bool
    found: str = ""
    error: str = ""


class DuckdbValidator:
    """Evaluates checks on the tables of a DuckDB database, which it opens read-only.

    Parameters
    ----------
    name : str
        Name of the data source on the pages.
    database : Path
        The database.
    schema : str
        Schema of the tables.
    has_pages : bool
        Whether pages are rendered.
    """

    def __init__(self, name: str, database: Path, schema: str, *, has_pages: bool) -> None:
        keep_connections_open()
        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(),
                progress_bars=ProgressBarsConfig(globally=False),
                analytics_enabled=False,
            ),
        )
        # The path is handed over beside the address, in which some characters would have a meaning.
        self.source = context.data_sources.add_sql(
            name,
            connection_string="duckdb:///",
            kwargs={"connect_args": {"database": str(database), "read_only": True}},
        )

        def prepare(connection: Any, *_: object) -> None:
            # Times with an offset are turned to UTC, whatever the time zone of the machine.
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set enable_progress_bar = false")
            # Some queries of Great Expectations leave out the schema that an asset names.
            connection.execute(f"set schema = '{schema}'")

        # One engine tests connections, the other runs the checks.
        self.engines = (self.source.get_engine(), self.source.get_execution_engine().engine)
        for engine in self.engines:
            sqlalchemy.event.listen(engine, "checkout", prepare)
        self.has_pages = has_pages

    def __enter__(self) -> "DuckdbValidator":
        return self

    def __exit__(self, *_: object) -> None:
        with self.source.get_execution_engine().get_connection() as connection:
            connection.close()
        for engine in self.engines:
            engine.dispose()

    def validate(self, table: str, checks: Sequence[Check]) -> tuple[list[Outcome], str]:
        """Evaluate the checks of a table.

        Parameters
        ----------
        table : str
            The table.
        checks : sequence of Check
            Its checks.

        Returns
        -------
        outcomes : list of Outcome
            In the order of the checks.
        page : str
            HTML page of Great Expectations; empty without pages.
        """
        asset = self.source.add_table_asset(table, table_name=table)
        batch = asset.add_batch_definition_whole_table("all rows").get_batch()
        numbered = dict(enumerate(checks))
        result = _run(batch, table, numbered, examples=0)
        # Examples cost a read of the table for each check: only for those that failed.
        failed = {
            number: _tolerant(numbered[number], single.result)
            for number, single in _by_number(result).items()
            if not single.success and numbered[number].expectation != QUERY_EXPECTATION
        }
        if failed:
            detailed = _by_number(_run(batch, table, failed, examples=_EXAMPLES))
            result.results = [
                detailed.get(number, single) for number, single in _by_number(result).items()
            ]
            _count_again(result)
        singles = _by_number(result)
        outcomes = [_outcome(check, singles[number]) for number, check in numbered.items()]
        if not self.has_pages:
            return outcomes, ""
        for number, outcome in enumerate(outcomes):
            if not outcome.success:
                singles[number].expectation_config.description = _page_text(
                    f"{outcome.check.expected}. To do: {outcome.check.remedy}"
                )
            singles[number].result = _as_html_text(singles[number].result)
        content = ValidationResultsPageRenderer().render(result)
        return outcomes, DefaultJinjaPageView().render(content)


def _run(
    batch: Any, table: str, numbered: Mapping[int, Check], *, examples: int
) -> ExpectationSuiteValidationResult:
    suite = gx.ExpectationSuite(table)
    for number, check in numbered.items():
        suite.add_expectation(_expectation(number, check))
    return batch.validate(
        suite,
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": examples},
    )


def _count_again(result: ExpectationSuiteValidationResult) -> None:
    """Make the head of a page agree with its results after some were replaced."""
    passed = sum(single.success for single in result.results)
    result.success = passed == len(result.results)
    result.statistics.update(
        successful_expectations=passed,
        unsuccessful_expectations=len(result.results) - passed,
        success_percent=100 * passed / len(result.results),
    )


def _tolerant(check: Check, result: Mapping[str, Any]) -> Check:
    """Relax a check of a share so far that its tolerated rows pass, now that the whole is known."""
    if not check.tolerated_rows or "unexpected_count" not in result:
        return check
    whole = _whole(check, result)
    share = max(0.5, (whole - check.tolerated_rows) / whole)
    relaxed = min(check.arguments["mostly"], share)
    return replace(check, arguments={**check.arguments, "mostly": relaxed})


def _whole(check: Check, result: Mapping[str, Any]) -> int:
    """Count the values that a share is a share of: all rows, or those with a value."""
    if check.expectation == _NOT_NULL:
        return result["element_count"]
    return result["element_count"] - (result.get("missing_count") or 0)


def _expectation(number: int, check: Check) -> gx.expectations.Expectation:
    texts = {
        "meta": {"number": number},
        "notes": check.remedy,
        "description": _page_text(check.expected),
    }
    if check.expectation == QUERY_EXPECTATION:
        return ExpectQueryToFindNoRows.of(check.arguments["query"], **texts)
    return get_expectation_impl(check.expectation)(**check.arguments, **texts)


def _by_number(result: ExpectationSuiteValidationResult) -> dict[int, Any]:
    """Results by the number of their check; Great Expectations orders them by column."""
    return {single.expectation_config.meta["number"]: single for single in result.results}


def _page_text(text: str) -> str:
    """Text for a page, where ``$`` would begin the name of a parameter."""
    return text.replace("$", "$$")


def _as_html_text(value: Any) -> Any:
    """Escape all texts of a result: its page shows values of the data as they are."""
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {name: _as_html_text(single) for name, single in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_html_text(single) for single in value]
    return value


# What was found, in words -------------------------------------------------------------------------


def _outcome(check: Check, single: Any) -> Outcome:
    if single.success:
        return Outcome(check, success=True)
    error = _error(single.exception_info)
    if error:
        return Outcome(check, success=False, error=error)
    return Outcome(check, success=False, found=check.found or _describe(check, single.result))


def _error(information: Mapping[str, Any]) -> str:
    """Message of the exception, if one was raised; a failed query is told per metric."""
    nested = [value for value in information.values() if isinstance(value, Mapping)]
    for source in (information, *nested):
        if source.get("raised_exception"):
            # Before the message stands the class of the error, below it SQLAlchemy's query.
            message = str(source.get("exception_message")).split("\n[SQL")[0]
            return re.sub(r"^\(_?duckdb\.\w+\) ", "", message)
    return ""


def _describe(check: Check, result: Mapping[str, Any]) -> str:
    if "unexpected_count" in result:
        return _describe_values(check, result)
    observed = result.get("observed_value")
    if check.expectation == "expect_table_columns_to_match_set":
        mismatched = result["details"]["mismatched"]
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in mismatched.items())
    if check.expectation == "expect_table_row_count_to_be_between":
        return f"{observed:,} rows"
    if check.expectation == "expect_column_proportion_of_unique_values_to_be_between":
        return f"{percent(observed)} of the ids are distinct"
    return str(observed)


def _describe_values(check: Check, result: Mapping[str, Any]) -> str:
    broken = result["unexpected_count"]
    whole = _whole(check, result)
    of_null = check.expectation == _NOT_NULL
    noun = "rows are empty" if of_null else "values break this"
    text = f"{broken:,} of {whole:,} {noun} ({percent(broken / whole)})"
    examples = list(dict.fromkeys(map(_describe_value, result["partial_unexpected_list"])))
    if examples and not of_null:
        text += f", such as {', '.join(examples)}"
    return text


def _describe_value(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return " / ".join(map(_describe_value, value))
    text = str(value).removeprefix("unreadable: ")
    shortened = text if len(text) <= _VALUE_LENGTH else text[:_VALUE_LENGTH] + "..."
    return f"'{shortened}'" if isinstance(value, str) else shortened


def _describe_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "no rows"
    if _FOUND in rows[0]:
        return "; ".join(str(row[_FOUND]) for row in rows)
    count = rows[0][_COUNTED]
    texts = [
        ", ".join(
            f"{name} {_describe_value(value)}"
            for name, value in row.items()
            if name != _COUNTED and value is not None
        )
        for row in rows
    ]
    return f"{count:,} {'row' if count == 1 else 'rows'}: " + "; ".join(texts)
