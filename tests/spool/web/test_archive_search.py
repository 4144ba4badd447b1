"""Search in an archive, and its feed."""

from collections.abc import Iterator

import pytest

from tests.archived import file_posts, post
from tests.rooms import Rooms
from tests.web_archive import ANN, DEV, URL, at, browser, fill, found
from tests.web_client import Client


@pytest.fixture
def client(rooms: Rooms) -> Iterator[Client]:
    with browser(rooms) as client:
        yield client


def test_search(client: Client, rooms: Rooms):
    """Words, author, days and files; what matches is marked."""
    fill(rooms)
    client.sign_in(ANN)
    page = client.get(f"{DEV}/search?words=camel")
    assert found(page) == [at("q")]
    assert "<mark>camels</mark>" in page.html
    newest = [at("other"), at("r2"), at("r1"), at("q")]
    assert found(client.get(f"{DEV}/search?author=ann%40a.example")) == newest
    assert found(client.get(f"{DEV}/search?since=2026-04-01")) == [at("other")]
    until = client.get(f"{DEV}/search?until=2026-03-02")
    assert found(until) == newest[1:]
    assert found(client.get(f"{DEV}/search?files=1")) == []
    best = client.get(f"{DEV}/search?words=question&order=best")
    assert sorted(found(best)) == sorted(newest[1:])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Say what to look for"),
        ("words=", "Say what to look for"),
        ("words=%21%21%22", "no word in"),
        ("words=zebra", "Nothing was found"),
        ("words=the", "Nothing was found"),
        ("words=%22%27%29%28+%26+%7C+a", "Nothing was found"),
        ("words=camel&since=tomorrow", "is not a day"),
        ("words=camel&since=9999-12-31", "is not a day"),
        ("words=camel&since=2026-03-02&until=2026-03-01", "after the last"),
        ("words=camel&after=x", "begin with the first"),
        ("words=camel%00", ""),
        ("words=" + "x" * 5000, "Nothing was found"),
    ],
)
def test_a_search_always_says_something(
    client: Client, rooms: Rooms, query: str, said: str
):
    """Empty, broken or absurd: a sentence, and the form as it was filled in."""
    fill(rooms, post("q", body="camels drink"))
    page = client.get(f"{DEV}/search?{query}")
    assert page.status == 200
    assert said in page.text
    assert 'name="words"' in page.html


def test_search_goes_on(client: Client, rooms: Rooms):
    """Every message is met once, newest and best first."""
    fill(rooms, *(post(f"m{n}", hours=n / 10, body="camel") for n in range(45)))
    for order in ("newest", "best"):
        met: list[str] = []
        page = client.get(f"{DEV}/search?words=camel&order={order}")
        for _ in range(3):
            met += found(page)
            further = [each for each in page.links() if "after=" in each]
            page = client.get(further[0]) if further else page
        assert sorted(met) == sorted(at(f"m{n}") for n in range(45))


def test_a_search_that_takes_too_long_is_broken_off(
    client: Client, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
):
    """The page says so, with the form, and goes on to work."""
    monkeypatch.setattr("listhub.web.pages.archive_search._PATIENCE", 0.2)
    fill(rooms)
    rooms.conn.execute("LOCK TABLE archive_text IN ACCESS EXCLUSIVE MODE")
    page = client.get(f"{DEV}/search?words=camel")
    rooms.conn.rollback()
    assert page.status == 200
    assert "took too long" in page.text
    assert found(client.get(f"{DEV}/search?words=camel")) == [at("q")]


def test_the_feed_is_asked_for_again_and_again(client: Client, rooms: Rooms):
    """Its links are the messages' pages; what has not changed is 304 without content."""
    fill(rooms)
    feed = client.get(f"{DEV}/feed.atom").response
    assert feed.headers["content-type"].startswith("application/atom+xml")
    assert f"{URL}{at('other')}</id>" in feed.text
    assert "max-age" in feed.headers["cache-control"]
    tag = feed.headers["etag"]
    again = client.raw("GET", f"{DEV}/feed.atom", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    file_posts(rooms.conn, 1, [post("new", hours=9999)])
    rooms.conn.commit()
    again = client.raw("GET", f"{DEV}/feed.atom", headers={"if-none-match": tag})
    assert again.status_code == 200
