"""The queue's page: what waits, filters, decisions about many, undo, told what happened."""

from collections.abc import Iterator

import pytest

from tests import lively
from tests.held import decide, hold_post
from tests.lively import LIST, PEOPLE
from tests.rooms import Rooms, post_bytes
from tests.web_client import Client, statements


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.moderator)
        yield client


def states(site: Rooms) -> dict[str, int]:
    rows = site.rows("SELECT state, count(*) AS n FROM request GROUP BY state")
    return {row.state: row.n for row in rows}


def numbers(site: Rooms, author: str = "%") -> list[str]:
    rows = site.rows("SELECT id FROM request WHERE author LIKE %s ORDER BY id", author)
    return [str(row.id) for row in rows]


def test_what_waits_is_shown_with_counts(client: Client):
    """All twelve posts, hostile subjects as text, and the filter fields."""
    page = client.get("/modindex")
    assert page.status == 200
    assert "Waits for a decision 12" in page.text
    assert "<script>alert" not in page.html
    assert "You have won a prize" in page.text


def test_filters_narrow_and_are_kept(client: Client):
    """A sender's posts alone; the fields show what was chosen; like mails by a link."""
    page = client.get("/modindex?sender=spam.example&sort=newest")
    assert "Waits for a decision 4" in page.text
    assert 'value="spam.example"' in page.html
    alike = next(link for link in client.get("/modindex").links() if "like=" in link)
    assert "Only what is alike" in client.get(alike).text


def test_what_is_ticked_is_decided_by_workers(client: Client, site: Rooms):
    """A rejection waits to be undone, shows who does it, and is carried out once due."""
    ticked = numbers(site)[:3]
    client.get("/modindex")
    page = client.post("/modindex", {"do": "reject", "id": ticked})
    assert "3 are being rejected. Undo" in page.text
    assert states(site) == {"waiting": 12}
    assert "being rejected by mona@m.example" in page.text
    due(site)
    site.drain("decide")
    assert states(site) == {"waiting": 9, "rejected": 3}


def test_a_rejection_can_be_undone(client: Client, site: Rooms):
    """Undone in time nothing of it happens; a second undo says so."""
    client.get("/modindex")
    client.post("/modindex", {"do": "reject", "id": numbers(site)[:2]})
    ((row),) = site.rows("SELECT id FROM decision")
    page = client.post(f"/decisions/{row.id}", {"back": "/modindex"})
    assert "Undone; it waits again." in page.text
    due(site)
    site.drain("decide")
    assert states(site) == {"waiting": 12}
    assert "too late" in client.post(f"/decisions/{row.id}").text


def test_all_that_is_alike_is_decided_at_once(client: Client, site: Rooms):
    """`whole` means the filter, not the page; what came later is not part of it."""
    client.get("/modindex?sender=spam.example")
    client.post("/modindex?sender=spam.example", {"do": "discard", "whole": "1"})
    hold_post(site, 1, post_bytes("s1@spam.example", message_id="later@s.example"))
    due(site)
    site.drain("decide")
    assert states(site) == {"waiting": 9, "discarded": 4}


def test_approvals_do_not_wait(client: Client, site: Rooms):
    """What destroys nothing takes effect as soon as a worker sees it."""
    client.get("/modindex")
    page = client.post("/modindex", {"do": "approve", "id": numbers(site)[:1]})
    assert "Approved: 1." in page.text
    site.drain("decide")
    assert states(site)["approved"] == 1


def test_the_second_moderator_is_told(client: Client, site: Rooms):
    """One effect: who comes second reads who was first, and what they did."""
    one = numbers(site)[0]
    client.get("/modindex")
    from listhub.lists.moderation.outcomes import Action

    decide(site, int(one), Action.APPROVE, by="other@m.example")
    page = client.post("/modindex", {"do": "reject", "id": one})
    assert "other@m.example" in page.text
    assert states(site)["approved"] == 1


def test_nothing_of_others_lists_is_touched(client: Client, site: Rooms):
    """Numbers of requests that are not theirs to decide change nothing."""
    other = site.add_list("other")
    hold_post(site, other, post_bytes(message_id="o@a.example"))
    client.get("/modindex")
    client.post("/modindex", {"do": "discard", "id": [numbers(site)[-1], "999999"]})
    due(site)
    site.drain("decide")
    assert states(site) == {"waiting": 13}


@pytest.mark.parametrize(
    "query",
    [
        "?after=1.x",
        "?after=%00",
        "?older=-1&larger=9999999999999999999",
        "?sort=x&kind=x&spam=x&claim=x&attachment=x&like=x:y",
        "?like=sender:%27%3B--",
        "?q=%25%25&sender=%5C",
    ],
)
def test_odd_addresses_are_answered(client: Client, query: str):
    """Whatever stands in the address: a page, or a sentence."""
    assert client.get(f"/modindex{query}").status in {200, 400}


def test_a_page_costs_a_few_statements(client: Client):
    """However much waits: session, standing, page, counts, groups, decisions."""
    with statements() as seen:
        client.get(f"/modindex/{LIST}")
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 9, asked


def due(site: Rooms) -> None:
    """Let the time for undoing be over."""
    site.conn.execute("UPDATE decision SET due_at = now() - interval '1 second'")
    site.conn.execute("UPDATE spool_item SET due_at = NULL, state = 'ready'")
    site.conn.commit()
