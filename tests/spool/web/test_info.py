"""A list's page and its members' page: who sees what of it."""

from collections.abc import Iterator

import pytest

from listhub.lists import files
from tests.rooms import DOMAIN, Rooms
from tests.web_client import Client, statements

MIA, VERA, OWNER = "mia@a.example", "vera@v.example", "otto@o.example"
INFO, REVIEW = f"/info/dev@{DOMAIN}", f"/review/dev@{DOMAIN}"


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with Client(rooms.host.settings) as client:
        yield client


def test_a_visitor_reads_what_the_list_is_about(rooms: Rooms, client: Client):
    """Subject, text, ways to write and to join; no whole address of anybody."""
    list_id = rooms.add_list(
        members=[MIA], owners=[OWNER], visibility="noconceal", subject="Development"
    )
    files.write(
        rooms.conn,
        "info",
        "All about <b>it</b>.\n",
        level=files.Level(scope="list", list_id=list_id, name=f"dev@{DOMAIN}"),
        actor="test",
    )
    rooms.conn.commit()
    page = client.get(INFO)
    assert "Development" in page.text
    assert "All about &lt;b&gt;it&lt;/b&gt;." in page.html
    assert "Members, moderators and owners" in page.text
    assert OWNER not in page.html
    assert f"/subscribe/dev@{DOMAIN}" in page.links()
    client.sign_in(VERA)
    assert OWNER in client.get(INFO).text


@pytest.mark.parametrize("path", [INFO, REVIEW])
def test_a_hidden_list_is_not_there(rooms: Rooms, client: Client, path: str):
    """The same answer as for no list at all; its members and owners know it."""
    rooms.add_list(members=[MIA], owners=[OWNER], visibility="secret", review="private")
    hidden, none = client.get(path), client.get(path.replace("dev@", "none@"))
    assert (hidden.status, none.status) == (404, 404)
    assert hidden.text.replace("dev@", "none@") == none.text
    client.sign_in(VERA)
    assert client.get(path).status == 404
    for who in (MIA, OWNER):
        client.sign_in(who)
        assert client.get(path).status == 200


def test_who_may_not_read_about_it_is_told_why(rooms: Rooms, client: Client):
    """Where a list is seen and says no more of itself."""
    rooms.add_list(members=[MIA], visibility="noconceal", info="private")
    page = client.get(INFO)
    assert page.status == 403
    assert "Only members may see what this list is about." in page.text
    client.sign_in(MIA)
    assert client.get(INFO).status == 200


def test_members_see_how_they_get_it(rooms: Rooms, client: Client):
    """In short, with the ways to change it and to leave."""
    rooms.add_list(members=[MIA])
    client.sign_in(MIA)
    page = client.get(INFO)
    assert "You are a member" in page.text
    assert {f"/suboptions/dev@{DOMAIN}", f"/signoff/dev@{DOMAIN}"} <= set(page.links())


def test_the_page_costs_a_few_statements(rooms: Rooms, client: Client):
    """However many members and posts there are."""
    rooms.add_list(members=[MIA], owners=[OWNER], archive_web_access="private")
    client.sign_in(MIA)
    with statements() as seen:
        client.get(INFO)
    asked = [each for each in seen if "transaction_read_only" not in each]
    assert len(asked) <= 18, asked


def test_members_are_shown_to_whom_the_list_shows_them(rooms: Rooms, client: Client):
    """Without those who hide themselves, who are counted; owners see all."""
    list_id = rooms.add_list(
        members=[MIA, VERA], owners=[OWNER], review="private", visibility="noconceal"
    )
    rooms.subscribe(list_id, "hidden@h.example", concealed=True)
    page = client.get(REVIEW)
    assert page.status == 403
    assert "Only members may see the members of this list." in page.text
    client.sign_in(MIA)
    page = client.get(REVIEW)
    assert VERA in page.text
    assert "hidden@h.example" not in page.text
    assert "1 more is hidden" in page.text
    assert "hidden@" not in client.get(f"{REVIEW}?q=hidden").text.replace(
        "hidden@h", ""
    )
    client.sign_in(OWNER)
    assert "hidden@h.example" in client.get(REVIEW).text


def test_strangers_read_no_whole_address(rooms: Rooms, client: Client):
    """Even of a public list, and a search tells them nothing."""
    rooms.add_list(members=[MIA], review="public", visibility="noconceal")
    page = client.get(REVIEW)
    assert "mia@…" in page.text
    assert MIA not in page.html
    assert "mia@…" in client.get(f"{REVIEW}?q=nobody").text


def test_members_are_paged(rooms: Rooms, client: Client):
    """By keys: each page goes on where the one before ended, and back."""
    rooms.add_list(
        members=[MIA, *(f"m{number:03}@a.example" for number in range(150))],
        review="private",
    )
    client.sign_in(MIA)
    page = client.get(REVIEW)
    assert "m098@a.example" in page.text
    assert "m120@a.example" not in page.text
    further = next(link for link in page.links() if "at=" in link)
    page = client.get(further)
    assert "m120@a.example" in page.text
    back = next(link for link in page.links() if "at=" in link)
    assert "m098@a.example" in client.get(back).text
    assert client.get(f"{REVIEW}?at=x").status == 400
