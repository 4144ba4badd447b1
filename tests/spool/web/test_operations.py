"""How things stand: what needs a look, the rooms, who works, the failures, the site."""

from collections.abc import Iterator

import pytest

from listhub.spool import processes
from listhub.spool.processes import Beat
from listhub.spool.tally import DELIVERED, SETTLED
from tests import lively
from tests.lively import LIST, PEOPLE
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


def beat(site: Rooms, name: str = "mx1/7", *, ago: str = "0 s") -> None:
    host = name.partition("/")[0]
    one = Beat(
        name=name,
        host=host,
        pid=7,
        kind="worker",
        pool="bulk",
        version="1.2",
        age=60.0,
        stage="send",
        busy=5.0,
        memory=50_000_000,
    )
    counts = {("send", SETTLED): 25, ("send", DELIVERED): 1234}
    processes.beat(site.conn, [one], [(name, counts)])
    site.conn.execute(
        "UPDATE process SET seen_at = seen_at - %s::interval WHERE name = %s",
        [ago, name],
    )
    site.conn.commit()


def test_what_needs_a_look_stands_first(client: Client, site: Rooms):
    """The verdict, what waited longest, silent processes, failing jobs, stopped sources."""
    beat(site)
    beat(site, "mx2/8", ago="10 min")
    site.conn.execute("UPDATE spool_item SET rank = rank - interval '2 hours'")
    site.conn.execute(
        "INSERT INTO job_run (job, due_at, finished_at, outcome, attempts)"
        " VALUES ('sweep', now(), now(), 'failed', 5)"
    )
    site.conn.execute(
        "INSERT INTO source_sync (list_id, role, state) VALUES (1, 'member', 'stopped')"
    )
    site.conn.commit()
    page = client.get("/operations")
    assert "Needs a look" in page.text
    assert "In distribute the oldest item has waited for 2 hours." in page.text
    assert "In distribute 1 item is buried." in page.text
    assert "The job sweep fails." in page.text
    assert "1 process is silent: mx2/8 (10 minutes)" in page.text
    assert f"{LIST} stopped until an owner says" in page.text
    assert page.text.index("What has waited longest") < page.text.index("Rooms")


def test_plots_have_their_figures_beside_them(client: Client, site: Rooms):
    """Four pictures without a style of their own, and a table of sixty minutes."""
    beat(site)
    page = client.get("/operations")
    assert page.html.count('class="plot" role="img"') == 4
    assert "style=" not in page.html
    assert "1,234" in page.text
    assert page.html.count('<tr><th scope="row">') >= 60


def test_the_page_renews_itself_until_told_not_to(client: Client):
    """Every ten seconds by script; without it a link looks again."""
    page = client.get("/operations")
    assert 'hx-trigger="every 10s"' in page.html
    assert "Look again" in page.text
    assert "hx-trigger" not in client.get("/operations?renew=off").html


def test_a_listmaster_of_a_domain_sees_what_is_theirs(client: Client):
    """Their domain, its lists, listmasters and settings, and nothing of the site."""
    client.sign_in(PEOPLE.domain)
    page = client.get("/operations")
    assert "My domains" in page.text
    assert PEOPLE.domain in page.text
    assert f"/site/settings/{DOMAIN}" in page.links()
    assert PEOPLE.site not in page.text
    assert "/spool" not in page.links()
    assert client.get("/spool").status == 403


def test_workers_are_shown_by_host_with_what_they_do(client: Client, site: Rooms):
    """Pool, room, rate, memory; a silent one is marked, one with leases has its items."""
    beat(site)
    beat(site, "mx2/8", ago="10 min")
    site.conn.execute(
        "UPDATE spool_item SET lease_until = now() + interval '1 min', owner = 'mx1/7'"
        " WHERE id = (SELECT min(id) FROM spool_item WHERE state = 'ready')"
    )
    site.conn.commit()
    page = client.get("/workers")
    assert page.text.index("mx1") < page.text.index("mx2")
    assert "silent for 10 minutes" in page.text
    assert "1 item in work" in page.text
    assert "50 MB" in page.text


def test_a_group_of_failures_is_retried_as_a_whole(client: Client, site: Rooms):
    """One click; of what was buried later nothing is touched; a second click finds none."""
    items = bury(site, 4)
    page = client.get("/buried")
    assert "ValueError: no thing 3" in page.text
    assert "<script>alert" not in page.html
    form = {
        "do": "retry",
        "stage": "distribute",
        "state": "buried",
        "error": "ValueError: no thing #",
        "upto": str(items[-1]),
        "back": "/buried",
    }
    late = bury(site, 1)[0]
    page = client.post("/spool/order", form)
    assert "Tried again: 4." in page.text
    assert {states(site)[item] for item in items} == {"ready"}
    assert states(site)[late] == "buried"
    assert deeds(site, "spool.retry")[0] == (PEOPLE.site, f"item {items[0]}", "web")
    assert "nothing was changed" in client.post("/spool/order", form).text


def test_a_group_is_dropped_only_when_it_was_meant(client: Client, site: Rooms):
    """The link leads to a page that names the number, and changes nothing."""
    items = bury(site)
    links = client.get("/buried").links()
    [drop] = [link for link in links if "do=drop" in link and "no+thing" in link]
    page = client.get(drop)
    assert "Drop 3 items for good?" in page.text
    assert {states(site)[item] for item in items} == {"buried"}
    assert client.get("/audit?action=spool").text.count("spool.") == 0


def test_listmasters_come_and_go(client: Client, site: Rooms):
    """Added to a domain, told of a second time, taken away; all of it in the audit."""
    client.get("/site")
    form = {"do": "add", "address": "new@admin.example", "domain": DOMAIN}
    assert "is a listmaster of lists.example now." in client.post("/site", form).text
    assert "already" in client.post("/site", form).text
    assert "new@admin.example" in client.get("/site").text
    page = client.post("/site", {**form, "do": "remove"})
    assert "is not a listmaster of lists.example any more." in page.text
    assert deeds(site, "listmaster.add") == [(PEOPLE.site, DOMAIN, "web")]
    assert deeds(site, "listmaster.del") == [(PEOPLE.site, DOMAIN, "web")]


def test_nobody_shuts_the_last_door_behind_themselves(client: Client):
    """A listmaster of the site does not take that role from themselves."""
    client.get("/site")
    page = client.post("/site", {"do": "remove", "address": PEOPLE.site.upper()})
    assert "You cannot take this role from yourself" in page.text


@pytest.mark.parametrize("address", ["no address", "", "x@y\r\nz", "<script>@x"])
def test_what_is_no_address_makes_nobody_a_listmaster(client: Client, address: str):
    """A sentence, and nothing of it becomes part of the page."""
    client.get("/site")
    page = client.post("/site", {"do": "add", "address": address, "domain": ""})
    assert page.status in {200, 400}
    assert "now." not in page.text
    assert "<script>@x" not in page.html


def test_pages_cost_a_bounded_number_of_statements(client: Client, site: Rooms):
    """However much there is: session and standing, and what the page is about."""
    beat(site)
    bury(site, 20)
    for path, most in (
        ("/operations", 14),
        ("/workers", 6),
        ("/buried", 5),
        ("/site", 6),
    ):
        with statements() as seen:
            assert client.get(path).status == 200
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= most, (path, len(asked), asked)
