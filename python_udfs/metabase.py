"""The questions and the dashboard of ``analyses/metabase`` in a Metabase, through its API.

``python -m python_udfs.metabase`` creates what is not there and updates what is: run it as often
as you like. It needs ``METABASE_URL`` and ``METABASE_API_KEY`` in the environment, and a Metabase
from version 50 on.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import requests
import yaml
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from python_udfs import dbt_artifacts

DEFAULT_FOLDER = "analyses/metabase"
DEFAULT_DATABASE = "PQL"
GRID_WIDTH = 24
TIMEOUT_SECONDS = 30
RETRIES = 4
_MARK = "Defined in git:"
_PAGE = 100


class MetabaseError(RuntimeError):
    """The dashboard could not be brought into Metabase; the message says what to do."""


@dataclass(frozen=True)
class Question:
    """A question of the dashboard.

    Attributes
    ----------
    key : str
        Name of its SQL file, by which it is found again.
    title, description : str
        What people read.
    display : str
        Kind of visualisation, as Metabase names it.
    settings : dict
        Visualisation settings, as Metabase names them.
    sql : str
        The query, with tables as they are published.
    tab, row, column, width, height : int
        Place on the dashboard, in cells of its grid.
    """

    key: str
    title: str
    description: str
    display: str
    settings: dict[str, Any]
    sql: str
    tab: int
    row: int
    column: int
    width: int
    height: int


@dataclass(frozen=True)
class Dashboard:
    """The dashboard as the repository defines it.

    Attributes
    ----------
    collection, name : str
        Titles of the collection and of the dashboard.
    collection_description, description : str
        What people read below them.
    tabs : list of str
        Titles of the tabs.
    questions : list of Question
        The questions, tab by tab.
    """

    collection: str
    collection_description: str
    name: str
    description: str
    tabs: list[str]
    questions: list[Question]


def read_dashboard(folder: str | Path, manifest: Mapping[str, Any]) -> Dashboard:
    """Read ``dashboard.yml`` and the questions beside it.

    Parameters
    ----------
    folder : str or pathlib.Path
        Folder of the questions.
    manifest : mapping
        dbt's manifest, which says where each mart is.

    Returns
    -------
    Dashboard
        The dashboard.

    Raises
    ------
    MetabaseError
        If a file, a key or a mart is missing, or a row is wider than the grid.
    """
    folder = Path(folder)
    path = folder / "dashboard.yml"
    try:
        definition = yaml.safe_load(path.read_text(encoding="utf-8"))
        questions = list(_questions(folder, definition, manifest))
        dashboard = Dashboard(
            definition["collection"]["name"],
            definition["collection"]["description"],
            definition["dashboard"]["name"],
            definition["dashboard"]["description"],
            [tab["name"] for tab in definition["tabs"]],
            questions,
        )
    except FileNotFoundError as error:
        raise MetabaseError(f"there is no {error.filename}") from None
    except yaml.YAMLError as error:
        raise MetabaseError(f"{path} is not YAML: {error}") from None
    except KeyError as error:
        raise MetabaseError(f"{path}: the key {error} is missing") from None
    keys = [question.key for question in questions]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise MetabaseError(f"{path}: named twice: {', '.join(twice)}")
    return dashboard


def _questions(
    folder: Path, definition: Mapping[str, Any], manifest: Mapping[str, Any]
) -> Iterator[Question]:
    """Place the questions, row below row."""
    for tab_number, tab in enumerate(definition["tabs"]):
        top = 0
        for row in tab["rows"]:
            left = 0
            for entry in row["questions"]:
                yield Question(
                    key=entry["question"],
                    title=entry["title"],
                    description=entry["description"],
                    display=entry["display"],
                    settings=entry.get("settings", {}),
                    sql=_published_sql(folder / f"{entry['question']}.sql", manifest),
                    tab=tab_number,
                    row=top,
                    column=left,
                    width=entry["width"],
                    height=row["height"],
                )
                left += entry["width"]
            if left > GRID_WIDTH:
                raise MetabaseError(
                    f"{folder / 'dashboard.yml'}: the row of {row['questions'][0]['question']} is "
                    f"{left} columns wide, a dashboard {GRID_WIDTH}"
                )
            top += row["height"]


def _published_sql(path: Path, manifest: Mapping[str, Any]) -> str:
    """Put the published tables in the place of ``ref``; such a file knows nothing else of dbt."""
    marts = {node["name"]: node for node in dbt_artifacts.mart_nodes(manifest).values()}

    def ref(name: str) -> str:
        if name not in marts:
            raise MetabaseError(f"{path} refers to {name}, which is no mart of the last build")
        return f"{marts[name]['schema']}.{marts[name]['alias']}"

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
    template = environment.from_string(path.read_text(encoding="utf-8"))
    return template.render(ref=ref).strip()


class Metabase:
    """A client for the few endpoints that are needed.

    Parameters
    ----------
    url : str
        Address of the Metabase.
    api_key : str
        Its API key; sent in a header, and never shown.
    timeout : float
        Seconds to wait for an answer.

    Raises
    ------
    MetabaseError
        If the key cannot be one.
    """

    def __init__(self, url: str, api_key: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self.url = url.rstrip("/")
        # A name and a password that the address may hold are shown nowhere.
        self.address = re.sub(r"(?<=://)[^/@]*@", "", self.url)
        self.timeout = timeout
        if not re.fullmatch(r"[!-~]+", api_key):
            raise MetabaseError(
                "METABASE_API_KEY has blanks or characters that no key has: copy it again"
            )
        self.session = requests.Session()
        self.session.headers["x-api-key"] = api_key
        # What was created may have been created although the answer was lost: POST is not repeated.
        retry = Retry(
            total=RETRIES,
            backoff_factor=0.5,
            status_forcelist=(429, 502, 503, 504),
            allowed_methods={"GET", "PUT"},
            raise_on_status=False,
        )
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=retry))

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request and return the answer.

        Parameters
        ----------
        method, path : str
            Such as ``GET`` and ``/api/database``.
        **arguments
            ``json`` or ``params``, as requests takes them.

        Returns
        -------
        object
            The JSON of the answer.

        Raises
        ------
        MetabaseError
            If Metabase cannot be reached or refuses.
        """
        try:
            # A redirect would turn a POST into a GET, and carry the key elsewhere.
            answer = self.session.request(
                method, self.url + path, timeout=self.timeout, allow_redirects=False, **arguments
            )
        except requests.RequestException as error:
            raise MetabaseError(
                f"{self.address} cannot be reached ({type(error).__name__}): check METABASE_URL"
            ) from None
        what = f"{method} {path}"
        if answer.status_code == 401:
            raise MetabaseError(f"{what}: the API key is not accepted; check METABASE_API_KEY")
        if answer.status_code == 403:
            raise MetabaseError(
                f"{what}: the API key may not do that; its group needs native queries on the "
                "database, and to curate collections"
            )
        if answer.is_redirect:
            raise MetabaseError(
                f"{what}: redirected to {answer.headers.get('location')}; put the address that "
                "answers itself into METABASE_URL"
            )
        if not answer.ok:
            raise MetabaseError(f"{what}: {answer.status_code} {answer.text[:500]}")
        try:
            return answer.json() if answer.content else None
        except requests.JSONDecodeError:
            raise MetabaseError(
                f"{what}: the answer is not JSON; is {self.address} a Metabase?"
            ) from None

    def database_id(self, name: str) -> int:
        """Return the id of the database with a name."""
        answer = self.request("GET", "/api/database")
        databases = answer["data"] if isinstance(answer, dict) else answer
        found = [database["id"] for database in databases if database["name"] == name]
        if not found:
            names = ", ".join(sorted(database["name"] for database in databases)) or "none"
            raise MetabaseError(
                f"Metabase has no database {name!r} (it has: {names}): add it, or name another in "
                "METABASE_DATABASE"
            )
        return _only(found, f"databases are called {name!r}")

    def collection_id(self, name: str, description: str) -> int:
        """Return the id of the collection at the top level that was made before; else make it."""
        found = [
            collection["id"]
            for collection in self.request("GET", "/api/collection")
            if (collection["name"] == name or _last_line(collection) == _mark("collection"))
            and not collection.get("archived")
            and collection.get("location") == "/"
        ]
        if found:
            return _only(found, f"collections are called {name!r} or were made for it")
        marked = _marked(description, "collection")
        made = self.request(
            "POST",
            "/api/collection",
            json={"name": name, "description": marked, "parent_id": None},
        )
        return made["id"]

    def managed_items(self, collection_id: int) -> dict[tuple[str, str], int]:
        """Return the ids of what was made from git before, by kind and mark.

        A duplicate that somebody made in Metabase has the same mark; the oldest is ours.
        """
        items: list[dict[str, Any]] = []
        while True:
            page = self.request(
                "GET",
                f"/api/collection/{collection_id}/items",
                params={"models": ["card", "dashboard"], "limit": _PAGE, "offset": len(items)},
            )
            items += page["data"]
            if not page["data"] or len(items) >= page["total"]:
                break
        found: dict[tuple[str, str], int] = {}
        for item in items:
            mark = _last_line(item)
            if mark.startswith(_MARK):
                key = (item["model"], mark)
                found[key] = min(item["id"], found.get(key, item["id"]))
        return found


def _only(ids: list[int], what: str) -> int:
    """Return the only id."""
    if len(ids) > 1:
        numbers = ", ".join(map(str, sorted(ids)))
        raise MetabaseError(f"{len(ids)} {what} (ids {numbers}): rename or archive all but one")
    return ids[0]


def _marked(description: str, key: str) -> str:
    """Write a description with the mark by which the item is found again."""
    return f"{description}\n\n{_mark(key)}"


def _mark(key: str) -> str:
    return f"{_MARK} {DEFAULT_FOLDER}/{key}"


def _last_line(item: Mapping[str, Any]) -> str:
    """Return the line of the description of an item in which its mark stands."""
    return (item.get("description") or "").rsplit("\n", 1)[-1]


def bring(dashboard: Dashboard, metabase: Metabase, database: str) -> tuple[str, dict[str, int]]:
    """Create or update the collection, its questions and the dashboard.

    Parameters
    ----------
    dashboard : Dashboard
        The dashboard as the repository defines it.
    metabase : Metabase
        Where to.
    database : str
        Name of the database in Metabase that reads the published marts.

    Returns
    -------
    tuple of (str, dict)
        Address of the dashboard, and how many items were created, updated and archived.
    """
    database_id = metabase.database_id(database)
    collection_id = metabase.collection_id(dashboard.collection, dashboard.collection_description)
    managed = metabase.managed_items(collection_id)
    done = {"created": 0, "updated": 0, "archived": 0}

    def put(kind: str, key: str, body: dict[str, Any]) -> int:
        known = managed.pop((kind, _mark(key)), None)
        if known is None:
            done["created"] += 1
            return metabase.request("POST", f"/api/{kind}", json=body)["id"]
        done["updated"] += 1
        metabase.request("PUT", f"/api/{kind}/{known}", json=body)
        return known

    cards = {
        question.key: put(
            "card", f"{question.key}.sql", _card(question, database_id, collection_id)
        )
        for question in dashboard.questions
    }
    dashboard_id = put(
        "dashboard",
        "dashboard.yml",
        {
            "name": dashboard.name,
            "description": _marked(dashboard.description, "dashboard.yml"),
            "collection_id": collection_id,
        },
    )
    _arrange(dashboard, metabase, dashboard_id, cards)
    # What is left carries our mark, and its file is gone.
    for kind, _ in managed:
        metabase.request("PUT", f"/api/{kind}/{managed[kind, _]}", json={"archived": True})
        done["archived"] += 1
    return f"{metabase.address}/dashboard/{dashboard_id}", done


def _card(question: Question, database_id: int, collection_id: int) -> dict[str, Any]:
    return {
        "name": question.title,
        "description": _marked(question.description, f"{question.key}.sql"),
        "type": "question",
        "display": question.display,
        "visualization_settings": question.settings,
        "collection_id": collection_id,
        "dataset_query": {
            "type": "native",
            "database": database_id,
            "native": {"query": question.sql, "template-tags": {}},
        },
    }


def _arrange(
    dashboard: Dashboard, metabase: Metabase, dashboard_id: int, cards: Mapping[str, int]
) -> None:
    """Lay the questions out; what is there keeps its id, what is new has a negative one."""
    there = metabase.request("GET", f"/api/dashboard/{dashboard_id}")
    tab_ids = {tab["name"]: tab["id"] for tab in there.get("tabs") or []}
    placed = {card.get("card_id"): card["id"] for card in there.get("dashcards") or []}
    tabs = [
        {"id": tab_ids.get(name, -1 - number), "name": name}
        for number, name in enumerate(dashboard.tabs)
    ]
    metabase.request(
        "PUT",
        f"/api/dashboard/{dashboard_id}",
        json={
            "tabs": tabs,
            "dashcards": [
                {
                    "id": placed.get(cards[question.key], -1 - number),
                    "card_id": cards[question.key],
                    "dashboard_tab_id": tabs[question.tab]["id"],
                    "row": question.row,
                    "col": question.column,
                    "size_x": question.width,
                    "size_y": question.height,
                    "parameter_mappings": [],
                    "visualization_settings": {},
                }
                for number, question in enumerate(dashboard.questions)
            ],
        },
    )


def main() -> int:
    """Bring the dashboard into Metabase and say where it is.

    Returns
    -------
    int
        0 when it is there, else 1.
    """
    try:
        missing = [
            name for name in ("METABASE_URL", "METABASE_API_KEY") if not os.environ.get(name)
        ]
        if missing:
            raise MetabaseError(f"set {' and '.join(missing)} in the environment")
        manifest = dbt_artifacts.read_manifest(dbt_artifacts.target_path())
        dashboard = read_dashboard(DEFAULT_FOLDER, manifest)
        metabase = Metabase(os.environ["METABASE_URL"], os.environ["METABASE_API_KEY"].strip())
        address, done = bring(
            dashboard, metabase, os.environ.get("METABASE_DATABASE", DEFAULT_DATABASE)
        )
    except (MetabaseError, dbt_artifacts.ArtifactError) as error:
        print(f"metabase: {error}", file=sys.stderr)
        return 1
    print(f"{address}: {', '.join(f'{count} {what}' for what, count in done.items())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
