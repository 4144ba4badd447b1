"""One-click unsubscription as mail providers, people and scanners meet it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio
import pytest

from listhub.config import Database, Settings
from listhub.config.reading import derived_key
from listhub.mail import one_click
from listhub.web.app import make_app
from tests.rooms import Rooms
from tests.web_client import Client

FORM = "application/x-www-form-urlencoded"
CLICK = b"List-Unsubscribe=One-Click"
Answer = tuple[int, Mapping[str, str], bytes]


def ask(
    settings: Settings,
    token: str,
    *,
    method: str = "POST",
    body: bytes = CLICK,
    kind: str = FORM,
) -> Answer:
    """Send one request as a server does; return code, headers and content."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": f"/one-click/{token}",
        "raw_path": f"/one-click/{token}".encode(),
        "query_string": b"",
        "headers": [(b"host", b"lists.example"), (b"content-type", kind.encode())],
        "server": ("127.0.0.1", 443),
        "client": ("127.0.0.1", 1),
    }
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    async def run() -> None:
        await make_app(settings)(scope, receive, send)

    anyio.run(run)
    headers = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], headers, b"".join(part.get("body", b"") for part in said)


def token_of(rooms: Rooms, list_id: int, subscription: int) -> str:
    """Return the token in this member's copies."""
    key = derived_key(rooms.host.settings, one_click.PURPOSE)
    return one_click.encode(key, list_id=list_id, subscription_id=subscription)


def members(rooms: Rooms) -> list[str]:
    """Return who is on any list."""
    found = rooms.rows(
        "SELECT address FROM person JOIN subscription ON person_id = person.id"
        " ORDER BY address"
    )
    return [row.address for row in found]


MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    b"One-Click\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("body", "kind"), [(CLICK, FORM), (MULTIPART, "multipart/form-data; boundary=b")]
)
def test_a_click_ends_the_membership_at_once(rooms: Rooms, body: bytes, kind: str):
    """One POST without cookies: gone, in the audit, a good-bye is on its way."""
    list_id = rooms.add_list(members=["b@b.example"])
    token = token_of(rooms, list_id, rooms.subscribe(list_id, "a@a.example"))
    code, headers, page = ask(rooms.host.settings, token, body=body, kind=kind)
    assert code == 200
    assert b"dev@lists.example" in page
    assert "form-action 'self'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers
    assert members(rooms) == ["b@b.example"]
    [row] = rooms.rows("SELECT * FROM audit")
    assert (row.actor, row.action) == ("a@a.example", "member.del")
    assert row.detail["how"] == "web"
    assert rooms.sent_to() == ["a@a.example"]
    assert len(rooms.waiting("send")) == 1


def test_twice_is_once(rooms: Rooms):
    """Providers repeat: 200 again, no second audit row, no second good-bye."""
    list_id = rooms.add_list()
    token = token_of(rooms, list_id, rooms.subscribe(list_id, "a@a.example"))
    assert [ask(rooms.host.settings, token)[0] for _ in range(3)] == [200] * 3
    assert len(rooms.rows("SELECT * FROM audit")) == 1
    assert len(rooms.sent_to()) == 1


def test_an_old_token_does_not_end_a_new_membership(rooms: Rooms):
    """Who has subscribed again stays, whatever old mail says."""
    list_id = rooms.add_list()
    token = token_of(rooms, list_id, rooms.subscribe(list_id, "a@a.example"))
    ask(rooms.host.settings, token)
    rooms.subscribe(list_id, "a@a.example")
    assert ask(rooms.host.settings, token)[0] == 200
    assert members(rooms) == ["a@a.example"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_scanners_change_nothing(rooms: Rooms, method: str):
    """Looking at the link shows a button and does nothing."""
    list_id = rooms.add_list()
    token = token_of(rooms, list_id, rooms.subscribe(list_id, "a@a.example"))
    code, _, page = ask(rooms.host.settings, token, method=method, body=b"")
    assert code == 200
    assert b'<form method="post">' in page
    assert b"a@a.example" not in page
    assert members(rooms) == ["a@a.example"]


@pytest.mark.parametrize(
    "body", [b"", b"List-Unsubscribe=No", b"x" * 10_000, b"\xff\0", b"One-Click"]
)
def test_another_post_changes_nothing(rooms: Rooms, body: bytes):
    """Only the words of RFC 8058 count as a click."""
    list_id = rooms.add_list()
    token = token_of(rooms, list_id, rooms.subscribe(list_id, "a@a.example"))
    assert ask(rooms.host.settings, token, body=body)[0] == 400
    assert members(rooms) == ["a@a.example"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["x", "A" * 43, "é", "a/b", "A" * 10_000])
def test_a_wrong_token_is_not_found(rooms: Rooms, method: str, token: str):
    """What we have not made is a 404, and says nothing about who is a member."""
    rooms.add_list(members=["a@a.example"])
    assert ask(rooms.host.settings, token, method=method)[0] == 404
    assert members(rooms) == ["a@a.example"]


def test_without_a_database_it_is_asked_again(rooms: Rooms):
    """503 and Retry-After: the provider comes back, the click is not lost."""
    token = token_of(rooms, 1, 1)
    nowhere = Database(url="postgresql://127.0.0.1:1/none?connect_timeout=2")
    settings = replace(rooms.host.settings, database=nowhere)
    code, headers, _ = ask(settings, token)
    assert (code, headers["retry-after"]) == (503, "60")


def test_the_page_names_the_list_in_the_reader_s_language(rooms: Rooms):
    """Who is asked is told what about; the page is like all others, without a cookie."""
    list_id = rooms.add_list()
    token = token_of(rooms, list_id, rooms.subscribe(list_id, "a@a.example"))
    with Client(rooms.host.settings, language="fr") as client:
        page = client.get(f"/one-click/{token}")
    assert "dev@lists.example" in page.text
    assert '<html lang="fr">' in page.html
    assert "/static/app.css" in page.html
    assert "set-cookie" not in page.response.headers
