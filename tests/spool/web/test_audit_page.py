"""The audit's page: filters, keys, and details as facts that cannot act."""

from collections.abc import Iterator

import pytest

from listhub.lists import audit
from tests import lively
from tests.lively import HOSTILE, LIST
from tests.operations import operator
from tests.rooms import Rooms
from tests.web_client import Client, statements


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    for n in range(60):
        audit.note(
            rooms.conn,
            actor=f"ann{n % 2}@a.example",
            action="member.set",
            subject=LIST,
            list_id=1,
            detail={
                "how": "web",
                "address": f"x{n}@a.example {HOSTILE}",
                "changes": {"reception": ["mail", "digest"]},
                "nested": {"a": [1, 2]},
            },
        )
    rooms.conn.commit()
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with operator(site) as client:
        yield client


def test_deeds_are_chosen_by_any_of_their_parts(client: Client):
    """Who, what, object, list, how, since when; what is wrong stands at its field."""
    for query, number in (
        ("actor=ann1@a.example", 30),
        ("action=member.&actor=ann0@a.example", 30),
        (f"object={LIST}&actor=ann0@a.example&how=web", 30),
        (f"list={LIST}&actor=ann0@a.example", 30),
        ("actor=ann0@a.example&how=cli", 0),
        ("actor=ann0@a.example&until=2000-01-01T00:00", 0),
        ("actor=nobody", 0),
    ):
        assert client.get(f"/audit?{query}").html.count("→ digest") == number, query
    assert "There is no such list here." in client.get("/audit?list=x@y.example").text
    assert "This is no time" in client.get("/audit?since=x").text
    assert client.get("/audit?page=x").status == 400


def test_pages_go_on_by_key(client: Client):
    """Sixty deeds are two pages of one choice."""
    first = client.get(f"/audit?list={LIST}&action=member.set")
    assert first.html.count("→ digest") == 50
    second = client.get(next(link for link in first.links() if "page=" in link))
    assert second.html.count("→ digest") == 10


def test_details_are_facts(client: Client):
    """Names with values, changes as before and after; nothing of it acts."""
    page = client.get("/audit?actor=ann1@a.example")
    assert "reception mail → digest" in page.text
    assert '{"a": [1, 2]}' in page.text
    assert "<img src=x" not in page.html


def test_a_page_costs_a_bounded_number_of_statements(client: Client):
    """Session, standing, the list, one page."""
    with statements() as seen:
        client.get(f"/audit?list={LIST}")
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 5, asked
