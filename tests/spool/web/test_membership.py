"""Join and leave: what is said first, what a button does, what strangers never learn."""

from collections.abc import Iterator

import pytest

from listhub.lists.accounts import limits
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client

MIA, VERA = "mia@a.example", "vera@v.example"
DEV = f"dev@{DOMAIN}"
JOIN, LEAVE = f"/subscribe/{DEV}", f"/signoff/{DEV}"


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with Client(rooms.host.settings) as client:
        yield client


def members(rooms: Rooms) -> list[str]:
    found = rooms.rows(
        "SELECT address FROM person JOIN subscription ON person_id = person.id"
        " ORDER BY address"
    )
    return [row.address for row in found]


def waiting(rooms: Rooms) -> list[tuple[str, str, str]]:
    found = rooms.rows("SELECT kind, waits_for, person FROM request ORDER BY id")
    return [(row.kind, row.waits_for, row.person) for row in found]


def mailed(rooms: Rooms) -> list[str]:
    """Return whom mail is on its way to."""
    return rooms.sent_to()


def test_who_is_signed_in_joins_at_once(rooms: Rooms, client: Client):
    """One click, a welcome by mail; a second click says that it is so already."""
    rooms.add_list(members=[MIA])
    client.sign_in(VERA)
    page = client.get(JOIN)
    assert "vera@v.example becomes a member at once" in page.text
    form = {"name": "Vera", "reception": "text"}
    page = client.post(JOIN, form)
    assert "You are now a member of dev@lists.example." in page.text
    assert page.path == f"/suboptions/{DEV}"
    assert members(rooms) == [MIA, VERA]
    assert (
        "You are a member of dev@lists.example already." in client.post(JOIN, form).text
    )
    assert mailed(rooms) == [VERA]
    ((row),) = rooms.rows("SELECT reception FROM subscription WHERE reception = 'text'")
    assert row.reception == "text"


def test_who_is_signed_in_leaves_at_once(rooms: Rooms, client: Client):
    """And comes to their other lists; a second click changes nothing."""
    rooms.add_list(members=[MIA])
    client.sign_in(MIA)
    assert "gets no more mail of this list" in client.get(LEAVE).text
    page = client.post(LEAVE)
    assert "You are no longer a member of dev@lists.example." in page.text
    assert page.path == "/my"
    assert "You are not a member" in client.post(LEAVE).text
    assert members(rooms) == []
    assert mailed(rooms) == [MIA]


@pytest.mark.parametrize(
    ("subscribe", "says"),
    [
        ("auth", "becomes a member at once"),
        ("owner", "The owners of the list are asked"),
        ("closed", "Nobody can subscribe to this list."),
    ],
)
def test_what_will_happen_is_said_first(
    rooms: Rooms, client: Client, subscribe: str, says: str
):
    """As the list's scenario decides about this person; a look changes nothing."""
    rooms.add_list(owners=["o@o.example"], subscribe=subscribe)
    client.sign_in(VERA)
    assert says in client.get(JOIN).text
    assert members(rooms) == []
    assert waiting(rooms) == []


def test_owners_are_asked_where_they_have_to_agree(rooms: Rooms, client: Client):
    """One request, whatever is clicked twice."""
    rooms.add_list(owners=["o@o.example"], subscribe="owner")
    client.sign_in(VERA)
    client.get(JOIN)
    for _ in range(2):
        page = client.post(JOIN, {})
        assert "The owners of dev@lists.example were asked" in page.text
    assert waiting(rooms) == [("subscribe", "owners", VERA)]
    assert mailed(rooms) == ["o@o.example"]


def test_who_may_not_is_told_why(rooms: Rooms, client: Client):
    """The reason in words, and nothing happens."""
    rooms.add_list(members=[MIA], subscribe="closed", unsubscribe="closed")
    client.sign_in(VERA)
    page = client.post(JOIN, {})
    assert (page.status, members(rooms)) == (403, [MIA])
    assert "Nobody can subscribe to this list." in page.text
    client.sign_in(MIA)
    assert "write to its owners" in client.post(LEAVE).text
    assert members(rooms) == [MIA]


def test_a_visitor_gives_an_address_and_confirms_by_mail(rooms: Rooms, client: Client):
    """Nothing happens but a mail to that address, and one request."""
    rooms.add_list()
    assert "Your e-mail address" in client.get(JOIN).text
    page = client.post(JOIN, {"address": " vera@v.example "})
    assert "A mail is on its way to vera@v.example." in page.text
    assert (members(rooms), mailed(rooms)) == ([], [VERA])
    assert waiting(rooms) == [("subscribe", "person", VERA)]


@pytest.mark.parametrize("path", [JOIN, LEAVE])
@pytest.mark.parametrize("rule", ["open", "auth", "owner"])
def test_a_stranger_learns_nothing_about_members(
    rooms: Rooms, client: Client, path: str, rule: str
):
    """Member or not, the page is the same to the last letter, and nothing changes."""
    rooms.add_list(
        members=[MIA], owners=["o@o.example"], subscribe=rule, unsubscribe=rule
    )
    pages = []
    for address in (MIA, VERA):
        client.get(path)
        page = client.post(path, {"address": address})
        pages.append((page.status, page.text.replace(address, "A")))
    assert pages[0] == pages[1]
    assert pages[0][0] == 200
    assert members(rooms) == [MIA]


def test_nobody_is_bombed(rooms: Rooms, client: Client):
    """After a few lists an address is written to no more, wherever it is typed."""
    names = [f"l{number}" for number in range(limits.JOIN_ADDRESS.times + 2)]
    for name in names:
        rooms.add_list(name)
    pages = []
    for name in names:
        client.get(f"/subscribe/{name}@{DOMAIN}")
        pages.append(client.post(f"/subscribe/{name}@{DOMAIN}", {"address": VERA}))
    assert [page.status for page in pages] == [200] * limits.JOIN_ADDRESS.times + [
        429,
        429,
    ]
    assert "too often" in pages[-1].text
    assert len(mailed(rooms)) == limits.JOIN_ADDRESS.times


def test_another_address_of_mine_is_asked_by_mail(rooms: Rooms, client: Client):
    """To be signed in proves one address, not another one."""
    rooms.add_list(members=[MIA])
    client.sign_in(VERA)
    client.get(LEAVE)
    page = client.post(LEAVE, {"address": MIA})
    assert "A mail is on its way to mia@a.example." in page.text
    assert members(rooms) == [MIA]


@pytest.mark.parametrize(
    "address",
    ["", "vera", "a@b@c", "<script>alert(1)</script>@x", "a\r\nBcc: x@y", "x" * 5000],
)
def test_what_is_no_address_is_refused(rooms: Rooms, client: Client, address: str):
    """With the field as it was typed, as text."""
    rooms.add_list()
    client.get(JOIN)
    page = client.post(JOIN, {"address": address})
    assert page.status == 400
    assert "This is not an e-mail address." in page.text
    assert "<script>alert" not in page.html
    assert mailed(rooms) == []


def test_hostile_names_and_receptions_do_nothing(rooms: Rooms, client: Client):
    """A name is a name; a reception that the list does not have is refused."""
    rooms.add_list()
    client.sign_in(VERA)
    client.get(JOIN)
    assert client.post(JOIN, {"reception": "x'; DROP"}).status == 400
    client.post(JOIN, {"name": "<script>alert(1)</script>\r\nBcc: x@y.example"})
    assert members(rooms) == [VERA]
    page = client.get(f"/review/{DEV}")
    assert "<script>alert" not in page.html


def test_no_such_list_and_a_closed_one(rooms: Rooms, client: Client):
    """404 for the first; a closed list takes nobody, and says so."""
    list_id = rooms.add_list()
    rooms.conn.execute(
        "UPDATE mailing_list SET status = 'closed' WHERE id = %s", [list_id]
    )
    rooms.conn.commit()
    assert client.get(f"/subscribe/none@{DOMAIN}").status == 404
    client.sign_in(VERA)
    assert "is not open" in client.get(JOIN).text
    assert client.post(JOIN, {}).status == 400
    assert members(rooms) == []
