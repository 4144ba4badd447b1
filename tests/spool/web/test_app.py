"""The web application over real figures: pages, codes, headers, and no database."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from listhub.config import Database, Settings
from listhub.spool import store
from listhub.spool.items import NewItem
from listhub.web.app import make_app
from tests.rooms import Rooms, post_bytes

PAGES = ("/status", "/status.json", "/healthz")


def get(
    settings: Settings, path: str, *, method: str = "GET"
) -> tuple[int, Mapping[str, str], bytes]:
    """Ask the application once, as a server does; return code, headers and content."""
    path, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"lists.example")],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    async def ask() -> None:
        await make_app(settings)(scope, receive, send)

    anyio.run(ask)
    headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], headers, b"".join(part.get("body", b"") for part in said)


def test_pages_show_the_same_figures(rooms: Rooms):
    """The page, its JSON and the health check agree, and name nobody."""
    rooms.add_list()
    rooms.put("distribute", post_bytes(subject="Secret plans"))
    settings = rooms.host.settings
    code, _, page = get(settings, "/status")
    assert code == 200
    assert b"All is well" in page
    code, _, text = get(settings, "/status.json")
    document = json.loads(text)
    assert (code, document["healthy"], document["database"]) == (200, True, True)
    ready = {room["stage"]: room["ready"] for room in document["rooms"]}
    assert ready["distribute"] == 1
    code, _, health = get(settings, "/healthz")
    assert code == 200
    assert json.loads(health)["flowing"] is True
    for content in (page, text, health):
        assert b"Secret" not in content
        assert b"@" not in content


def test_what_is_overdue_is_a_503_for_monitors(rooms: Rooms):
    """An item that waits too long is on the page, and makes the health check fail."""
    store.put(rooms.conn, [NewItem(stage="send", trace=uuid.uuid4())])
    rooms.conn.execute("UPDATE spool_item SET rank = rank - interval '1 hour'")
    rooms.conn.commit()
    code, _, page = get(rooms.host.settings, "/status")
    assert code == 200
    assert b"In send the oldest item has waited" in page
    code, _, health = get(rooms.host.settings, "/healthz")
    assert code == 503
    assert json.loads(health)["oldest"] > 3000


@pytest.mark.parametrize("path", [*PAGES, "/status?refresh=off", "/nowhere"])
def test_every_answer_is_locked_down(rooms: Rooms, path: str):
    """No script, no frame, no sniffing, no cache; not on errors either."""
    _, headers, _ = get(rooms.host.settings, path)
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(rooms: Rooms, method: str):
    """Whatever is not GET or HEAD is refused."""
    for path in PAGES:
        assert get(rooms.host.settings, path, method=method)[0] == 405


@pytest.mark.parametrize(
    "url", ["postgresql://x@127.0.0.1:1/x", "postgresql:///x?host=/nonexistent"]
)
def test_a_database_that_is_away(url: str):
    """Each page says so at once, with 503, and without saying where it should be."""
    settings = Settings(database=Database(url=url))
    for path in ("/status", "/status.json", "/healthz"):
        code, _, content = get(settings, path)
        assert code == 503
        assert b"127.0.0.1" not in content
        assert b"nonexistent" not in content
    assert b"The database does not answer." in get(settings, "/status")[2]


def test_a_database_that_was_not_set_up(rooms: Rooms):
    """Without tables there is a page too."""
    rooms.conn.execute("ALTER TABLE spool_item RENAME TO moved_away")
    rooms.conn.commit()
    assert get(rooms.host.settings, "/healthz")[0] == 503
