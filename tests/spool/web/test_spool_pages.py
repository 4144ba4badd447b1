"""The spool browser: chosen, ticked, ordered; a stale page is told what happened."""

import re
from collections.abc import Iterator

import pytest

from listhub.spool import orders
from listhub.spool.orders import Asked, Order
from tests import lively
from tests.lively import HOSTILE, LIST, PEOPLE
from tests.operations import bury, deeds, operator, states
from tests.rooms import Rooms
from tests.web_client import Client, statements

_MANY = """
INSERT INTO spool_item (stage, state, rank, trace, list_id, reverse_path, recipient)
SELECT 'archive', 'held', now(), gen_random_uuid(), 1, 'ann@a.example', 'dev@lists.example'
  FROM generate_series(1, %s)
"""


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with operator(site) as client:
        yield client


def many(site: Rooms, number: int) -> None:
    site.conn.execute(_MANY, [number])
    site.conn.commit()


def shown(html: str) -> list[str]:
    """Return the items of a page, with the states in which they are shown."""
    return re.findall(r'name="item" value="(\d+:[a-z]+)"', html)


def test_rooms_are_looked_into(client: Client, site: Rooms):
    """All of them or one; the filters narrow, and stand in their fields."""
    items = bury(site)
    everywhere = shown(client.get("/spool?state=buried").html)
    assert {f"{item}:buried" for item in items} <= set(everywhere)
    assert len(shown(client.get("/spool").html)) == 50
    assert shown(client.get("/spool/archive?state=buried").html) == []
    for query, number in (
        ("state=buried", 4),
        ("state=buried&text=NO+THING", 3),
        ("state=buried&error=ValueError%3A+no+thing+%23", 3),
        (f"state=buried&list={LIST}&sender=ann@a.example", 4),
        ("state=buried&domain=lists.example&attempts=10", 4),
        ("state=buried&attempts=11", 0),
        ("state=buried&older=5", 0),
        ("state=buried&younger=5", 4),
        ("list=nowhere@lists.example", 0),
    ):
        page = client.get(f"/spool/distribute?{query}")
        assert len(shown(page.html)) == number, query
    assert 'value="ann@a.example"' in client.get("/spool?sender=ann@a.example").html
    assert client.get("/spool/nowhere").status == 404


def test_pages_go_on_by_key(client: Client, site: Rooms):
    """Sixty items are two pages; back from the second is the first."""
    many(site, 60)
    first = client.get("/spool/archive?state=held")
    onwards = next(link for link in first.links() if "page=" in link)
    second = client.get(onwards)
    assert (len(shown(first.html)), len(shown(second.html))) == (50, 10)
    back = next(link for link in second.links() if "page=" in link)
    assert shown(client.get(back).html) == shown(first.html)


def test_what_is_ticked_gets_the_order(client: Client, site: Rooms):
    """Held and released again, written down with who and how."""
    ticked = shown(client.get("/spool/send?state=ready").html)[:3]
    page = client.post("/spool/send?state=ready", {"do": "hold", "item": ticked})
    assert "Held: 3." in page.text
    numbers = [int(each.partition(":")[0]) for each in ticked]
    assert {states(site)[n] for n in numbers} == {"held"}
    assert len(deeds(site, "spool.hold")) == 3
    held = [f"{n}:held" for n in numbers]
    page = client.post("/spool/send", {"do": "release", "item": held})
    assert "Released: 3." in page.text
    assert deeds(site, "spool.release")[0][::2] == (PEOPLE.site, "web")


def test_a_stale_page_is_told_what_happened(client: Client, site: Rooms):
    """What somebody else did meanwhile stays done, and is said with their name."""
    one, two, three = bury(site)
    client.get("/spool/distribute?state=buried")
    other = Order(action="retry", actor="bob@b.example", how="web")
    orders.carry_out(site.conn, other, [Asked(item=one), Asked(item=two)])
    site.conn.commit()
    page = client.post("/spool/distribute", {"do": "drop", "item": [f"{one}:buried"]})
    assert "Drop 1 item for good?" in page.text
    page = client.post("/spool/order", {"do": "drop", "item": f"{one}:buried"})
    assert f"Item {one} is ready by now and not buried any more" in page.text
    assert "bob@b.example" in page.text
    ticked = [f"{each}:buried" for each in (one, two, three)]
    page = client.post("/spool/distribute", {"do": "retry", "item": ticked})
    assert "Tried again: 1. Left as they were: 2." in page.text
    assert "listhub spool" not in page.text
    assert states(site)[one] == "ready"


def test_refusals_name_the_state(client: Client, site: Rooms):
    """What is not for an item says what the item is, and what can be done."""
    [item] = bury(site, 1)
    client.get("/spool")
    page = client.post("/spool", {"do": "hold", "item": str(item)})
    assert (
        f"Item {item} is buried: nobody works on it until it is retried." in page.text
    )
    page = client.post("/spool", {"do": "retry", "item": "999999"})
    assert "There is no item 999999 in the spool." in page.text
    page = client.post("/spool", {"do": "retry"})
    assert "Nothing was ticked" in page.text
    assert client.post("/spool", {"do": "burn", "item": str(item)}).status == 400


def test_a_drop_is_confirmed_and_keeps_its_reason(client: Client, site: Rooms):
    """Asked first; then it ends, with who and why in the history; twice is told."""
    [item] = bury(site, 1)
    client.get("/spool")
    page = client.post("/spool", {"do": "drop", "item": f"{item}:buried"})
    assert item in states(site)
    form = {"do": "drop", "item": f"{item}:buried", "note": f"broken {HOSTILE}"}
    page = client.post("/spool/order", form)
    assert f"Item {item} is dropped." in page.text
    assert item not in states(site)
    page = client.get(f"/spool/item/{item}")
    assert f"broken {HOSTILE} (by {PEOPLE.site})" in page.text
    assert "<img src=x" not in page.html
    assert "was dropped already" in client.post("/spool/order", form).text


def test_all_that_is_chosen_is_asked_for_with_its_number(client: Client, site: Rooms):
    """The page names the number; what comes meanwhile is not part of it."""
    many(site, 120)
    client.get("/spool/archive?state=held")
    page = client.post("/spool/archive?state=held", {"do": "release", "whole": "1"})
    assert "Release 120 items?" in page.text
    assert "held" in states(site).values()
    upto = re.search(r'name="upto" value="(\d+)"', page.html)
    assert upto
    many(site, 1)
    form = {"do": "release", "stage": "archive", "state": "held", "upto": upto[1]}
    page = client.post("/spool/order", form)
    assert "Released: 120." in page.text
    assert list(states(site).values()).count("held") == 1


def test_more_than_one_piece_goes_on_after_each(client: Client, site: Rooms):
    """10,000 at a time, each piece its own commit and its own question."""
    many(site, orders.MOST + 5)
    client.get("/spool/order?do=drop&stage=archive&state=held")
    form = {"do": "drop", "stage": "archive", "state": "held", "upto": str(2**40)}
    page = client.post("/spool/order", form)
    assert "Dropped: 10,000." in page.text
    assert "Drop 5 items for good?" in page.text
    assert len(deeds(site, "spool.drop")) == orders.MOST
    after = re.search(r'name="after_item" value="(\d+)"', page.html)
    assert after
    page = client.post("/spool/order", {**form, "after_item": after[1]})
    assert "Dropped: 5." in page.text


def test_what_is_in_work_is_taken_away_only_by_force(client: Client, site: Rooms):
    """An order leaves it to its worker; with the tick its worker loses it."""
    [(item,)] = site.conn.execute(
        "UPDATE spool_item SET lease_until = now() + interval '1 h', owner = 'mx1/7'"
        " WHERE id = (SELECT min(id) FROM spool_item WHERE state = 'ready')"
        " RETURNING id"
    ).fetchall()
    site.conn.commit()
    client.get("/spool")
    page = client.post("/spool", {"do": "hold", "item": f"{item}:leased"})
    assert f"Item {item} is in work; try again, or take it away" in page.text
    page = client.get(f"/spool/order?do=hold&item={item}:leased")
    assert "Take what is in work away from its worker" in page.text
    form = {"do": "hold", "item": f"{item}:leased", "force": "1"}
    page = client.post("/spool/order", form)
    assert f"Item {item} is held." in page.text


@pytest.mark.parametrize(
    "query",
    [
        "?page=x",
        "?state=x&attempts=-1&older=99999999999999999999",
        "?trace=x&list=%00&domain=%25",
        "?error=&state=buried",
        "?text=%25%5C'&sender=''",
    ],
)
def test_odd_addresses_are_answered(client: Client, query: str):
    """Whatever stands in the address: a page, or a sentence."""
    assert client.get(f"/spool{query}").status in {200, 400}
    assert client.get(f"/spool/order{query}&do=drop").status in {200, 400}


def test_pages_cost_a_bounded_number_of_statements(client: Client, site: Rooms):
    """However much waits: session and standing, the list, a page, its count."""
    many(site, 200)
    for path in (f"/spool?list={LIST}", "/spool/order?do=drop&state=held"):
        with statements() as seen:
            assert client.get(path).status == 200
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= 6, asked
