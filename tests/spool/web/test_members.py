"""An owner's members: search, add, import after a preview, options, removal, undo."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import lively
from tests.lively import LIST, PEOPLE
from tests.rooms import Rooms
from tests.web_client import Client, Seen, statements

MEMBERS = f"/members/{LIST}"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.owner)
        yield client


def members(site: Rooms) -> set[str]:
    rows = site.rows(
        "SELECT address FROM person JOIN subscription ON person_id = person.id"
        " WHERE list_id = 1"
    )
    return {row.address for row in rows}


def test_members_are_found(client: Client):
    """A part of an address, a count, and a page that costs a few statements."""
    with statements() as seen:
        page = client.get(f"{MEMBERS}?q=m1")
    assert "Members 11" in page.text
    assert "m12@a.example" in page.text
    assert "mia@a.example" not in page.text
    assert len([each for each in seen if "read_only" not in each]) <= 8


def test_a_few_are_added_with_a_result_for_each(client: Client, site: Rooms):
    """Who can be added is, who is there is told so, what is no address is refused."""
    client.get(f"{MEMBERS}/add")
    page = client.post(
        f"{MEMBERS}/add",
        {
            "addresses": f"New One <new@n.example>\nm1@a.example\nno address\n{'x' * 400}"
        },
    )
    assert "new@n.example is now a member." in page.text
    assert "m1@a.example is a member already." in page.text
    assert page.text.count("refused") == 2
    assert "new@n.example" in members(site)
    ((row),) = site.rows("SELECT display_name FROM person WHERE address LIKE 'new@%%'")
    assert row.display_name == "New One"


def look(client: Client, content: bytes, **fields: str) -> Seen:
    client.get(f"{MEMBERS}/add")
    files: Any = {"file": ("people.csv", content, "text/csv")}
    return client.post(f"{MEMBERS}/import", fields, files=files)


def hidden(page: Seen) -> dict[str, str]:
    import re

    return dict(
        re.findall(r'name="(kept|digest|change|greet)" value="([^"]*)"', page.html)
    )


def test_a_file_is_looked_through_and_then_done_once(client: Client, site: Rooms):
    """The preview changes nothing, the button does exactly that, a second click nothing."""
    before = members(site)
    content = (
        b"address;name\r\na1@n.example;=1+1\r\nm1@a.example;x\r\nbroken;y\r\n\xff;z\r\n"
    )
    page = look(client, content)
    assert page.status == 200
    assert "Would be added 1" in page.text
    assert "Refused 2" in page.text
    assert members(site) == before
    form = hidden(page)
    assert "1 were added" in client.post(f"{MEMBERS}/import", form).text
    assert members(site) - before == {"a1@n.example"}
    assert "done before" in client.post(f"{MEMBERS}/import", form).text


def test_another_state_than_the_previews_is_told(client: Client, site: Rooms):
    """What would not be the same any more is not done."""
    form = hidden(look(client, b"a1@n.example\na2@n.example\n"))
    site.subscribe(1, "a1@n.example")
    page = client.post(f"{MEMBERS}/import", form)
    assert page.status == 400
    assert "a2@n.example" not in members(site)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\0",
        b"\xff\xfea\0@\0b\0.\0c\0",
        b'address\n"' + b"x" * 100_000,
        b"name,reception\nx,y\n",
        b"address\n" + b",,,,,,\n" * 500,
        b"<script>alert(1)</script>@x.example\n",
        b"a@b.example\nBcc: c@d.example\n",
    ],
    ids=[
        "empty",
        "nul",
        "utf-16",
        "open-quote",
        "no-address",
        "wide",
        "script",
        "header",
    ],
)
def test_hostile_files_are_answered(client: Client, site: Rooms, content: bytes):
    """A sentence or a preview, never a failure, and nobody is added."""
    before = members(site)
    page = look(client, content)
    assert page.status in {200, 400}
    assert "<script>alert" not in page.html
    assert members(site) == before


def test_those_ticked_are_changed_and_removed(client: Client, site: Rooms):
    """Many at once, with a count; who is gone already is no fault."""
    client.get(MEMBERS)
    both = ["m1@a.example", "m2@a.example"]
    page = client.post(MEMBERS, {"do": "digest", "address": both})
    assert "2 were changed" in page.text
    page = client.post(MEMBERS, {"do": "remove", "address": [*both, "gone@x.example"]})
    assert "2 were removed; 1 were no members any more." in page.text
    assert not members(site) & set(both)
    assert "Nobody was ticked" in client.post(MEMBERS, {"do": "remove"}).text


def test_one_members_options_are_saved_unless_changed_meanwhile(
    client: Client, site: Rooms
):
    """The page has a mark; an old one does not undo what others did."""
    import re

    one = f"/member/{LIST}?address=m3%40a.example"
    page = client.get(one)
    mark = re.search(r'name="mark" value="([^"]*)"', page.html)
    assert mark
    form = {"address": "m3@a.example", "do": "save", "mark": mark[1]}
    page = client.post(f"/member/{LIST}", {**form, "reception": "digest"})
    assert "are saved" in page.text
    page = client.post(f"/member/{LIST}", {**form, "reception": "none"})
    assert "meanwhile" in page.text
    ((row),) = site.rows(
        "SELECT reception FROM subscription JOIN person ON person_id = person.id"
        " WHERE address = 'm3@a.example'"
    )
    assert row.reception == "digest"


def test_all_are_downloaded_without_formulas(client: Client, site: Rooms):
    """CSV of all members; what a spreadsheet would take for a formula is tamed."""
    site.rows(
        "UPDATE person SET display_name = '=cmd()' WHERE address = 'm3@a.example'"
        " RETURNING id"
    )
    page = client.get(f"{MEMBERS}/export.csv")
    assert page.response.headers["content-disposition"].startswith("attachment")
    assert page.html.count("\n") == len(members(site)) + 1
    assert ",=cmd" not in page.html


def test_strangers_are_no_members(client: Client):
    """Somebody unknown is told as such, whatever their address looks like."""
    for address in ("nobody@x.example", "", "%3Cscript%3E", "%27%3B--"):
        page = client.get(f"/member/{LIST}?address={address}")
        assert page.status == 404
        assert "<script>" not in page.html


def test_what_comes_back_is_shown(client: Client):
    """The page of bounces opens, and a wrong day is a sentence."""
    assert "No mail comes back." in client.get(f"/bounces/{LIST}").text
    page = client.post(f"/bounces/{LIST}", {"do": "day", "day": "x"})
    assert page.status == 400
    assert (
        "0 were undone"
        in client.post(f"/bounces/{LIST}", {"do": "day", "day": "2026-11-20"}).text
    )
