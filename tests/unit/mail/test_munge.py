import dataclasses
from email.headerregistry import HeaderRegistry
from typing import Any

import pytest
from hypothesis import given, strategies as st

from listhub.mail import address, mailbox
from listhub.mail.headers import Headers
from listhub.mail.munge import ENGLISH, Munge, rewrite

MUNGE = Munge(address="dev@lists.example", list_name="dev", reason="all authors")

hostile = st.text(max_size=300) | st.lists(
    st.sampled_from(['"', "\\", "<", ">", "(", ")", ",", ";", ":", "@", "é", " ", "=?"])
).map("".join)


def parsed(value: str) -> Any:
    """Return an address field as the stdlib reads it."""
    return HeaderRegistry()("From", value)


@given(hostile)
def test_any_name_can_be_written(name: str) -> None:
    """One mailbox with one address, without defects, and the name as it was."""
    value = mailbox.write(name, "dev@lists.example")
    [(shown, found)] = address.mailboxes(value)

    assert value.isascii()
    assert found == "dev@lists.example"
    if len(name) < mailbox.NAME_LIMIT and name.isprintable():
        assert " ".join(shown.split()) == " ".join(name.split())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "<a@b.example>"),
        ("Bob Smith", "Bob Smith <a@b.example>"),
        ("Smith, Bob", '"Smith, Bob" <a@b.example>'),
        ('B "x" \\', '"B \\"x\\" \\\\" <a@b.example>'),
        ("J. Doe", '"J. Doe" <a@b.example>'),
        ("Zoé", "=?utf-8?q?Zo=C3=A9?= <a@b.example>"),
        ("a\r\nBcc: x", '"a Bcc: x" <a@b.example>'),
    ],
)
def test_names(name: str, value: str) -> None:
    """Atoms as they are, anything else in ASCII quoted, the rest encoded."""
    assert mailbox.write(name, "a@b.example") == value
    assert not parsed(value).defects


@given(hostile, st.sampled_from(list(ENGLISH)))
def test_no_author_can_break_the_header(value: str, phrase: Any) -> None:
    """Whatever stood in From, one address of ours stands there, on lines of 998."""
    headers = Headers()
    clean = value.translate({13: None, 10: None, 0: None}).encode(errors="replace")
    headers.add("From", clean)
    headers.add("X-Last", "x")
    rewrite(headers, dataclasses.replace(MUNGE, phrase=phrase))
    block = headers.to_bytes()
    again = Headers.parse(block)

    assert [f.name for f in again.fields] == [f.name for f in headers.fields]
    assert all(len(line) <= 998 for line in block.split(b"\r\n"))
    authors = address.mailboxes(headers.get("From") or b"")
    if headers.get("X-Original-From"):
        assert [found for _, found in authors] == ["dev@lists.example"]


def test_long_names_are_cut_and_the_list_stays() -> None:
    """A name of any length leaves room for the list's."""
    headers = Headers()
    headers.add("From", f'"{"x" * 5000}" <bob@r.example>')
    rewrite(headers, MUNGE)
    [(name, _)] = address.mailboxes(headers.get("From") or b"")

    assert len(name) <= mailbox.NAME_LIMIT
    assert name.endswith("… (via dev Mailing List)")


def test_of_many_authors_the_first_are_named() -> None:
    """Replies reach all of them, readers see five and that there are more."""
    headers = Headers()
    headers.add("From", ", ".join(f"a{n}@r.example" for n in range(50)))
    rewrite(headers, MUNGE)
    [(name, _)] = address.mailboxes(headers.get("From") or b"")

    assert name == "a0, a1, a2, a3, a4, … (via dev Mailing List)"
    assert len(address.mailboxes(headers.get("Reply-To") or b"")) == 50
