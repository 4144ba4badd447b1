import pytest
from hypothesis import given, strategies as st

from listhub.mail.headers import Headers
from listhub.mail.message_id import LIMIT, message_id


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (b"", ""),
        (b"Message-ID:\n", ""),
        (b"Message-ID: <a@b>\n", "a@b"),
        (b"message-id : <a@b> (comment)\n", "a@b"),
        (b"Message-ID:\n <a@\n b>\n", "a@b"),
        (b"Message-ID: <[abc@x]>\n", "[abc@x]"),
        (b"Message-ID: broken id\n", "brokenid"),
        (b"Message-ID: <a@b\n", "<a@b"),
        (b"Message-ID: <>\n", ""),
        (b"Message-ID: <\xe9@b>\n", "é@b"),
        (b"Message-ID: <a@b>\nMessage-ID: <c@d>\n", "a@b"),
        (b"Message-ID: <" + b"x" * 2000 + b">\n", "x" * LIMIT),
    ],
)
def test_message_id(field: bytes, text: str) -> None:
    """What stands between the brackets, however broken."""
    assert message_id(Headers.parse(field + b"\n")) == text


@given(st.binary(max_size=3000))
def test_any_value_gives_an_id_that_can_be_stored(value: bytes) -> None:
    """At most 995 octets of UTF-8, never NUL, never an exception."""
    found = message_id(Headers.parse(b"Message-ID: <" + value + b">\n"))

    assert len(found.encode()) <= LIMIT
    assert "\0" not in found
