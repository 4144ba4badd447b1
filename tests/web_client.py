"""A browser without a screen: the web application in this process, its cookies, forms.

    client = Client(settings)
    client.sign_in("owner@site.example")
    page = client.post("/modindex/dev@lists.example", {"do": "approve", "id": "7"})

Redirects are followed, so a page after a POST is what its reader would see.  Whoever
posts gets the CSRF token from the page where they stand, as a browser does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
import psycopg
from starlette.testclient import TestClient

from listhub import db
from listhub.config import Settings
from listhub.lists import persons
from listhub.lists.accounts import sessions
from listhub.web.app import make_app

_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_TAG = re.compile(r"<[^>]*>")
_BLOCKS = re.compile(r"(?s)<(script|style|head)\b.*?</\1>")

Form = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it came: its status, headers, HTML, and the text that is read."""

    response: httpx2.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        return self.response.url.raw_path.decode()

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def text(self) -> str:
        """What is read: tags dropped, white space as one blank."""
        return " ".join(unescape(_TAG.sub(" ", _BLOCKS.sub(" ", self.html))).split())

    @property
    def csrf(self) -> str:
        found = _TOKEN.search(self.html)
        return found[1] if found else ""

    def links(self) -> list[str]:
        """Return where the page's links lead."""
        return [unescape(each) for each in re.findall(r'href="([^"]*)"', self.html)]


class Client:
    """One browser; use as a context manager: the application's connections end."""

    def __init__(
        self, settings: Settings, *, language: str = "en", peer: str = "testclient"
    ) -> None:
        """`peer` is who seems to have opened the connection, "" a Unix socket."""
        self.settings = settings
        self._http = TestClient(
            make_app(settings),
            base_url=settings.web.url or "http://web.example",
            headers={"accept-language": language},
            client=(peer, 50_000),
        )
        self.page: Seen | None = None

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

    @property
    def cookies(self) -> httpx2.Cookies:
        kept: httpx2.Cookies = self._http.cookies
        return kept

    def sign_in(self, address: str) -> None:
        """Begin a session as whoever has that address; they need not be known yet."""
        with db.transaction(self.settings.database) as conn:
            person_id = persons.find_or_make(conn, address)
            identifier = sessions.make(
                conn, person_id, method="link", settings=self.settings
            )
        self.carry(identifier)

    @property
    def identifier(self) -> str | None:
        """What the session's cookie says."""
        return self.cookies.get(self._cookie)

    def carry(self, identifier: str) -> None:
        """Have no cookie but a session's, as if it had been given so."""
        self.cookies.clear()
        host = urlsplit(str(self._http.base_url)).hostname or ""
        self.cookies.set(self._cookie, identifier, domain=host)
        self.page = None

    @property
    def _cookie(self) -> str:
        https = str(self._http.base_url).startswith("https:")
        return "__Host-listhub" if https else "listhub"

    def get(self, path: str, **headers: str) -> Seen:
        """Open a page, follow where it moves, and stand there."""
        return self._stand(self._http.get(path, headers=headers))

    def post(
        self,
        path: str,
        form: Form | None = None,
        *,
        files: Any = None,
        csrf: str | None = None,
        **headers: str,
    ) -> Seen:
        """Send a form from the page where one stands, or from the first one."""
        if csrf is None:
            page = self.page if self.page and self.page.csrf else self.get("/")
            csrf = page.csrf
        sent = {"csrf": csrf, **(form or {})}
        return self._stand(
            self._http.post(path, data=sent, files=files, headers=headers)
        )

    def raw(self, method: str, path: str, **given: Any) -> httpx2.Response:
        """Send anything at all; no redirect is followed."""
        response: httpx2.Response = self._http.request(
            method, path, follow_redirects=False, **given
        )
        return response

    def _stand(self, response: httpx2.Response) -> Seen:
        self.page = Seen(response)
        return self.page


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note every statement that this process sends to PostgreSQL meanwhile."""
    seen: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(self: Any, query: Any, *given: Any, **more: Any) -> Any:
        seen.append(str(query))
        return execute(self, query, *given, **more)

    psycopg.Cursor.execute = noting  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]
