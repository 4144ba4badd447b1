"""One item: its error as text, its mail only for who asks, its envelope changed."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from listhub.spool import operator as operators
from listhub.spool.operator import Edit
from tests import lively
from tests.lively import PEOPLE
from tests.operations import bury, deeds, operator, states
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client, statements


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with operator(site) as client:
        yield client


@pytest.fixture
def item(site: Rooms) -> int:
    return bury(site, 1)[0]


def was(client: Client) -> str:
    assert client.page
    found = re.search(r'name="was" value="([^"]*)"', client.page.html)
    assert found
    return unescape(found[1])


def test_a_failure_is_read_as_text(client: Client, item: int):
    """Error, traceback and headers stand there as they are, and nothing of them acts."""
    page = client.get(f"/spool/item/{item}")
    assert "ValueError: no thing 0" in page.text
    assert 'File "x.py", line 1' in page.text
    assert "&lt;script&gt;alert(1)" in page.html
    assert "<script>alert" not in page.html
    assert "<img src=x" not in page.html
    assert "Lost" in page.text


def test_the_text_is_shown_to_who_asks_and_written_down(
    client: Client, item: int, site: Rooms
):
    """Looking at the page is no look at the mail; the form is, and so is the download."""
    page = client.get(f"/spool/item/{item}")
    assert "onerror=alert(2)>{{7*7}}</pre>" not in page.html
    assert deeds(site, "message.look") == []
    page = client.post(f"/spool/item/{item}/text")
    assert "onerror=alert(2)&gt;{{7*7}}" in page.html
    assert "<img src=x" not in page.html
    client.get(f"/spool/item/{item}")
    got = client.post(f"/spool/item/{item}/message").response
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment")
    assert b"Message-ID: <lost0@a.example>" in got.content
    assert deeds(site, "message.look") == [(PEOPLE.site, f"item {item}", "web")] * 2


def test_an_order_is_for_the_state_that_was_seen(
    client: Client, item: int, site: Rooms
):
    """Retried once; a second click is told that it is so already."""
    client.get(f"/spool/item/{item}")
    form = {"do": "retry", "expected": "buried"}
    page = client.post(f"/spool/item/{item}", form)
    assert f"Item {item} is tried again now." in page.text
    assert states(site)[item] == "ready"
    page = client.post(f"/spool/item/{item}", form)
    assert f"Item {item} is ready already." in page.text
    assert PEOPLE.site in page.text


def test_the_envelope_is_changed_as_it_was_seen(client: Client, item: int, site: Rooms):
    """A new recipient brings its list; who saw an older envelope changes nothing."""
    client.get(f"/spool/item/{item}")
    before = was(client)
    form = {
        "do": "edit",
        "was": before,
        "recipient": f"news@{DOMAIN}",
        "reverse_path": "bob@b.example",
        "priority": "1",
    }
    page = client.post(f"/spool/item/{item}", form)
    assert f"The envelope of item {item} is changed." in page.text
    [row] = site.rows("SELECT * FROM spool_item WHERE id = %s", item)
    assert (row.recipient, row.reverse_path, row.priority) == (
        f"news@{DOMAIN}",
        "bob@b.example",
        1,
    )
    assert row.list_id == 2
    page = client.post(f"/spool/item/{item}", {**form, "priority": "7"})
    assert "was changed meanwhile" in page.text
    assert site.rows("SELECT priority FROM spool_item WHERE id = %s", item)[0][0] == 1
    page = client.post(f"/spool/item/{item}", {**form, "was": was(client)})
    assert "has these values already" in page.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"recipient": "nobody@elsewhere.example"}, "is not for us"),
        ({"recipient": f"dev-owner@{DOMAIN}"}, "is for the stage bounce"),
        ({"recipient": "no address"}, "is not an address"),
        ({"reverse_path": "<>x"}, "is not an address"),
        ({"priority": "10"}, "A priority is a number"),
    ],
)
def test_a_wrong_envelope_is_one_sentence(
    client: Client, item: int, changed: dict[str, str], said: str
):
    """What is wrong is said, and nothing is changed."""
    client.get(f"/spool/item/{item}")
    form = {
        "do": "edit",
        "was": was(client),
        "recipient": f"dev@{DOMAIN}",
        "reverse_path": "ann@a.example",
        **changed,
    }
    page = client.post(f"/spool/item/{item}", form)
    assert said in page.text, page.text


@pytest.mark.parametrize("text", ["", "x", "[]", '[1,2,3,"x"]', "[" * 5000, "null"])
def test_a_form_that_is_none_changes_nothing(client: Client, item: int, text: str):
    """Whatever stands in the hidden field: a sentence."""
    client.get(f"/spool/item/{item}")
    assert client.post(f"/spool/item/{item}", {"do": "edit", "was": text}).status == 400


def test_what_was_edited_by_others_is_told(client: Client, item: int, site: Rooms):
    """An item that came into work, or was edited from a shell, is left as it is."""
    client.get(f"/spool/item/{item}")
    form = {"do": "edit", "was": was(client), "reverse_path": "", "recipient": ""}
    operators.edit(site.conn, item, Edit(priority=3), actor="bob@b.example")
    site.conn.commit()
    page = client.post(f"/spool/item/{item}", {**form, "recipient": f"dev@{DOMAIN}"})
    assert "was changed meanwhile" in page.text


def test_what_ended_says_how(client: Client, site: Rooms):
    """A settled item has a page, too; what never was has none."""
    [row] = site.rows("SELECT item_id FROM spool_history ORDER BY item_id LIMIT 1")
    page = client.get(f"/spool/item/{row.item_id}")
    assert "done" in page.text
    assert "Retry now" not in page.text
    assert client.get("/spool/item/999999").status == 404
    assert client.post("/spool/item/999999/text").status == 404


def test_a_page_costs_a_bounded_number_of_statements(client: Client, site: Rooms):
    """Item, body, story with one message that left: about twenty."""
    for row in site.rows(
        "(SELECT id FROM spool_item WHERE stage = 'send' ORDER BY id LIMIT 1)"
        " UNION ALL (SELECT item_id FROM spool_history ORDER BY item_id LIMIT 1)"
    ):
        with statements() as seen:
            assert client.get(f"/spool/item/{row.id}").status == 200
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= 20, asked
