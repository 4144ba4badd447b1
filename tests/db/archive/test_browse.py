"""Pages of an archive: months, posts, threads, neighbours, addresses that last."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from listhub.archive import browse, store
from listhub.archive.feed import Feed, atom
from listhub.archive.threads import tree
from tests.archived import BEGAN, add_list, file_posts, post

Conn = psycopg.Connection[Any]
DAY = 24.0


@pytest.fixture
def dev(driver: Conn) -> int:
    number = add_list(driver)
    file_posts(
        driver,
        number,
        [
            post("q", subject="Question"),
            post("r1", subject="Re: Question", hours=1, refs=["q"]),
            post("r2", subject="Re: Question", hours=2, refs=["q"]),
            post("r1a", subject="Re: Question", hours=3, refs=["q", "r1"]),
            post("other", subject="Other", hours=DAY * 29 + 14.5),
        ],
    )
    return number


def names(entries: list[browse.Entry]) -> list[str]:
    return [each.message_id.removesuffix("@m") for each in entries]


def test_months_are_those_of_the_list_s_time_zone(driver: Conn, dev: int) -> None:
    """The last evening of a month is the next one where the day has begun."""
    utc = browse.months(driver, dev, timezone="UTC")
    paris = browse.months(driver, dev, timezone="Europe/Paris")

    assert [(m.month, m.posts) for m in utc] == [("2026-03", 5)]
    assert [(m.month, m.posts) for m in paris] == [("2026-04", 1), ("2026-03", 4)]
    since, until = browse.bounds("2026-04", "Europe/Paris")
    assert (since, until) == (
        datetime(2026, 3, 31, 22, tzinfo=UTC),
        datetime(2026, 4, 30, 22, tzinfo=UTC),
    )
    assert names(browse.posts(driver, dev, since=since, until=until)) == ["other"]
    assert browse.bounds("2026-12", "UTC")[1] == datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="unconverted"):
        browse.bounds("2026-13", "UTC")


def test_pages_go_on_where_they_ended(driver: Conn, dev: int) -> None:
    """By date in both directions."""
    first = browse.posts(driver, dev, limit=2)
    second = browse.posts(driver, dev, after=first[-1].position, limit=9)
    assert names([*first, *second]) == ["q", "r1", "r2", "r1a", "other"]

    newest = browse.latest(driver, dev, limit=3)
    older = browse.latest(driver, dev, before=newest[-1].position)
    assert names([*newest, *older]) == ["other", "r1a", "r2", "r1", "q"]


def test_a_thread_is_read_from_top_to_bottom(driver: Conn, dev: int) -> None:
    """Answers stand below what they answer."""
    [question] = browse.posts(driver, dev, limit=1)

    nodes = tree(browse.thread(driver, question, dev))

    assert [(n.entry.message_id, n.depth) for n in nodes] == [
        ("q@m", 0),
        ("r1@m", 1),
        ("r1a@m", 2),
        ("r2@m", 1),
    ]
    assert nodes[2].parent == nodes[1].entry


def test_threads_of_a_month(driver: Conn, dev: int) -> None:
    """The latest first; each is told by its first post."""
    since, until = browse.bounds("2026-03", "UTC")

    found = browse.threads(driver, dev, since=since, until=until)

    told = [(t.first.message_id, t.posts, t.last_at) for t in found]
    assert told == [
        ("other@m", 1, BEGAN + timedelta(hours=DAY * 29 + 14.5)),
        ("q@m", 4, BEGAN + timedelta(hours=3)),
    ]
    after = (found[0].last_at, found[0].first.thread_id or 0)
    rest = browse.threads(driver, dev, since=since, until=until, after=after)
    assert rest == found[1:]


def test_neighbours(driver: Conn, dev: int) -> None:
    """Before and after, by date and in the thread; ends have none."""
    entries = browse.posts(driver, dev)
    last = browse.neighbours(driver, entries[3], dev)
    assert last.previous == entries[2] == last.thread_previous
    assert (last.next, last.thread_next) == (entries[4], None)
    first = browse.neighbours(driver, entries[0], dev)
    assert (first.previous, first.thread_previous) == (None, None)
    assert first.next == entries[1]


def test_excerpts_begin_with_what_is_new(driver: Conn, dev: int) -> None:
    """Quotes are left out, addresses hidden, and what is long is cut."""
    body = "> quoted\r\n> more\r\nask bob@b.example " + "word " * 100
    [number] = file_posts(driver, dev, [post("e", body=body)]).values()

    [told] = browse.excerpts(driver, [number], addresses=False).values()

    assert told.startswith("ask bob@… word")
    assert told.endswith("word …")
    assert len(told) < 250
    [told] = browse.excerpts(driver, [number], addresses=True).values()
    assert "bob@b.example" in told


def test_an_address_lasts_and_what_was_taken_out_stays_out(
    driver: Conn, dev: int
) -> None:
    """The permalink survives a new import; one of a removed post says it was here."""
    [question] = browse.posts(driver, dev, limit=1)
    store.remove(driver, list_id=dev, ids=[question.id], for_good=False)
    assert browse.by_permalink(driver, dev, question.permalink) is None
    assert not browse.was_removed(driver, dev, question.permalink)

    again = file_posts(driver, dev, [post("q", subject="Question")])
    entry = browse.by_permalink(driver, dev, question.permalink)
    assert entry
    assert entry.id == again["q@m"] != question.id
    assert len(browse.thread(driver, entry, dev)) == 4

    store.remove(driver, list_id=dev, ids=[entry.id])
    assert browse.was_removed(driver, dev, question.permalink)
    assert file_posts(driver, dev, [post("q", subject="Question")]) == {}
    assert browse.by_permalink(driver, dev, question.permalink) is None
    # What answered it still belongs together.
    [first, *_] = browse.posts(driver, dev, limit=1)
    assert len(browse.thread(driver, first, dev)) == 3


def test_the_feed(driver: Conn, dev: int) -> None:
    """Newest first, with lasting addresses and no addresses of people."""
    file_posts(
        driver, dev, [post("bad", subject="x \ufffe <&> to ann@a.example", hours=999)]
    )
    entries = browse.latest(driver, dev, limit=2)
    feed = Feed(
        title="dev", url="https://l.example/archive/dev@l.example", entries=entries
    )

    told = atom(feed, addresses=False).decode()

    assert told.startswith("<?xml version='1.0' encoding='utf-8'?>")
    assert f"<id>{feed.url}/{entries[0].permalink}</id>" in told
    assert "&lt;&amp;&gt; to ann@…</title>" in told
    assert "<name>Ann Lee</name>" in told
    assert "a.example" not in told
    assert "ann@a.example" in atom(feed, addresses=True).decode()
