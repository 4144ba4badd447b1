"""Old messages come into the archive once, by batches that are kept when it is killed."""

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listhub.archive import exporting, importing, reading, reindexing
from listhub.archive.importing import Tally
from listhub.archive.reading import Found, Piece, mbox
from listhub.lists.personal import posts
from tests.archive_trees import message, sympa_tree
from tests.rooms import Rooms, post_bytes

ARCHIVES = Path(__file__).parents[2] / "corpus" / "archives"

POSTS = """
SELECT message_id, permalink, sent_at, author, subject, thread_id, b.digest
  FROM archive_message JOIN body b ON b.id = body_id WHERE list_id = %s
 ORDER BY message_id
"""


@pytest.fixture
def dev(rooms: Rooms) -> int:
    return rooms.add_list()


def bring_in(
    rooms: Rooms, number: int, pieces: Iterable[Piece], *, dry_run: bool = False
) -> Tally:
    rooms.conn.commit()
    return importing.bring_in(
        rooms.host.settings.database,
        pieces,
        list_id=number,
        language="en",
        dry_run=dry_run,
    )


def corpus(name: str) -> Iterator[Piece]:
    return reading.read(ARCHIVES / f"{name}.mbox", form="mbox")


def many(count: int) -> Iterator[Piece]:
    for number in range(count):
        yield Found(where=str(number), raw=message(number))


def test_again_changes_nothing(rooms: Rooms, dev: int) -> None:
    """What is there is left alone; what repeats a Message-ID is not filed."""
    first = bring_in(rooms, dev, corpus("repeated"))
    assert (first.added, first.repeated, first.present) == (2, 1, 0)
    before = rooms.rows(POSTS, dev)
    again = bring_in(rooms, dev, corpus("repeated"))
    assert (again.added, again.repeated, again.present) == (0, 1, 2)
    assert rooms.rows(POSTS, dev) == before


def test_import_of_the_own_export_changes_nothing(rooms: Rooms, dev: int) -> None:
    """Neither here nor in another list: same octets, dates, permalinks."""
    for path in sorted(ARCHIVES.glob("*.mbox")):
        bring_in(rooms, dev, reading.read(path, form="mbox"))
    before = rooms.rows(POSTS, dev)
    text = b"".join(exporting.export(rooms.conn, list_id=dev))
    other = rooms.add_list("other")
    for number, added in ((dev, 0), (other, len(before))):
        tally = bring_in(rooms, number, mbox.read(io.BytesIO(text), name="export"))
        assert (tally.added, tally.unread) == (added, [])
    assert rooms.rows(POSTS, dev) == before
    same = [row._replace(thread_id=None) for row in before]
    copied = [row._replace(thread_id=None) for row in rooms.rows(POSTS, other)]
    # Only a message without a last line end gets one.
    assert [row[:-1] for row in copied] == [row[:-1] for row in same]
    assert sum(a != b for a, b in zip(copied, same, strict=True)) <= 1


def test_a_killed_import_goes_on(rooms: Rooms, dev: int) -> None:
    """Whole batches are kept; the next run skips them and does the rest."""

    class Killed(Exception):
        pass

    def breaking() -> Iterator[Piece]:
        yield from many(1700)
        raise Killed

    with pytest.raises(Killed):
        bring_in(rooms, dev, breaking())
    assert len(rooms.rows(POSTS, dev)) == 1500
    tally = bring_in(rooms, dev, many(1701))
    assert (tally.added, tally.present) == (201, 1500)
    assert len(rooms.rows(POSTS, dev)) == 1701


def test_dry_run_files_nothing(rooms: Rooms, dev: int) -> None:
    """It counts what would be added, and stores no body either."""
    tally = bring_in(rooms, dev, corpus("repeated"), dry_run=True)
    assert (tally.added, tally.repeated) == (2, 1)
    assert rooms.rows("SELECT FROM body") == []


def test_messages_without_message_id(rooms: Rooms, dev: int) -> None:
    """They are known by their bytes, the same at every import."""
    tally = bring_in(rooms, dev, corpus("no_message_id"))
    assert (tally.added, tally.repeated, tally.nameless) == (2, 1, 3)
    assert bring_in(rooms, dev, corpus("no_message_id")).added == 0
    names = [row.message_id for row in rooms.rows(POSTS, dev)]
    assert all(name.endswith("@without-message-id.invalid") for name in names)


def test_dates(rooms: Rooms, dev: int, tmp_path: Path) -> None:
    """The header's date, or when it came if that is missing, broken or later."""
    bring_in(rooms, dev, corpus("dates"))
    dates = [row.sent_at.date().isoformat() for row in rooms.rows(POSTS, dev)]
    assert dates == ["1998-01-03", "2015-07-07", f"{datetime.now(UTC):%Y-%m-%d}", "2015-11-20"]  # fmt: skip
    tree = rooms.add_list("tree")
    bring_in(rooms, tree, reading.read(sympa_tree(tmp_path), form="arctxt"))
    found = {row.message_id: row.sent_at for row in rooms.rows(POSTS, tree)}
    assert found["1@a.example"] == datetime(2015, 10, 1, tzinfo=UTC)
    assert found["3@a.example"] == datetime(2015, 11, 20, 10, tzinfo=UTC)
    # Dated in November, and in the folder of October already.
    assert found["2@a.example"] == datetime(2015, 10, 1, tzinfo=UTC)


def test_octets_of_any_kind_are_filed(rooms: Rooms, dev: int) -> None:
    """NUL, 8 bit and header fields that are none do not stop an import."""
    tally = bring_in(rooms, dev, corpus("octets"))
    assert (tally.added, tally.unread) == (2, [])


def test_erased_stays_out(rooms: Rooms, dev: int) -> None:
    """A message that was taken out is not brought back, and the others are left alone."""
    bring_in(rooms, dev, many(5))
    chosen = posts.choose(message_id="<3@a.example>")
    lines = posts.erase(rooms.conn, chosen, actor="cli:root")
    rooms.conn.commit()
    assert {line.table: line.rows for line in lines} == {
        "archive_message": 1,
        "body": 1,
    }
    tally = bring_in(rooms, dev, many(5))
    assert (tally.added, tally.present, tally.removed) == (0, 4, 1)


def test_export_of_a_time(rooms: Rooms, dev: int) -> None:
    """From a moment on, and before another."""
    bring_in(rooms, dev, corpus("dates"))
    text = b"".join(
        exporting.export(
            rooms.conn,
            list_id=dev,
            since=datetime(2015, 7, 7, tzinfo=UTC),
            until=datetime(2015, 11, 20, tzinfo=UTC),
        )
    )
    assert text.startswith(b"From ann@a.example Tue Jul  7 12:31:00 2015\n")
    assert text.count(b"\nMessage-ID:") == 1


def test_reindex_makes_the_same_anew(rooms: Rooms, dev: int) -> None:
    """Threads, words and authors that are lost come back; nothing else changes."""
    root, reply = (
        post_bytes(message_id=name, subject=subject, extra=extra)
        for name, subject, extra in (
            ("a@a.example", "Tea", ""),
            ("b@a.example", "Re: Tea", "References: <a@a.example>\r\n"),
        )
    )
    bring_in(rooms, dev, [Found(where="x", raw=raw) for raw in (reply, root)])
    words = "SELECT id, words::text, content FROM archive_text ORDER BY id"
    before = rooms.rows(POSTS, dev), rooms.rows(words)
    for statement in (
        "DELETE FROM archive_text",
        "DELETE FROM archive_key",
        "UPDATE archive_message SET thread_id = NULL, refs = '{}', author = ''",
    ):
        rooms.conn.execute(statement)
    rooms.conn.commit()
    done: list[int] = []
    reindexing.reindex(rooms.conn, list_id=dev, language="en", tell=done.append)
    assert done == [2]
    assert (rooms.rows(POSTS, dev), rooms.rows(words)) == before


def test_a_posts_erasure_is_told_and_complete(rooms: Rooms) -> None:
    """Archive, digest, sent copies and bytes go; the list's other posts stay."""
    number = rooms.add_list(
        members=["bob@b.example"], send="public", digest_days=["mon"]
    )
    rooms.subscribe(number, "dig@d.example", reception="digest")
    for name in ("one@a.example", "two@a.example"):
        rooms.put(
            "distribute", post_bytes(message_id=name, body=f"Text of {name}.\r\n")
        )
    rooms.drain("distribute")
    rooms.drain("archive")
    rooms.conn.execute("UPDATE packet SET settled_at = now()")
    rooms.conn.commit()
    chosen = posts.choose(author="ANN@a.example", list_id=number)
    tried = posts.erase(rooms.conn, chosen, actor="cli:root", dry_run=True)
    assert {line.table: line.rows for line in tried}["archive_message"] == 2

    chosen = posts.choose(message_id="one@a.example")
    lines = posts.erase(rooms.conn, chosen, actor="cli:root")
    rooms.conn.commit()
    assert {line.table for line in lines} == {
        *("archive_message", "digest_entry", "outgoing", "body", "spool_history"),
    }
    [body] = rooms.rows("SELECT content FROM body")
    assert b"Text of two@a.example" in body.content
    heads = rooms.rows("SELECT message_id, head FROM outgoing ORDER BY id")
    assert [(h.message_id, bool(h.head)) for h in heads] == [
        ("one@a.example", False),
        ("two@a.example", True),
    ]
    assert posts.erase(rooms.conn, chosen, actor="cli:root") == []
