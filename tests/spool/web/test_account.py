"""The account: name, language, address, where one is signed in, tokens, one's data."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from listhub import db
from listhub.lists.accounts import grant, identities
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client, statements

ANN = "ann@a.example"
PAGES = ("", "/password", "/second-factor", "/sessions", "/tokens", "/data")
_TOKEN = re.compile(r"lh_[A-Za-z0-9_-]{43}")


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    rooms.add_list("dev", members=[ANN], owners=["otto@o.example"])
    rooms.add_list("board")
    with Client(rooms.host.settings) as client:
        client.sign_in(ANN)
        client.get("/account")
        yield client


def test_name_and_language_are_changed(client: Client):
    """The next page is in the language that was chosen."""
    page = client.post("/account", {"name": "Ann  Example", "language": "fr"})
    assert 'value="Ann Example"' in page.html
    assert 'lang="fr"' in page.html
    page = client.post("/account", {"name": "", "language": "tlh"})
    assert 'lang="en"' in page.html


@pytest.mark.parametrize("name", ["x" * 201, "a\u202eb", "a\x07b"])
def test_a_bad_name_is_told(client: Client, name: str):
    """A sentence at the field, and what was written stands there still."""
    page = client.post("/account", {"name": name, "language": "en"})
    assert page.status == 400
    assert "A name must be one line" in page.text


def test_a_name_is_no_script(client: Client):
    """Whatever is in it is shown as it is written."""
    page = client.post("/account", {"name": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in page.html


def test_another_address_is_confirmed_from_there(client: Client, rooms: Rooms):
    """A mail goes to the new address; nothing is changed by asking."""
    page = client.post("/account/address", {"address": "ann@new.example"})
    assert page.path == "/account"
    assert "to ann@new.example" in page.text
    assert rooms.sent_to() == ["ann@new.example"]
    assert ANN in client.get("/account").text


@pytest.mark.parametrize("address", ["", "nobody", "a@b\nBcc: c@d.example", ANN])
def test_what_is_no_other_address_is_told(client: Client, address: str):
    """One's own changes nothing, what is no address is told at the field."""
    page = client.post("/account/address", {"address": address})
    expected = "your address already" if address == ANN else "not an e-mail address"
    assert expected in page.text


def test_addresses_are_not_mailed_again_and_again(client: Client):
    """Somebody else's mailbox is not filled from here."""
    seen = [
        client.post("/account/address", {"address": "x@x.example"}).status
        for _ in range(6)
    ]
    assert seen[-1] == 429


def test_providers_are_unbound(client: Client, rooms: Rooms):
    """Only one's own."""
    numbers = []
    with db.transaction(rooms.host.settings.database) as conn:
        for address in (ANN, "bob@b.example"):
            claims = identities.Claims(
                issuer="https://id.example",
                subject=address,
                address=address,
                verified=True,
            )
            person_id = identities.sign_in(conn, claims, settings=rooms.host.settings)
            numbers.append(identities.of_person(conn, person_id)[0].id)
    mine, others = numbers
    assert "https://id.example" in client.get("/account").text
    page = client.post("/account/identities", {"identity": str(others)})
    assert "gone already" in page.text
    page = client.post("/account/identities", {"identity": str(mine)})
    assert "no longer sign in by way of https://id.example" in page.text
    assert rooms.rows("SELECT subject FROM identity")[0].subject == "bob@b.example"


def test_sessions_are_ended(client: Client, rooms: Rooms):
    """One by its number, all others at once; never somebody else's."""
    mine = client.identifier or ""
    client.sign_in(ANN)
    other = client.identifier or ""
    client.sign_in("bob@b.example")
    bob = client.identifier or ""
    client.carry(mine)
    page = client.get("/account/sessions")
    assert page.html.count('name="end"') == 3
    number = {r.digest: r.id for r in rooms.rows("SELECT id, digest FROM web_session")}
    ids = sorted(number.values())
    page = client.post("/account/sessions", {"end": str(ids[2])})
    assert "had ended already" in page.text
    page = client.post("/account/sessions", {"end": str(ids[1])})
    assert "That session has ended." in page.text
    client.carry(other)
    assert "Sign out" not in client.get("/").text
    client.carry(bob)
    assert "bob@b.example" in client.get("/").text
    client.sign_in(ANN)
    page = client.post("/account/sessions", {"end": "others"})
    assert page.html.count('name="end"') == 1
    client.carry(mine)
    assert "Sign out" not in client.get("/").text


def test_this_session_is_ended_as_well(client: Client, rooms: Rooms):
    """Whoever ends their own is signed out."""
    (row,) = rooms.rows("SELECT id FROM web_session")
    page = client.post("/account/sessions", {"end": str(row.id)})
    assert "You are signed out." in page.text
    assert client.get("/account").path.startswith("/sign-in")


def test_a_token_is_shown_once_and_revoked(client: Client, rooms: Rooms):
    """It acts for its maker, and not after it is revoked."""
    settings = rooms.host.settings
    form = {"name": "backup", "rights": "manage", "days": "30", "after": "0"}
    client.get("/account/tokens")
    page = client.post("/account/tokens", form)
    (token,) = set(_TOKEN.findall(page.html))
    assert not _TOKEN.search(client.get("/account/tokens").html)
    with db.transaction(settings.database) as conn:
        acts = grant.of_token(conn, token, settings=settings)
    assert acts is not None
    assert (acts.who.address, acts.token and acts.token.rights) == (ANN, "manage")
    (row,) = rooms.rows("SELECT id, expires_at - created_at AS life FROM api_token")
    assert row.life == timedelta(days=30)
    revoke = {"do": "revoke", "token": str(row.id)}
    assert "“backup” is revoked" in client.post("/account/tokens", revoke).text
    assert "had ended already" in client.post("/account/tokens", revoke).text
    with db.transaction(settings.database) as conn:
        assert grant.of_token(conn, token, settings=settings) is None


def test_a_form_sent_twice_makes_one_token(client: Client):
    """The second one is told that there is a newer token than its page showed."""
    client.get("/account/tokens")
    form = {"name": "backup", "after": "0"}
    assert _TOKEN.search(client.post("/account/tokens", form).html)
    page = client.post("/account/tokens", form)
    assert page.status == 400
    assert "made meanwhile" in page.text


def test_nobody_revokes_another_ones(client: Client, rooms: Rooms):
    """The number of somebody else's token is no way to end it."""
    client.get("/account/tokens")
    client.post("/account/tokens", {"name": "backup", "after": "0"})
    (row,) = rooms.rows("SELECT id FROM api_token")
    client.sign_in("bob@b.example")
    client.get("/account/tokens")
    client.post("/account/tokens", {"do": "revoke", "token": str(row.id)})
    assert not rooms.rows("SELECT FROM api_token WHERE revoked_at IS NOT NULL")


@pytest.mark.parametrize(
    ("scope", "made"),
    [
        (f"dev@{DOMAIN}", True),
        (f"DEV@{DOMAIN}", True),
        (DOMAIN, True),
        (f"board@{DOMAIN}", False),
        (f"nothing@{DOMAIN}", False),
        ("example.org", False),
        ("<script>alert(1)</script>", False),
    ],
)
def test_a_token_is_for_what_one_has_part_in(client: Client, scope: str, made: bool):
    """A list that one is not in is told like one that is not there."""
    client.get("/account/tokens")
    form = {"name": "backup", "scope": scope, "after": "0"}
    page = client.post("/account/tokens", form)
    assert bool(_TOKEN.search(page.html)) is made
    assert made or "You have no part" in page.text
    assert "<script>alert" not in page.html


def test_ones_data_is_given_as_a_file(client: Client):
    """All that the site has of a person, and nothing for whoever asks for it by GET."""
    client.get("/account/data")
    page = client.post("/account/data")
    assert page.response.headers["content-disposition"].startswith("attachment")
    assert page.response.headers["cache-control"] == "no-store"
    found = json.loads(page.html)
    assert found["address"] == ANN
    assert "subscription" in {group["table"] for group in found["groups"]}
    client.get("/account/data")
    seen = [client.post("/account/data").status for _ in range(5)]
    assert seen == [200] * 4 + [429]


def test_an_old_session_signs_in_once_more(client: Client, rooms: Rooms):
    """Passwords, second factors, tokens and the export take a sign-in of this hour."""
    rooms.conn.execute("UPDATE web_session SET created_at = now() - interval '2 h'")
    rooms.conn.commit()
    assert "Sign in once more" not in client.get("/account").text
    assert client.page is not None
    csrf = client.page.csrf
    for name in ("password", "second-factor", "tokens", "data", "address"):
        answer = client.post(f"/account/{name}", {"name": "x"}, csrf=csrf)
        assert answer.status == 403, name
        assert "Sign in once more" in answer.text
    assert "Sign in once more" in client.get("/account/tokens").text
    page = client.post("/account/again", {"next": "/account/tokens"})
    assert page.path == "/sign-in?next=%2Faccount%2Ftokens"
    assert not rooms.rows("SELECT FROM api_token")


def test_pages_ask_the_database_little(client: Client):
    """However many lists there are, each page of the account has a few statements."""
    for page in PAGES:
        client.get(f"/account{page}")
        with statements() as seen:
            assert client.get(f"/account{page}").status == 200
        assert len(seen) <= 9, (page, seen)


def test_persons_see_only_their_own(client: Client):
    """What is signed out is asked to sign in, on every page."""
    client.cookies.clear()
    for page in PAGES:
        assert client.get(f"/account{page}").path.startswith("/sign-in?next=")
