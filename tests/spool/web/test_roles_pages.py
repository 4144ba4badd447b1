"""The page of owners and moderators: named, changed, dismissed, and told so."""

from collections.abc import Iterator

import pytest

from listhub.lists import grants
from tests import lively
from tests.lively import HOSTILE, LIST, PEOPLE
from tests.rooms import Rooms
from tests.web_client import Client, Seen, statements

PAGE = f"/roles/{LIST}"
NEW = "nora@n.example"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.privileged)
        yield client


def holders(site: Rooms, kind: grants.Kind = "owner") -> list[str]:
    found = grants.holders(site.conn, 1, kind=kind)
    site.conn.commit()
    return found


def act(
    client: Client, do: str, address: str, kind: str = "owner", **more: str
) -> Seen:
    client.get(PAGE)
    return client.post(PAGE, {"do": do, "kind": kind, "address": address, **more})


def test_people_are_shown(client: Client):
    """Owners with their profiles, moderators, since when."""
    page = client.get(PAGE)
    assert page.status == 200
    assert "Owners 2" in page.text
    assert f"{PEOPLE.privileged} privileged" in page.text
    assert PEOPLE.moderator in page.text


def test_somebody_is_named_and_told(client: Client, site: Rooms):
    """Named once, with a mail; named again it says so."""
    page = act(client, "add", NEW, profile="privileged")
    assert f"{NEW} is told by mail" in page.text
    assert NEW in holders(site)
    assert site.sent_to().count(NEW) == 1
    page = act(client, "add", NEW)
    assert page.status == 422
    assert "is an owner of dev@lists.example already" in page.text


def test_a_role_is_changed(client: Client, site: Rooms):
    """Profile, mail, and whether others see it; each change is in the audit."""
    act(client, "change", PEOPLE.owner, profile="privileged", concealed="1", info="x")
    (one,) = (
        each
        for each in grants.of_list(site.conn, 1, kind="owner")
        if each.address == PEOPLE.owner
    )
    site.conn.commit()
    assert (one.profile, one.reception, one.concealed, one.info) == (
        "privileged",
        "none",
        True,
        "x",
    )
    (row,) = site.rows("SELECT actor, detail FROM audit WHERE action = 'owner.set'")
    assert row.actor == PEOPLE.privileged
    assert row.detail["how"] == "web"


def test_a_role_is_taken(client: Client, site: Rooms):
    """Gone, and gone twice is told."""
    assert "no more" in act(client, "remove", PEOPLE.owner).text
    assert holders(site) == [PEOPLE.privileged]
    assert "is not an owner" in act(client, "remove", PEOPLE.owner).text


def test_the_last_owner_stays(client: Client, site: Rooms):
    """Refused with the reason; a listmaster may once they have read it."""
    act(client, "remove", PEOPLE.owner)
    page = act(client, "remove", PEOPLE.privileged, sure="1")
    assert page.status == 409
    assert "is the only owner" in page.text
    assert "Remove all the same" not in page.text
    assert holders(site) == [PEOPLE.privileged]
    client.sign_in(PEOPLE.domain)
    assert "Remove all the same" in act(client, "remove", PEOPLE.privileged).text
    act(client, "remove", PEOPLE.privileged, sure="1")
    assert holders(site) == []


def test_owners_name_moderators_only(client: Client, site: Rooms):
    """An owner without the profile names moderators, and no owners."""
    client.sign_in(PEOPLE.owner)
    assert act(client, "add", NEW).status == 403
    assert act(client, "remove", PEOPLE.privileged).status == 403
    change = {"profile": "privileged", "mail": "1"}
    assert act(client, "change", PEOPLE.owner, **change).status == 403
    assert NEW not in holders(site)
    assert act(client, "add", NEW, kind="moderator").status == 200
    assert NEW in holders(site, "moderator")


@pytest.mark.parametrize("address", ["", "x", HOSTILE, "a@b@c", "a\n@b.example"])
def test_wrong_addresses_are_told_at_the_field(
    client: Client, site: Rooms, address: str
):
    """Nobody is made, and nothing runs."""
    before = holders(site)
    page = act(client, "add", address)
    assert page.status == 422
    assert "<script>alert" not in page.html
    assert holders(site) == before


def test_hostile_words_about_people_are_text(client: Client):
    """What others should know is shown as it was typed."""
    page = act(client, "change", PEOPLE.owner, mail="1", info=HOSTILE)
    assert "<script>alert" not in page.html
    assert "alert(1)" in page.text


@pytest.mark.parametrize("form", [{"do": "x"}, {"kind": "listmaster"}, {"kind": ""}])
def test_odd_forms(client: Client, form: dict[str, str]):
    """No page, and nothing breaks."""
    client.get(PAGE)
    sent = {"do": "add", "kind": "owner", "address": NEW, **form}
    assert client.post(PAGE, sent).status == 404


def test_the_page_costs_a_few_statements(client: Client):
    """Two for the people."""
    with statements() as seen:
        client.get(PAGE)
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 6, asked
