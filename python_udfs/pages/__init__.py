"""Pages from the marts that need neither a server nor a network; what they have in common."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import jinja2
import pandas as pd


class PageError(RuntimeError):
    """The page cannot be written; the message says what to do."""


class Marts:
    """The tables of schema marts of one database.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the database.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.names = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
        }

    def rows(self, table: str, definition: str | None = None, order: str = "all") -> pd.DataFrame:
        """Read a mart, or the rows of one definition; empty where the mart is not built."""
        if table not in self.names:
            return pd.DataFrame()
        where = "" if definition is None else "where definition_key = $definition"
        parameters = {} if definition is None else {"definition": definition}
        return self.connection.execute(
            f"select * from marts.{table} {where} order by {order}", parameters
        ).df()

    def scores(self, definition: str) -> pd.DataFrame:
        """Count the entities of today's audience by score; empty where no scores are built."""
        built = sorted({"fct_account_scores", "fct_user_scores"} & self.names)
        if not built:
            return pd.DataFrame()
        union = " union all ".join(
            f"select definition_key, score, is_in_audience from marts.{table}" for table in built
        )
        return self.connection.execute(
            f"""
            select cast(score as double) as score, count(*) as entities
            from ({union})
            where definition_key = $definition and is_in_audience
            group by score
            order by score
            """,
            {"definition": definition},
        ).df()

    def build(self) -> tuple[date, int | None]:
        """Return as-of day and number of the last completed build; no number before the first."""
        return self.connection.execute(
            "select as_of_on, build_number from builds.last_build"
        ).fetchone() or (
            self.connection.execute("select as_of_on from intermediate.int_as_of").fetchone()[0],
            None,
        )


def environment(package: str) -> jinja2.Environment:
    """Return the templates of a package and those that all pages share.

    Parameters
    ----------
    package : str
        Name of the package of the page.

    Returns
    -------
    jinja2.Environment
        Escapes everything that is not marked as safe.
    """
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.PackageLoader(package, "."), jinja2.PackageLoader(__name__, ".")]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_page(
    duckdb_path: str | Path,
    page_path: str | Path,
    render: Callable[[duckdb.DuckDBPyConnection], str],
    needs: str,
) -> Path:
    """Write a page from the marts of a finished build.

    Parameters
    ----------
    duckdb_path : str or pathlib.Path
        Database of the build; opened read-only.
    page_path : str or pathlib.Path
        The HTML file; its folder is made, an earlier page is replaced when the new one is whole.
    render : callable
        Gives the HTML.
    needs : str
        The mart without which there is no page.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    PageError
        If the database or the mart is not there.
    """
    if not Path(duckdb_path).is_file():
        raise PageError(
            f"there is no database {str(duckdb_path)!r}: run a build first, or name it in "
            "PQL_DUCKDB_PATH"
        )
    with duckdb.connect(str(duckdb_path), read_only=True) as connection:
        if needs not in Marts(connection).names:
            raise PageError(
                f"{str(duckdb_path)!r} has no table marts.{needs}: run a whole dbt build on a "
                "target that runs Python models"
            )
        page = render(connection)
    page_path = Path(page_path)
    page_path.parent.mkdir(parents=True, exist_ok=True)
    partial = page_path.with_name(f".{page_path.name}.partial")
    partial.write_text(page, encoding="utf-8")
    partial.replace(page_path)
    return page_path
