"""A stand-in for Metabase: its documented endpoints, with state, refusing what it would refuse."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

API_KEY = "mb_a_secret_key"
CARD_KEYS = {
    "name", "description", "type", "display", "visualization_settings", "collection_id",
    "dataset_query", "archived",
}  # fmt: skip
DASHCARD_KEYS = {
    "id", "card_id", "dashboard_tab_id", "row", "col", "size_x", "size_y", "parameter_mappings",
    "visualization_settings",
}  # fmt: skip


class Refused(Exception):  # noqa: N818
    """The request is not what the API wants."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def need(holds: bool, text: str) -> None:
    if not holds:
        raise Refused(400, text)


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


class MetabaseServer:
    """What is in the stand-in, and how it answers."""

    def __init__(self) -> None:
        self.databases = [{"id": 7, "name": "PQL", "engine": "duckdb"}]
        self.collections: list[dict[str, Any]] = []
        self.cards: dict[int, dict[str, Any]] = {}
        self.dashboards: dict[int, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.failures: list[int] = []
        self.url = ""
        self._ids = iter(range(100, 10_000))

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        parts = path.strip("/").split("/")[1:]
        match method, parts:
            case "GET", ["database"]:
                return {"data": self.databases, "total": len(self.databases)}
            case "GET", ["collection"]:
                # The root collection has a text for its id.
                return [{"id": "root", "name": "Our analytics"}, *self.collections]
            case "POST", ["collection"]:
                need(set(body) <= {"name", "description", "parent_id"}, "unknown key")
                need(is_text(body.get("name")), "name")
                made = {**body, "id": next(self._ids), "location": "/", "archived": False}
                self.collections.append(made)
                return made
            case "GET", ["collection", number, "items"]:
                return self.items(int(number), query)
            case "POST" | "PUT", ["card", *number]:
                return self.put_card(method, number, body)
            case "POST", ["dashboard"]:
                need(set(body) <= {"name", "description", "collection_id"}, "unknown key")
                need(is_text(body.get("name")), "name")
                made = {
                    **body, "id": next(self._ids), "dashcards": [], "tabs": [], "archived": False,
                }  # fmt: skip
                self.dashboards[made["id"]] = made
                return made
            case "GET", ["dashboard", number]:
                return self.one(self.dashboards, number)
            case "PUT", ["dashboard", number]:
                return self.put_dashboard(self.one(self.dashboards, number), body)
        raise Refused(404, "API endpoint does not exist.")

    @staticmethod
    def one(things: dict[int, dict[str, Any]], number: str) -> dict[str, Any]:
        if int(number) not in things:
            raise Refused(404, "Not found.")
        return things[int(number)]

    def items(self, collection_id: int, query: dict[str, list[str]]) -> dict[str, Any]:
        models, (limit,), (offset,) = query["models"], query["limit"], query["offset"]
        need(set(models) <= {"card", "dashboard"}, "models")
        found = [
            {"model": model, **{key: one[key] for key in ("id", "name", "description")}}
            for model, things in (("card", self.cards), ("dashboard", self.dashboards))
            for one in things.values()
            if model in models and one["collection_id"] == collection_id and not one["archived"]
        ]
        page = found[int(offset) :][: int(limit)]
        return {"data": page, "total": len(found), "limit": int(limit), "offset": int(offset)}

    def put_card(self, method: str, number: list[str], body: dict[str, Any]) -> Any:
        need(set(body) <= CARD_KEYS, f"unknown key among {sorted(body)}")
        if method == "PUT":
            card = self.one(self.cards, *number)
        else:
            need(not number, "no id in a POST")
            for key in ("name", "display"):
                need(is_text(body.get(key)), key)
            need(isinstance(body.get("visualization_settings"), dict), "visualization_settings")
            card = {"id": next(self._ids), "archived": False}
        if "dataset_query" in body:
            dataset = body["dataset_query"]
            need(dataset["type"] == "native", "type of the query")
            need(dataset["database"] in {one["id"] for one in self.databases}, "database")
            need(is_text(dataset["native"]["query"]), "query")
            need(is_text(body["description"]), "description")
            need(body["type"] in ("question", "model", "metric"), "type of the card")
            need(body["collection_id"] in {one["id"] for one in self.collections}, "collection")
        card.update(body)
        self.cards[card["id"]] = card
        return card

    def put_dashboard(self, dashboard: dict[str, Any], body: dict[str, Any]) -> Any:
        known = {"name", "description", "collection_id", "archived", "tabs", "dashcards"}
        need(set(body) <= known, f"unknown key among {sorted(body)}")
        if "dashcards" in body:
            body = {**body, **self.arranged(dashboard, body["tabs"], body["dashcards"])}
        dashboard.update(body)
        return dashboard

    def arranged(
        self, dashboard: dict[str, Any], tabs: list[Any], dashcards: list[Any]
    ) -> dict[str, Any]:
        """Give new tabs and cards their ids; what is not sent is gone."""
        for kind, sent in (("tabs", tabs), ("dashcards", dashcards)):
            ids = [one["id"] for one in sent]
            need(len(set(ids)) == len(ids), f"ids of {kind} are not unique")
            held = {one["id"] for one in dashboard[kind]}
            need(all(number < 0 or number in held for number in ids), f"{kind}: unknown id")
        need(all(is_text(tab["name"]) for tab in tabs), "name of a tab")
        tab_ids = {tab["id"]: tab["id"] if tab["id"] > 0 else next(self._ids) for tab in tabs}
        taken: set[tuple[int, int, int]] = set()
        for card in dashcards:
            need(set(card) == DASHCARD_KEYS, f"keys of a dashcard: {sorted(card)}")
            need(card["card_id"] in self.cards, "card_id")
            need(card["dashboard_tab_id"] in tab_ids, "dashboard_tab_id")
            need(is_id(card["size_x"]) and is_id(card["size_y"]), "size")
            need(card["row"] >= 0 and 0 <= card["col"] <= 24 - card["size_x"], "place")
            cells = {
                (card["dashboard_tab_id"], card["row"] + down, card["col"] + right)
                for down in range(card["size_y"])
                for right in range(card["size_x"])
            }
            need(not cells & taken, "two cards in one place")
            taken |= cells
        return {
            "tabs": [{**tab, "id": tab_ids[tab["id"]]} for tab in tabs],
            "dashcards": [
                {
                    **card,
                    "id": card["id"] if card["id"] > 0 else next(self._ids),
                    "dashboard_tab_id": tab_ids[card["dashboard_tab_id"]],
                }
                for card in dashcards
            ],
        }


def _handler(server: MetabaseServer) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            address = urlsplit(self.path)
            server.requests.append((self.command, address.path))
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            try:
                if server.failures:
                    raise Refused(server.failures.pop(0), "Try later.")
                if self.headers.get("x-api-key") != API_KEY:
                    raise Refused(401, "Unauthenticated")
                answer = server.answer(self.command, address.path, parse_qs(address.query), body)
                status, content = 200, json.dumps(answer)
            except Refused as refused:
                status, content = refused.status, str(refused)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = do_PUT = handle_one  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler


@contextlib.contextmanager
def metabase_server() -> Iterator[MetabaseServer]:
    """Serve a stand-in on a free port of this machine."""
    state = MetabaseServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
