import time

import pytest
from hypothesis import given, strategies as st

from listhub.mail import parts
from listhub.mail.headers import Headers

pieces = st.lists(
    st.sampled_from(
        [b"--b", b"--", b"\r\n", b"\n", b"Content-Type: ", b"multipart/x; boundary=b"]
    )
    | st.sampled_from([b"message/rfc822", b'"', b";", b"\\", b"=", b"("])
    | st.binary(max_size=3)
).map(b"".join)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"--b\r\none\r\n--b\r\ntwo\r\n--b--\r\nafter", [b"one", b"two"]),
        (b"before\n--b\none\n--b--", [b"one"]),
        (b"--b\none\nunclosed\n", [b"one\nunclosed\n"]),
        (b"--b \t\r\none\r\n--b-- \r\n", [b"one"]),
        (b"--b\n--b\n--b--\n", [b"", b""]),
        (b"--b\none\n--bb\n --b\nx--b\n--b--\n", [b"one\n--bb\n --b\nx--b"]),
        (b"--b--\n--b\nx", []),
        (b"nothing", []),
        (b"--b", [b""]),
        (b"", []),
    ],
)
def test_split(body: bytes, found: list[bytes]) -> None:
    """Delimiters are whole lines (RFC 2046 §5.1.1); their line end is their own."""
    assert list(parts.split(body, "b")) == found


@pytest.mark.parametrize(
    ("value", "kind", "parameters"),
    [
        (b"text/html", "text/html", {}),
        (
            b'Multipart/Mixed;\r\n BOUNDARY="a;\\"b"; x = y',
            "multipart/mixed",
            {"boundary": 'a;"b', "x": "y"},
        ),
        (b"text/plain (c; x=y); a=(c)b", "text/plain", {"a": "b"}),
        (b"", "text/plain", {}),
        (b"text", "text/plain", {}),
        (b";;; boundary=", "text/plain", {"boundary": ""}),
        (b'a/b; boundary="x', "a/b", {"boundary": '"x'}),
    ],
)
def test_content_type(value: bytes, kind: str, parameters: dict[str, str]) -> None:
    """Parameters are read with their quotes; a broken type is text/plain."""
    headers = Headers.parse(b"Content-Type: " + value + b"\n\n")

    assert parts.content_type(headers) == (kind, parameters)


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("base64", b"w6k="),
        ("BASE64", b"w6\r\nk="),
        ("quoted-printable", b"=C3=\n=A9"),
        ("8bit", "é".encode()),
        ("x-none", "é".encode()),
    ],
)
def test_transfer_encodings(encoding: str, content: bytes) -> None:
    """The two encodings of RFC 2045 are undone, everything else is as it is."""
    headers = Headers.parse(f"Content-Transfer-Encoding: {encoding}\n\n".encode())

    assert parts.decoded(headers, content) == "é".encode()


@given(pieces)
def test_nothing_raises(raw: bytes) -> None:
    """Any bytes have a structure, and parts come from the body as they are."""
    headers = Headers.parse(raw)
    body = raw[headers.body_offset :]
    parts.decoded(headers, body)
    parts.exceeds(raw, depth=3, parts=10)

    assert all(child in body for child in parts.children(headers, body))


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: message/rfc822\n\n" * 100_000,
        b"Content-Type: multipart/x; boundary=b\n\n" + b"--b\n" * 1_000_000,
        b"Content-Type: multipart/x; boundary=b\n\n" + b"--bx\n" * 1_000_000,
        b"Content-Type: " + b'; a="\\' * 1_000_000,
    ],
    ids=["deep", "wide", "no-delimiters", "parameters"],
)
def test_no_structure_takes_long(raw: bytes) -> None:
    """Depth and number of parts are found out in linear time: seconds, not hours."""
    start = time.process_time()
    parts.exceeds(raw, depth=50, parts=10_000)

    assert time.process_time() - start < 10
