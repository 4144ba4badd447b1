"""Lists begin and end on pages: asked for, decided, closed, opened again, remembered."""

from collections.abc import Iterator

import pytest

from listhub.lists import grants, settings as levels
from listhub.lists.creating import MOST_WAITING
from listhub.lists.files import Level, write
from listhub.lists.moderation.outcomes import Action
from tests import lively
from tests.held import decide
from tests.lively import HOSTILE, LIST, PEOPLE
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client, Seen, statements

CLOSE = f"/close/{LIST}"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.person)
        yield client


def ask(client: Client, name: str = "net", **more: str) -> Seen:
    client.get("/lists/new")
    wish = {"name": name, "domain": DOMAIN, "subject": "The network", **more}
    return client.post("/lists/new", wish)


def status(site: Rooms, address: str = LIST) -> str | None:
    rows = site.rows("SELECT status FROM mailing_list WHERE address = %s", address)
    return rows[0].status if rows else None


def request_of(site: Rooms) -> int:
    (row,) = site.rows("SELECT id FROM request WHERE kind = 'create_list'")
    number: int = row.id
    return number


def test_a_list_waits_for_a_listmaster(client: Client, site: Rooms):
    """Pending with its settings and owner; it is in the listmasters' queue."""
    page = ask(client, kind="group", about="For the admins.")
    assert "net@lists.example waits for a listmaster" in page.text
    assert status(site, "net@lists.example") == "pending"
    (row,) = site.rows("SELECT id FROM mailing_list WHERE name = 'net'")
    (owner,) = grants.of_list(site.conn, row.id, kind="owner")
    assert (owner.address, owner.profile) == (PEOPLE.person, "privileged")
    own = levels.history(site.conn, scope="list", list_id=row.id, limit=1)[0].values
    site.conn.commit()
    assert own["subject"] == "The network"
    assert own["subscribe"] == "owner"
    client.sign_in(PEOPLE.domain)
    assert "net@lists.example" in client.get("/modindex?kind=request").text


def test_a_listmasters_word_opens_it(client: Client, site: Rooms):
    """Approved it is open; its owner had no way to open it before."""
    ask(client)
    assert client.get("/close/net@lists.example").status == 200
    page = client.post("/close/net@lists.example", {"do": "open"})
    assert page.status == 403
    assert status(site, "net@lists.example") == "pending"
    decide(site, request_of(site), Action.APPROVE, by=PEOPLE.domain)
    assert status(site, "net@lists.example") == "open"


def test_a_rejected_list_stays_closed(client: Client, site: Rooms):
    """Its owner cannot open it over the listmaster's head; a listmaster can."""
    ask(client)
    decide(site, request_of(site), Action.REJECT, by=PEOPLE.domain)
    assert status(site, "net@lists.example") == "closed"
    page = client.post("/close/net@lists.example", {"do": "open"})
    assert page.status == 403
    assert "No listmaster has agreed" in page.text
    assert status(site, "net@lists.example") == "closed"
    client.sign_in(PEOPLE.domain)
    client.get("/close/net@lists.example")
    client.post("/close/net@lists.example", {"do": "open"})
    assert status(site, "net@lists.example") == "open"


def test_listmasters_have_it_at_once(client: Client, site: Rooms):
    """Open, and theirs."""
    client.sign_in(PEOPLE.domain)
    assert "net@lists.example is there" in ask(client).text
    assert status(site, "net@lists.example") == "open"


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"name": "listmaster"}, "cannot be called"),
        ({"name": "a b"}, "cannot be called"),
        ({"name": HOSTILE}, "cannot be called"),
        ({"name": "net-request"}, "cannot be called"),
        ({"name": "dev"}, "is taken"),
        ({"subject": ""}, "in a few words"),
        ({"subject": "x" * 300}, "longer than"),
        ({"about": "x" * 3000}, "longer than"),
        ({"kind": "x"}, "no such kind"),
        ({"domain": "other.example"}, "cannot be made in other.example"),
    ],
)
def test_wrong_wishes(client: Client, site: Rooms, wish: dict[str, str], told: str):
    """Told at the field, what was typed stays, nothing is made."""
    page = ask(client, **{"name": "net", **wish})
    assert page.status in {403, 422}
    assert told in page.text
    assert "<script>alert" not in page.html
    assert status(site, "net@lists.example") is None


def test_nobody_takes_all_names(client: Client, site: Rooms):
    """A few may wait; more only once those are decided."""
    for number in range(MOST_WAITING):
        assert "waits for a listmaster" in ask(client, f"net{number}").text
    assert "wait for a listmaster already" in ask(client, "more").text
    assert status(site, "more@lists.example") is None


def test_a_domain_may_keep_lists_to_itself(client: Client, site: Rooms):
    """The scenario says no, with its reason."""
    write(
        site.conn,
        "scenari/create_list.public_listmaster",
        "true() smtp,md5,smime -> reject(tt2='create_list_closed')\n",
        level=Level(),
        actor="t",
    )
    site.conn.commit()
    page = ask(client)
    assert page.status == 403
    assert "Nobody may create lists here." in page.text


def test_a_list_is_closed_by_its_name(client: Client, site: Rooms):
    """Only with its address typed; owners are told; again it says so; and back."""
    client.sign_in(PEOPLE.privileged)
    assert "It has 31 members." in client.get(CLOSE).text
    page = client.post(CLOSE, {"do": "close", "address": "dev"})
    assert page.status == 422
    assert status(site) == "open"
    page = client.post(CLOSE, {"do": "close", "address": LIST.upper()})
    assert "is closed; its owners are told" in page.text
    assert status(site) == "closed"
    again = client.post(CLOSE, {"do": "close", "address": LIST})
    assert "was closed already" in again.text
    assert "is open again" in client.post(CLOSE, {"do": "open"}).text
    assert status(site) == "open"


def test_owners_without_the_profile_close_nothing(client: Client, site: Rooms):
    """The page is not theirs."""
    client.sign_in(PEOPLE.owner)
    assert client.get(CLOSE).status == 403
    assert client.post(CLOSE, {"do": "close", "address": LIST}).status == 403
    assert status(site) == "open"


def test_what_was_done_is_remembered(client: Client, site: Rooms):
    """By whom, what, how; of this list alone; by kind and person."""
    client.sign_in(PEOPLE.privileged)
    client.get(CLOSE)
    client.post(CLOSE, {"do": "close", "address": LIST})
    ask(client, "other")
    page = client.get(f"/history/{LIST}")
    assert f"list closed {PEOPLE.privileged} (web)" in page.text
    assert "other@lists.example" not in page.text
    assert "list closed" in client.get(f"/history/{LIST}?kind=list.").text
    assert "list closed" not in client.get(f"/history/{LIST}?kind=owner.").text
    assert "Nothing is known." in client.get(f"/history/{LIST}?who=x").text
    assert client.get(f"/history/{LIST}?after=x").status == 400


def test_history_goes_on_by_its_key(client: Client, site: Rooms):
    """Page after page, each row once, hostile details as text."""
    for number in range(60):
        site.conn.execute(
            "INSERT INTO audit (actor, action, object, list_id, detail)"
            " VALUES ('ann@a.example', 'x.y', %s, 1, jsonb_build_object('n', %s::text))",
            [LIST, f"row{number:02}{HOSTILE}"],
        )
    site.conn.commit()
    client.sign_in(PEOPLE.owner)
    first = client.get(f"/history/{LIST}?kind=")
    assert "<script>alert" not in first.html
    further = next(link for link in first.links() if "after=" in link)
    second = client.get(further)
    assert "row59" in first.text
    assert "row00" in second.text
    assert "row59" not in second.text


def test_pages_cost_a_few_statements(client: Client):
    """Of lists and of what was done, however much there is."""
    client.sign_in(PEOPLE.privileged)
    for path in ("/lists/new", CLOSE, f"/history/{LIST}"):
        with statements() as seen:
            client.get(path)
        asked = [each for each in seen if "transaction_read_only" not in each]
        assert len(asked) <= 6, (path, asked)
