import pytest

from listhub.mail import screening
from listhub.mail.headers import Headers
from listhub.mail.message_id import message_id
from tests.corpora import AUTHOR, LIST, broken, expected

BROKEN = broken()


@pytest.mark.parametrize("name", BROKEN)
def test_only_a_missing_author_is_a_fault(name: str) -> None:
    """However broken a post is, it goes out if it says by whom it is."""
    headers = Headers.parse(BROKEN[name])
    fault = screening.screen_post(headers)

    assert (fault is None) == (expected(name) == "distributed")
    assert screening.author(headers) == (AUTHOR if fault is None else None)
    assert screening.automatic(headers) is None
    assert screening.loop(headers, LIST) is None


@pytest.mark.parametrize("name", BROKEN)
def test_marking_a_broken_post_changes_nothing_else(name: str) -> None:
    """Our fields can be put into any header, and everything else stays, byte for byte."""
    raw = BROKEN[name]
    headers = Headers.parse(raw)
    kept = [field.raw.rstrip(b"\r\n") for field in headers.fields]
    body = raw[headers.body_offset :]
    headers.add("X-Loop", LIST)
    edited = headers.to_bytes() + body
    again = Headers.parse(edited)

    assert [field.raw.rstrip(b"\r\n") for field in again.fields[:-1]] == kept
    assert again.get("X-Loop") == LIST.encode()
    assert edited[again.body_offset :] == body


@pytest.mark.parametrize("name", BROKEN)
def test_message_ids_of_broken_posts(name: str) -> None:
    """Each has an identifier or visibly none."""
    without = {
        "no_message_id",
        "empty_message_id",
        "empty_header_block",
        "cr_only_lines",
    }

    assert bool(message_id(Headers.parse(BROKEN[name]))) == (name not in without)
