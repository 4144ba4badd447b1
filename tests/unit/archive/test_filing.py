"""What is read off a post for the archive."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from listhub.archive import filing
from listhub.archive.filing import MOST_REFERENCES, NAMELESS, Filing
from listhub.archive.stems import stem_of
from listhub.mail.transforms.context import permalink
from tests.mime_strategy import messages

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def read(raw: bytes) -> Filing:
    return filing.read(
        raw, list_id=1, body_id=1, trace=uuid.UUID(int=1), received_at=NOW
    )


@pytest.mark.parametrize(
    ("subject", "stem", "answers"),
    [
        ("Minutes", "minutes", False),
        ("Re: Minutes", "minutes", True),
        ("RE: [dev] AW:  SV: minutes  of May", "minutes of may", True),
        ("[dev:7] Minutes", "minutes", False),
        ("Re[2]: Minutes", "minutes", True),
        ("Fwd: Minutes", "fwd: minutes", False),
        ("Reply: x", "reply: x", False),
        ("Re:", "", True),
        ("", "", False),
        ("[dev]", "", False),
        ("回复：会议", "会议", True),  # noqa: RUF001
    ],
)
def test_stems(subject: str, stem: str, answers: bool) -> None:
    """Tags and reply words are no part of what a thread is about."""
    assert stem_of(subject) == (stem, answers)


@given(st.text())
def test_stems_of_anything(subject: str) -> None:
    """Any subject has one, in time; an answer's is that of its question."""
    stem, _ = stem_of(subject)
    assert len(stem) <= 200
    again, answers = stem_of(f"Re: {subject}")
    assert (again, answers) == (stem, True)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ("References: <a@x> <b@x>\n", ["a@x", "b@x"]),
        ("In-Reply-To: <b@x>\n", ["b@x"]),
        ("References: <a@x>\nIn-Reply-To: <b@x>\n", ["a@x", "b@x"]),
        ("References: <a@x> <b@x>\nIn-Reply-To: <a@x>\n", ["a@x", "b@x"]),
        ("In-Reply-To: your mail of Monday <b@x>\n", ["b@x"]),
        ("References: <a@x><b@x>\n <own@x>\n", ["a@x", "b@x"]),
        ("References: nonsense < > <> <a b>\n", []),
    ],
)
def test_references(fields: str, named: list[str]) -> None:
    """The nearest stands last; a post does not answer itself."""
    raw = f"Message-ID: <own@x>\n{fields}\nbody\n".encode()
    assert read(raw).refs == tuple(permalink(each) for each in named)


def test_thousands_of_references_are_cut() -> None:
    """The first and the nearest ones are kept."""
    named = " ".join(f"<r{n}@x>" for n in range(4000))
    refs = read(f"References: {named}\n\n".encode()).refs

    assert len(refs) == MOST_REFERENCES
    assert (refs[0], refs[-1]) == (permalink("r0@x"), permalink("r3999@x"))


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 2 Mar 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("Mon, 2 Mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 2 Mar 2099 10:00:00 +0000", NOW),
        ("Thu, 1 Jan 1970 00:00:00 +0000", NOW),
        ("Fri, 31 Dec 9999 23:59:59 -2359", NOW),
        ("yesterday", NOW),
        ("", NOW),
    ],
)
def test_dates(date: str, expected: datetime) -> None:
    """A date that says nothing sane is the time at which the post came."""
    assert read(f"Date: {date}\n\n".encode()).sent_at == expected


def test_a_post_without_a_message_id_has_one_of_its_bytes() -> None:
    """The same bytes have the same one, so that an import can be repeated."""
    first, again, other = read(b"A: b\n\nx"), read(b"A: b\n\nx"), read(b"A: b\n\ny")

    assert first.message_id == again.message_id != other.message_id
    assert first.message_id.endswith(NAMELESS)


@given(messages() | st.binary(max_size=300))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    """Nothing raises, and what comes out can be stored."""
    found = read(raw)
    for text in (found.content, found.subject, found.author, found.author_name):
        assert "\0" not in text
        text.encode()
    assert found.attachments == len(found.files)
