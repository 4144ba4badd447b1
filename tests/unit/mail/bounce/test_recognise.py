"""What the order of the readers decides, and what the caller may ask besides."""

import pytest

from listhub.mail import one_click, verp
from listhub.mail.bounce.recognise import recognise, unread
from tests.corpora import files

SAMPLES = files("bounces")
KEY = b"a key of thirty-two octets, yes!"


def test_token_in_the_reverse_path() -> None:
    """A complaint whose header has our VERP address leads to the copy and its member."""
    local = verp.encode(KEY, list_id=7, outgoing_id=42, subscription_id=4711)
    raw = SAMPLES["arf_redacted_word"].replace(
        b"bounce+agbqeaqdaecqmbyibefawdanbyhq", local.encode()
    )

    (path,) = recognise(raw).original.reverse_paths

    token = verp.decode(KEY, path.partition("@")[0])
    assert token is not None
    assert (token.list_id, token.subscription_id) == (7, 4711)


def test_token_of_one_click() -> None:
    """A complaint with our List-Unsubscribe leads to its member, folded as it may be."""
    token = one_click.encode(KEY, list_id=7, subscription_id=4711)
    raw = SAMPLES["arf_redacted_hash"].replace(
        b"AAAAAAAAAAEAAAAAAAAAAv3q5c0s2e9c7Q1d0mJ8b3k",
        token[:20].encode() + b"\r\n " + token[20:].encode(),
    )

    (found,) = recognise(raw).original.one_click

    assert one_click.decode([KEY], found) == one_click.Membership(
        list_id=7, subscription_id=4711
    )


def test_address_that_a_report_was_sent_to_is_no_token() -> None:
    """To: of a returned mail says who should have got it, not whose copy it was."""
    raw = SAMPLES["report_about_a_report"]

    assert b"To: bounce+" in raw
    assert recognise(raw).original.reverse_paths == ()


def test_words_that_name_nobody() -> None:
    """A failure without an address is none, and what it says can be asked for."""
    raw = SAMPLES["words_without_address"]

    found = unread(raw)

    assert recognise(raw).kind == "none"
    assert (found.address, found.action, found.status) == ("", "failed", "5.0.0")
    assert found.failure_class == "no-such-user"
    assert found.diagnostic.endswith("the mailbox is unknown here.")
    assert found.detector == "envelope"


def test_words_that_say_nothing() -> None:
    """Of a mail in words that nobody knows, its subject is kept."""
    found = unread(SAMPLES["bounce_of_unknown_words"])

    assert (found.failure_class, found.diagnostic) == ("unknown", "Qap.")


@pytest.mark.parametrize("mark", [b"List-Id: <x.example>", b"List-Unsubscribe: <x>"])
def test_mail_of_a_list_is_no_report_in_words(mark: bytes) -> None:
    """What came over a list is full of addresses and numbers, and reports nothing."""
    raw = SAMPLES["qmail_user_unknown"].replace(b"MAILER-DAEMON@", b"carol@")

    assert recognise(raw).kind == "dsn"
    assert recognise(mark + b"\r\n" + raw).kind == "none"
