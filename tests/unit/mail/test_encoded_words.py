import pytest
from hypothesis import given, strategies as st

from listhub.mail import encoded_words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"=?iso-8859-1?q?caf=E9?= au lait", "café au lait"),
        (b"=?utf-8?b?w6k=?= =?utf-8?b?w6k=?=", "éé"),
        (b"=?utf-8?b?ww==?= =?utf-8?b?qQ==?=", "é"),  # a character cut in two
        (b"a =?utf-8?q?=C3=A9?= b", "a é b"),
        (b"=?UTF-8*fr?Q?a_b?=", "a b"),  # RFC 2231 §5
        (b"=?x-unknown?q?caf=C3=A9?=", "café"),
        (b"=?x-unknown?q?=FF?=", "\ufffd"),
        (b"=?punycode?b?AAAA?=", "   "),
        (b"=?utf-8?b?A?=", ""),
        (b"=?utf-8?b?w6k?=", "é"),  # no padding
        (b"=?utf-8?q?a=0D=0ABcc:_eve?=", "a  Bcc: eve"),
        (b"=?utf-7?q?+2AA-?=", "?"),
        (b"\xe9t\xe9", "été"),
        ("été".encode(), "été"),
        (b"=?utf-8?q?unclosed", "=?utf-8?q?unclosed"),
    ],
)
def test_decode(raw: bytes, text: str) -> None:
    """Encoded words and 8-bit bytes are read as people meant them."""
    assert encoded_words.decode(raw) == text


@given(
    st.binary()
    | st.lists(
        st.sampled_from([b"=?", b"?=", b"?b?", b"?Q?", b"utf-8", b"utf-7", b"=", b" "])
        | st.binary(max_size=4)
    ).map(b"".join)
)
def test_decoded_text_can_be_stored_and_shown(raw: bytes) -> None:
    """Nothing raises, and no control character or lone surrogate comes out."""
    text = encoded_words.decode(raw)

    assert text.encode().decode() == text
    assert not any(ord(c) < 32 or ord(c) == 127 for c in text)


@given(st.text())
def test_encode_is_ascii_and_is_read_back(text: str) -> None:
    """What we write is ASCII in words of 75 characters, and reads as it was."""
    encoded = encoded_words.encode(text)

    assert encoded.isascii()
    assert encoded_words.decode(encoded.encode()) == encoded_words.safe(text)
    if encoded != text:
        assert all(
            len(word) <= 75 or not word.startswith("=?") for word in encoded.split(" ")
        )
