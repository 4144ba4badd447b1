"""A program that uses the API: the application in this process, a token, JSON.

with Program(settings) as program:
    program.token = token_for(settings, "owner@site.example", rights="manage")
    answer = program.get("/lists")
"""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, get_args
from urllib.parse import quote

import httpx2
from starlette.testclient import TestClient

from listhub import db
from listhub.config import Settings
from listhub.lists import persons, posting
from listhub.lists.accounts import tokens
from listhub.lists.accounts.tokens import Rights
from listhub.web.api.operation import Operation
from listhub.web.api.parameters import PATHS
from listhub.web.app import make_app

BASE = "/api/v1"

#: What stands for the {names} of paths in the document.
EXAMPLES = {name: get_args(kind)[1].examples[0] for name, kind in PATHS.items()}


def token_for(
    settings: Settings,
    address: str,
    *,
    rights: Rights = "manage",
    domain: str = "",
    list_: str = "",
) -> str:
    """Make a token for whoever has that address."""
    with db.transaction(settings.database) as conn:
        row = posting.find_named(conn, list_) if list_ else None
        made, _ = tokens.make(
            conn,
            persons.find_or_make(conn, address),
            name="test",
            rights=rights,
            settings=settings,
            domain_id=tokens.domain_named(conn, domain) if domain else None,
            list_id=row.id if row else None,
        )
    return made


class Program:
    """One program; use as a context manager: the application's connections end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = make_app(settings)
        self._http = TestClient(self.app, base_url="http://web.example")
        self.token = ""

    def __enter__(self) -> Self:
        self._http.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.__exit__(kind, error, trace)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        **given: Any,
    ) -> httpx2.Response:
        """Send a call; `path` is below /api/v1."""
        sent = {"accept-language": "en", **(headers or {})}
        if self.token:
            sent.setdefault("authorization", f"Bearer {self.token}")
        if body is not None:
            given["json"] = body
        response: httpx2.Response = self._http.request(
            method, f"{BASE}{path}", headers=sent, follow_redirects=False, **given
        )
        return response

    def get(self, path: str, **fields: Any) -> Any:
        """Return the JSON of an answer that must be well."""
        response = self.call("GET", path, params=fields or None)
        assert response.status_code == 200, response.text
        return response.json()

    def do(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Do something that must be well; return the JSON of the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.call(method, path, body, headers=named)
        assert response.status_code < 300, response.text
        return response.json()

    def whole(self, path: str, **fields: Any) -> list[Any]:
        """Return all rows of something in pages, following `next` to the end."""
        rows: list[Any] = []
        cursor = ""
        for _ in range(200):
            found = self.get(path, **fields, **({"cursor": cursor} if cursor else {}))
            rows += found["items"]
            cursor = found["next"] or ""
            if not cursor:
                return rows
        raise AssertionError(f"{path} has no end")


def path_of(operation: Operation, **more: object) -> str:
    """Return an operation's path with its names filled in, as its example has them."""
    named = {**EXAMPLES, **operation.example, **more}
    path = operation.path
    for name in operation.names:
        path = re.sub(rf"\{{{name}(:path)?\}}", quote(str(named[name])), path)
    return path
