"""Old archives are read message by message; what cannot be read is told."""

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from listhub.archive import reading
from listhub.archive.reading import Found, Piece, Unread, mbox
from listhub.errors import UsageError
from tests.archive_trees import maildir, message, sympa_tree

ARCHIVES = Path(__file__).parents[2] / "corpus" / "archives"
CAME = datetime(2015, 11, 20, 10, tzinfo=UTC)
TOP = "the file does not begin with a line `From ... date`"


def read_file(name: str) -> list[Piece]:
    path = ARCHIVES / f"{name}.mbox"
    return list(reading.read(path, form="mbox"))


def found(pieces: list[Piece]) -> list[bytes]:
    return [piece.raw for piece in pieces if isinstance(piece, Found)]


def unread(pieces: list[Piece]) -> list[tuple[str, str]]:
    return [
        (Path(piece.where).name, piece.reason)
        for piece in pieces
        if isinstance(piece, Unread)
    ]


def texts(pieces: list[Piece]) -> list[bytes]:
    return [raw.partition(b"\n\n")[2] for raw in found(pieces)]


@pytest.mark.parametrize("path", sorted(ARCHIVES.glob("*.mbox")), ids=lambda p: p.stem)
def test_nothing_in_a_file_makes_the_reading_fail(path: Path) -> None:
    """Each file of the corpus gives messages and sentences, and no exception."""
    assert list(reading.read(path, form="mbox"))


def test_quoted_lines_are_as_they_were() -> None:
    """One ">" goes from lines that begin with ">From ", and from no others."""
    first, second = texts(read_file("mboxrd"))
    assert first == b"He wrote:\nFrom here on\n>From there on\n>>>From\n"
    assert second == b"Hello.\n"


def test_line_ends_stay() -> None:
    """A file with CRLF gives messages with CRLF, and their own empty lines stay."""
    one, two = found(read_file("crlf"))
    assert one.endswith(b"\r\n\r\nHello.\r\n")
    assert two.endswith(b"\r\n\r\nA line.\r\n\r\n\r\n")


def test_what_only_looks_like_a_beginning_is_text() -> None:
    """A sentence that begins with "From" ends no message, even without its ">"."""
    first, _ = texts(read_file("unquoted"))
    assert b"\nFrom the very start I said so.\nFrom ann Mon Feb" in first


def test_missing_empty_line() -> None:
    """Files that were put together without an empty line between are read all the same."""
    assert [raw.count(b"Message-ID") for raw in found(read_file("glued"))] == [1, 1, 1]


def test_what_cannot_be_read_is_told() -> None:
    """Each piece that is no message is named with the reason; the others are read."""
    pieces = read_file("no_beginning")
    assert (len(found(pieces)), unread(pieces)) == (1, [("no_beginning.mbox", TOP)])
    pieces = read_file("empty_messages")
    assert len(found(pieces)) == 1
    assert [where for where, _ in unread(pieces)] == [
        "empty_messages.mbox, message 1",
        "empty_messages.mbox, message 2",
        "empty_messages.mbox, message 4",
    ]


def test_when_it_came() -> None:
    """The date of the first line is read in the forms that there are, or is None."""
    pieces = [piece for piece in read_file("dates") if isinstance(piece, Found)]
    assert [piece.came for piece in pieces] == [
        datetime(1998, 1, 3, 1, 5, 34, tzinfo=UTC),
        datetime(2015, 7, 7, 12, 31, tzinfo=UTC),
        None,
        datetime(2024, 2, 29, 12, 31, tzinfo=UTC),
    ]


def test_too_long_a_message_costs_no_memory_and_no_neighbour() -> None:
    """What is longer than the limit is told; what stands before and after is read."""
    long = mbox.write(b"Subject: x\n\n" + b"x" * 5_000_000, sender="", came=CAME)
    one, two = (mbox.write(message(n), sender="", came=CAME) for n in (1, 2))
    stream = io.BytesIO(one + long + two)
    pieces = list(mbox.read(stream, name="big", limit=1_000_000))
    assert found(pieces) == [message(1), message(2)]
    assert unread(pieces) == [("big, message 2", "it is longer than 1,000,000 octets")]


def test_packed_file(tmp_path: Path) -> None:
    """What ends in .gz is unpacked; a file that is cut off says so."""
    packed = gzip.compress((ARCHIVES / "mboxrd.mbox").read_bytes())
    (tmp_path / "a.gz").write_bytes(packed)
    (tmp_path / "b.gz").write_bytes(packed[:-20])
    assert reading.detect(tmp_path / "a.gz") == "mbox"
    assert len(list(reading.read(tmp_path / "a.gz", form="mbox"))) == 2
    with pytest.raises(UsageError, match="cannot be read"):
        list(reading.read(tmp_path / "b.gz", form="mbox"))


def test_sympa_tree(tmp_path: Path) -> None:
    """Months in order, messages by number, without the line of the delivery."""
    root = sympa_tree(tmp_path)
    pieces = list(reading.read(root, form=reading.detect(root)))
    raws = found(pieces)
    assert raws == [message(1, date=""), *map(message, (2, 10, 3, 5))]
    assert [p.came for p in pieces if isinstance(p, Found)] == [
        *[datetime(2015, 10, 1, tzinfo=UTC)] * 3,
        datetime(2015, 11, 1, tzinfo=UTC),
        None,
    ]
    assert unread(pieces) == [("2", "it is empty")]
    month = root / "2015-10"
    for path in (month, month / "arctxt"):
        assert found(list(reading.read(path, form=reading.detect(path)))) == raws[:3]


def test_maildir(tmp_path: Path) -> None:
    """By time, without what is thrown away, hidden or not yet delivered."""
    root = maildir(tmp_path)
    pieces = list(reading.read(root, form=reading.detect(root)))
    assert found(pieces) == [message(1), message(2), message(3)]
    assert [
        p.came.hour if p.came else None for p in pieces if isinstance(p, Found)
    ] == [
        9,
        10,
        None,
    ]


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    """The sentence names the path and what was expected."""
    (tmp_path / "letter.txt").write_bytes(b"Dear all,\n")
    with pytest.raises(UsageError, match="does not begin with `From `"):
        reading.detect(tmp_path / "letter.txt")
    with pytest.raises(UsageError, match="neither a maildir"):
        reading.detect(tmp_path)
    with pytest.raises(UsageError, match="No such file"):
        reading.detect(tmp_path / "nothing")


line = st.sampled_from(
    [b"From ", b">From ", b">>From x", b"", b"\r", b"From: a@a", b"x" * 5000]
) | st.binary(max_size=20)


@given(st.lists(st.lists(line, min_size=1, max_size=8), max_size=6))
def test_what_we_write_is_read_again(mails: list[list[bytes]]) -> None:
    """Octets come back as they were, whatever they hold, but for a last line end."""
    raws = [b"X: y\n\n" + b"\n".join(lines) for lines in mails]
    text = b"".join(mbox.write(raw, sender="ann@a.example", came=CAME) for raw in raws)
    pieces = list(mbox.read(io.BytesIO(text), name="x"))
    ended = [raw if raw.endswith(b"\n") else raw + b"\n" for raw in raws]
    assert found(pieces) == ended
    assert all(isinstance(piece, Found) and piece.came == CAME for piece in pieces)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_octets_can_be_read(noise: bytes, place: int) -> None:
    """No file makes the reading fail, and a sound message behind noise is found."""
    good = mbox.write(message(1), sender="", came=CAME)
    pieces = list(mbox.read(io.BytesIO(noise + b"\n\n" + good), name="x"))
    assert message(1) in found(pieces)
    list(mbox.read(io.BytesIO(good[:place] + noise + good[place:]), name="x"))
