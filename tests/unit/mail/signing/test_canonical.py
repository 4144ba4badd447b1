import time

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given, strategies as st

from listhub.mail.headers import Headers
from listhub.mail.signing.canonical import (
    BodyHash,
    on_the_wire,
    relaxed_body,
    relaxed_field,
)

pieces = st.lists(
    st.sampled_from([b"a", b" ", b"\t", b"\r", b"\n", b"\r\n", b"\xff", b"."]),
    max_size=40,
).map(b"".join)


@pytest.mark.parametrize(
    ("body", "relaxed"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" \t\r\n \r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),  # RFC 6376 §3.4.5
        (b"a", b"a\r\n"),
        (b"a \t", b"a\r\n"),
        (b"a\nb\n\n", b"a\r\nb\r\n"),
        (b"a\rb\r\n", b"a\rb\r\n"),
    ],
)
def test_bodies_in_relaxed_form(body: bytes, relaxed: bytes) -> None:
    """Blanks at line ends and empty lines at the end do not count, line ends are CRLF."""
    assert relaxed_body(body) == relaxed


def test_hash_of_nothing() -> None:
    """An empty body has the hash that RFC 6376 §3.4.4 gives for it."""
    expected = b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert BodyHash.of(b"\r\n").text == expected


@given(pieces)
def test_bodies_agree_with_another_implementation(body: bytes) -> None:
    """What dkimpy makes of a body on the wire, we make of it."""
    assert relaxed_body(body) == Relaxed.canonicalize_body(on_the_wire(body))


@given(pieces)
def test_relaxed_bodies_stay_as_they_are(body: bytes) -> None:
    """What is in relaxed form does not change any more."""
    once = relaxed_body(body)
    assert relaxed_body(once) == once


@given(pieces)
def test_fields_agree_with_another_implementation(value: bytes) -> None:
    """What dkimpy makes of a field, we make of it, apart from control characters."""
    fields = Headers.parse(b"Subject: " + value).fields
    if fields and b"\r" not in fields[0].raw.replace(b"\r\n", b""):
        name, _, rest = fields[0].raw.partition(b":")
        ((key, relaxed),) = Relaxed.canonicalize_headers([(name, rest)])
        assert relaxed_field(fields[0]) == key + b":" + relaxed


@pytest.mark.parametrize("piece", [b" ", b"\t ", b"\r\n", b"\r", b" \r\n", b"\n"])
def test_absurd_bodies_take_no_longer(piece: bytes) -> None:
    """A million blanks or empty lines are done in linear time."""
    start = time.perf_counter()
    relaxed_body(b"x" + piece * 1_000_000 + b"x")
    relaxed_body(b"x" + piece * 1_000_000)
    assert time.perf_counter() - start < 5
