"""Confirm by a link in a mail: looking does nothing, a button does it, once."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from listhub.config import Web
from tests.held import hold_post, mails
from tests.rooms import DOMAIN, Rooms, post_bytes
from tests.web_client import Client

URL = "http://www.lists.example"
VERA = "vera@v.example"


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with Client(replace(rooms.host.settings, web=Web(url=URL))) as client:
        yield client


def link(rooms: Rooms) -> str:
    """Return the path in the last mail."""
    found = re.findall(rb"/confirm/[0-9a-f]{32}", mails(rooms)[-1].raw)
    assert found
    return str(found[0].decode())


def members(rooms: Rooms) -> list[str]:
    return [
        row.address
        for row in rooms.rows(
            "SELECT address FROM person JOIN subscription ON person_id = person.id"
        )
    ]


def ask_to_join(client: Client) -> None:
    path = f"/subscribe/dev@{DOMAIN}"
    client.get(path)
    assert client.post(path, {"address": VERA}).status == 200


def test_a_visitor_joins_by_two_forms(rooms: Rooms, client: Client):
    """The mail's link shows a button; that makes a member, and is good once."""
    rooms.add_list()
    ask_to_join(client)
    path = link(rooms)
    page = client.get(path)
    assert "asked to subscribe vera@v.example" in page.text
    rooms.drain("command")
    assert members(rooms) == []
    assert "Confirmed." in client.post(path, {"do": "yes"}).text
    rooms.drain("command")
    assert members(rooms) == [VERA]
    assert client.post(path, {"do": "yes"}).status == 410
    assert client.get(path).status == 410


def test_what_was_not_asked_for_is_taken_back(rooms: Rooms, client: Client):
    """Nothing happens, and the link is good no more."""
    rooms.add_list()
    ask_to_join(client)
    path = link(rooms)
    client.get(path)
    assert client.post(path, {"do": "?"}).status == 400
    assert "nothing happens" in client.post(path, {"do": "no"}).text
    assert client.post(path, {"do": "yes"}).status == 410
    rooms.drain("command")
    assert members(rooms) == []


@pytest.mark.parametrize("key", ["0", "a" * 32, "A/B", "%00", "x" * 5000])
def test_a_key_that_is_none_opens_nothing(rooms: Rooms, client: Client, key: str):
    """Nor does a moderator's key confirm anything."""
    list_id = rooms.add_list(owners=["o@o.example"])
    hold_post(rooms, list_id, post_bytes())
    rooms.conn.commit()
    assert client.get(f"/confirm/{key}").status in {404, 410}
    assert client.get(f"/confirm/{mails(rooms)[0].key}").status == 410
