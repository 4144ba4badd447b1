"""Signing in by a link: once, by POST, with a new identifier; and out again."""

import dataclasses
from collections.abc import Iterator

import pytest

from listhub import db
from listhub.lists.accounts import links
from tests.rooms import Rooms
from tests.web_client import Client

ADDRESS = "ann@a.example"


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    web = dataclasses.replace(rooms.host.settings.web, url="http://web.example")
    settings = dataclasses.replace(rooms.host.settings, web=web)
    with Client(settings) as client:
        yield client


def link(client: Client, *, next_path: str = "") -> str:
    """Make a link as if it had been mailed; return its path."""
    with db.transaction(client.settings.database) as conn:
        token, _ = links.make(conn, ADDRESS, next_path=next_path)
    return f"/sign-in/{token}"


def mails(rooms: Rooms) -> list[bytes]:
    rows = rooms.conn.execute("SELECT head FROM outgoing").fetchall()
    return [bytes(row[0]) for row in rows]


def test_a_link_comes_by_mail(client: Client, rooms: Rooms):
    """Whoever asks is answered alike, and gets a mail with a link that works once."""
    rooms.add_list()
    rooms.conn.commit()
    client.get("/sign-in?next=/help")
    page = client.post("/sign-in", {"address": ADDRESS, "next": "/help"})
    assert page.status == 200
    assert f"on its way to {ADDRESS}" in page.text
    (raw,) = mails(rooms)
    assert b"http://web.example/sign-in/" in raw


def test_a_link_signs_in_once_and_only_by_its_button(client: Client):
    """GET changes nothing, POST signs in, the second use is told so."""
    path = link(client, next_path="/help")
    for _ in range(3):
        page = client.get(path)
        assert ADDRESS in page.text
        assert "Sign out" not in page.text
    page = client.post(path)
    assert page.path == "/help"
    assert "Sign out" in page.text
    client.post("/sign-out")
    page = client.get(path)
    assert page.status == 410
    assert "used before" in page.text


def test_an_identifier_planted_before_is_worth_nothing(client: Client):
    """Signing in gives a new identifier, and ends the one that the browser had."""
    client.sign_in("mallory@m.example")
    planted = client.identifier or ""
    client.post(link(client))
    assert client.identifier != planted
    client.carry(planted)
    assert "Sign out" not in client.get("/").text


def test_signed_out_is_out(client: Client):
    """The identifier that was seen before the sign-out opens nothing."""
    client.sign_in(ADDRESS)
    kept = client.identifier or ""
    page = client.post("/sign-out")
    assert "You are signed out." in page.text
    client.carry(kept)
    assert "Sign out" not in client.get("/").text


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "x" * 500, "a@b\nBcc: c@d"])
def test_what_is_no_address_is_told(client: Client, address: str):
    """A sentence at the field, and no mail."""
    client.get("/sign-in")
    page = client.post("/sign-in", {"address": address})
    assert page.status == 400
    assert "not an e-mail address" in page.text


def test_asking_too_often_is_told(client: Client):
    """After a few links to one address the next has to wait."""
    client.get("/sign-in")
    pages = [client.post("/sign-in", {"address": ADDRESS}) for _ in range(6)]
    assert [page.status for page in pages] == [200] * 5 + [429]
    assert "too often" in pages[-1].text
