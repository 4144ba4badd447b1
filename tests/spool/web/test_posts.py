"""An owner's posts: what was sent, and what became of each recipient's copy."""

from collections.abc import Iterator

import pytest

from tests import lively
from tests.lively import LIST, PEOPLE
from tests.rooms import Rooms
from tests.web_client import Client, statements

POSTS = f"/posts/{LIST}"


@pytest.fixture
def site(rooms: Rooms) -> Rooms:
    lively.fill(rooms)
    return rooms


@pytest.fixture
def client(site: Rooms) -> Iterator[Client]:
    with Client(site.host.settings) as client:
        client.sign_in(PEOPLE.owner)
        yield client


def test_posts_are_listed_with_their_figures(client: Client):
    """Each post with its recipients; a bounded number of statements."""
    with statements() as seen:
        page = client.get(POSTS)
    assert "Question about quotas" in page.text
    assert "31" in page.text
    assert "<script>alert" not in page.html
    assert len([each for each in seen if "read_only" not in each]) <= 8


def test_a_post_is_followed_to_each_recipient(client: Client):
    """Recipients by part of their address and by what became of their copy."""
    first = next(each for each in client.get(POSTS).links() if f"{POSTS}/" in each)
    page = client.get(first)
    assert "mia@a.example" in page.text
    assert "not sent yet" in page.text
    assert "mia@a.example" not in client.get(f"{first}?q=m1%40").text
    assert "No recipient is like this." in client.get(f"{first}?state=refused").text


@pytest.mark.parametrize(
    "path",
    [
        f"{POSTS}/x",
        f"{POSTS}/00000000-0000-0000-0000-000000000000",
        f"{POSTS}?at=x",
    ],
)
def test_odd_addresses_are_answered(client: Client, path: str):
    """A sentence, never a failure."""
    assert client.get(path).status in {400, 404}


def test_a_part_of_another_list_is_not_shown(client: Client, site: Rooms):
    """The number of a part is only good on its own post's page."""
    other = site.add_list("other", members=["secret@s.example"])
    site.put("distribute", b"From: secret@s.example\r\n\r\nx\r\n", list_id=other)
    site.drain("distribute")
    rows = site.rows("SELECT id FROM outgoing WHERE list_id = %s", other)
    first = next(each for each in client.get(POSTS).links() if f"{POSTS}/" in each)
    for row in rows:
        assert client.get(f"{first}?part={row.id}").status == 404
