"""The table of lists: who sees which, found how, and at what cost."""

import time
from collections.abc import Iterator

import pytest

from tests import lively
from tests.lively import PEOPLE
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client, Seen, statements

HOSTILE = lively.HOSTILE


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with Client(rooms.host.settings) as client:
        yield client


def shown(page: Seen) -> list[str]:
    """Return the lists of the table."""
    start = "/info/"
    return [each.removeprefix(start) for each in page.links() if each.startswith(start)]


def test_everybody_sees_what_they_may(rooms: Rooms, client: Client):
    """Public lists for all, identified ones once signed in, hidden ones for members."""
    for name, visibility in (
        ("public", "noconceal"),
        ("known", "identified"),
        ("hidden", "conceal"),
        ("secret", "secret"),
    ):
        rooms.add_list(name, members=["mia@a.example"], visibility=visibility)
    assert shown(client.get("/lists")) == [f"public@{DOMAIN}"]
    client.sign_in("vera@v.example")
    assert shown(client.get("/lists")) == [f"known@{DOMAIN}", f"public@{DOMAIN}"]
    client.sign_in("mia@a.example")
    assert len(shown(client.get("/lists"))) == 3


def test_lists_are_found_by_words_and_domain(rooms: Rooms, client: Client):
    """All words, in the name or the subject; hostile words and subjects are text."""
    rooms.add_list("dev", visibility="noconceal", subject=f"Development {HOSTILE}")
    rooms.add_list("news", visibility="noconceal", subject="News of the house")
    page = client.get("/lists?q=development")
    assert shown(page) == [f"dev@{DOMAIN}"]
    assert "<script>alert" not in page.html
    assert shown(client.get("/lists?q=%3Cscript%3E")) == [f"dev@{DOMAIN}"]
    for query in ("q=%3Cscript%3Ealert(2)", "q=%25", "domain=none.example", "at=x"):
        page = client.get(f"/lists?{query}")
        assert page.status in {200, 400}
        assert shown(page) == []
        assert "<script>alert" not in page.html
    assert len(shown(client.get(f"/lists?domain={DOMAIN}"))) == 2


def test_members_are_counted_for_whom_info_is(rooms: Rooms, client: Client):
    """Who may not read about a list does not learn how many are on it."""
    members = [f"m{number}@a.example" for number in range(37)]
    rooms.add_list("open", members=members, visibility="noconceal")
    assert ">37<" in client.get("/lists").html
    rooms.add_list("shut", members=members[1:], visibility="noconceal", info="private")
    assert ">36<" not in client.get("/lists").html


def test_listmasters_see_state_and_trouble(rooms: Rooms, client: Client):
    """All lists, with filters; a domain's listmaster once that domain is chosen."""
    lively.fill(rooms)
    rooms.conn.execute("UPDATE mailing_list SET status = 'closed' WHERE name = 'board'")
    rooms.conn.commit()
    client.sign_in(PEOPLE.site)
    page = client.get("/lists")
    assert len(shown(page)) == 3
    assert f"/modindex/{lively.LIST}" in page.links()
    assert shown(client.get("/lists?status=closed")) == [f"board@{DOMAIN}"]
    assert shown(client.get("/lists?family=none")) == []
    client.sign_in(PEOPLE.domain)
    assert len(shown(client.get(f"/lists?domain={DOMAIN}"))) == 3
    client.sign_in(PEOPLE.member)
    assert shown(client.get(f"/lists?domain={DOMAIN}&status=closed")) == [lively.LIST]


def test_thousands_of_lists_are_paged_at_small_cost(rooms: Rooms, client: Client):
    """6,000 lists: a bounded number of statements, and most pages in 200 ms."""
    add_many(rooms, 6000)
    with statements() as seen:
        page = client.get("/lists")
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 12, asked
    assert len(shown(page)) == 50
    further = next(link for link in page.links() if "at=" in link)
    assert shown(client.get(further))[0] == f"l0050@{DOMAIN}"
    for who in ("", PEOPLE.site):
        if who:
            lively_listmaster(rooms, who)
            client.sign_in(who)
        paths = ["/lists", further, "/lists?q=subject+59", "/lists?q=none"]
        assert sorted(seconds(client, path) for path in paths * 5)[18] < 0.4


def seconds(client: Client, path: str) -> float:
    begun = time.perf_counter()
    assert client.get(path).status == 200
    return time.perf_counter() - begun


def lively_listmaster(rooms: Rooms, address: str) -> None:
    rooms.conn.execute(
        "INSERT INTO role (person_id, kind) VALUES (%s, 'listmaster')",
        [rooms.person(address)],
    )
    rooms.conn.commit()


def add_many(rooms: Rooms, count: int) -> None:
    rooms.conn.execute("INSERT INTO domain (name) VALUES (%s)", [DOMAIN])
    rooms.conn.execute(
        "INSERT INTO mailing_list (domain_id, name, address)"
        " SELECT domain.id, format('l%%s', lpad(n::text, 4, '0')),"
        "        format('l%%s@%%s', lpad(n::text, 4, '0'), domain.name)"
        "   FROM domain, generate_series(0, %s - 1) AS n",
        [count],
    )
    rooms.conn.execute(
        "INSERT INTO setting_version (scope, list_id, version, values, changed_by)"
        " SELECT 'list', id, 1, jsonb_build_object('visibility', 'noconceal',"
        "        'subject', 'Subject ' || name), 'test' FROM mailing_list"
    )
    rooms.conn.execute("ANALYZE")
    rooms.conn.commit()
