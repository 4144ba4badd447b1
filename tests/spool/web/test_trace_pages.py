"""Where is a message: found by any part, told down to each of its recipients."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from listhub.intake.accept import Incoming, accept
from listhub.lists import directory
from listhub.lists.directory import Destination
from tests.lively import HOSTILE, PEOPLE
from tests.operations import operator
from tests.relay_thread import relay_in_thread
from tests.rooms import DOMAIN, Rooms, open_rooms, post_bytes
from tests.smtp_server import Answer, Script
from tests.web_client import Client, statements

DEV = f"dev@{DOMAIN}"
MEMBERS = [f"user{n}@d{n % 3}.example" for n in range(60)]


def rcpt(command: str) -> Answer | None:
    """Answer as a relay that refuses user5 with words of somebody's own."""
    return f"550 5.1.1 {HOSTILE}" if "user5@" in command.lower() else None


@pytest.fixture
def site(database_url: str) -> Iterator[Rooms]:
    with relay_in_thread(Script(answers={"rcpt": rcpt})) as relay:
        url = f"smtp://127.0.0.1:{relay.port}"
        with open_rooms(database_url, relays=(url,)) as rooms:
            rooms.add_list(members=MEMBERS, send="public", verp_rate=0)
            rooms.conn.execute(
                "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
                [rooms.person(PEOPLE.site)],
            )
            take(rooms, post_bytes(subject=HOSTILE), DEV)
            take(rooms, post_bytes("bob@b.example", message_id="two@b.example"), DEV)
            for stage in ("distribute", "archive", "send"):
                rooms.drain(stage)
            rooms.conn.commit()
            yield rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with operator(site) as client:
        yield client


def take(rooms: Rooms, content: bytes, *to: str) -> None:
    found = directory.find(rooms.conn, to)
    mail = Incoming(
        content=content,
        reverse_path="bounces@a.example",
        recipients=tuple(
            (a, d) for a, d in found.items() if isinstance(d, Destination)
        ),
        via="lmtp",
        host="mx1",
    )
    accept(rooms.conn, [mail], window=timedelta(days=1))
    rooms.conn.commit()


def way(site: Rooms) -> str:
    [row] = site.rows("SELECT trace FROM outgoing WHERE message_id = 'one@a.example'")
    return f"/trace/{row.trace}"


def test_a_message_is_found_by_any_part(client: Client, site: Rooms):
    """Message-ID, sender, recipient, subject, list, trace, time; what is wrong is said."""
    for query, number in (
        ("message_id=%3Cone@a.example%3E", 1),
        ("sender=BOB@", 1),
        (f"recipient={DEV}", 2),
        ("subject=alert(1)", 1),
        (f"list={DEV}", 2),
        (way(site)[1:].replace("/", "="), 1),
        (f"list={DEV}&since=2000-01-01T00:00", 2),
        (f"list={DEV}&until=2000-01-01T00:00", 0),
        ("sender=nobody@", 0),
    ):
        page = client.get(f"/trace?{query}")
        links = {link for link in page.links() if link.startswith("/trace/")}
        assert len(links) == number, query
        assert "<script>alert" not in page.html
    assert "There is no such list here." in client.get("/trace?list=x@y.example").text
    assert "hexadecimal" in client.get("/trace?trace=xyz").text
    assert "This is no time" in client.get("/trace?since=yesterday&list=").text


def test_the_way_is_told_down_to_the_recipients(client: Client, site: Rooms):
    """From our door to the counts of answers, and who has no copy, with the reply."""
    page = client.get(way(site))
    assert "accepted from <bounces@a.example> for dev@lists.example" in page.text
    assert "distributed as post 1 to 60 recipients" in page.text
    assert "refused 1" in page.text
    assert "delivered 59" in page.text
    assert "user5@d2.example" in page.text
    assert "<img src=x" not in page.html
    assert client.get("/trace/00000000-0000-4000-8000-000000000000").status == 404
    assert client.get("/trace/nonsense").status == 404


def test_recipients_are_shown_by_page_and_state(client: Client, site: Rooms):
    """Fifty of sixty and the rest; the refused one; part of an address; no other's."""
    to = next(link for link in client.get(way(site)).links() if link.count("/") == 3)
    to = to.partition("?")[0]
    first = client.get(to)
    assert first.text.count("delivered") >= 50
    second = client.get(next(link for link in first.links() if "page=" in link))
    assert 1 <= second.text.count(".example") <= 20
    refused = client.get(f"{to}?state=refused")
    assert "user5@d2.example" in refused.text
    assert "user6@" not in refused.text
    assert "<img src=x" not in refused.html
    assert "user42@" in client.get(f"{to}?text=user42").text
    assert client.get(f"{to}?state=x&page=").status == 200
    assert client.get(f"{way(site)}/999999").status == 404
    assert client.get(f"{to}?page=x").status == 400


def test_an_address_is_told_what_it_got(client: Client):
    """Both messages with every answer; nothing for who got nothing."""
    page = client.get("/copies?address=user5@d2.example")
    assert page.text.count("refused") == 2
    assert "Nothing was sent" in client.get("/copies?address=x@y.example").text
    assert client.get("/copies").status == 200


def test_pages_cost_a_bounded_number_of_statements(client: Client, site: Rooms):
    """A search is one statement; a way some for each message that left."""
    to = next(link for link in client.get(way(site)).links() if link.count("/") == 3)
    for path, most in (
        (f"/trace?list={DEV}", 5),
        (way(site), 14),
        (to, 5),
        ("/copies?address=user5@d2.example", 6),
    ):
        with statements() as seen:
            assert client.get(path).status == 200
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= most, (path, len(asked), asked)
