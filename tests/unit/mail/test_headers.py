import time

import pytest
from hypothesis import given, strategies as st

from listhub.mail.headers import Headers

MESSAGE = (
    b"Received: from a\r\n\tby b; Mon\r\n"
    b"From: Alice <alice@example.org>\r\n"
    b"SUBJECT : Hello\r\n  there\r\n"
    b"received: from c\r\n"
    b"\r\n"
    b"Body: not a field\r\n"
)

blocks = st.lists(
    st.sampled_from(
        [b"From: a@b", b"X", b":", b" ", b"\t", b"\r", b"\n", b"\r\n", b"\0", b"\xff"]
    )
    | st.binary(max_size=6)
).map(b"".join)
names = st.from_regex(r"[!-9;-~]{1,30}", fullmatch=True)
values = st.binary(max_size=400).filter(lambda v: not set(v) & set(b"\r\n\0"))


def test_fields_are_read_unfolded_and_without_case() -> None:
    """Names compare without case, values come unfolded and trimmed, in order."""
    headers = Headers.parse(MESSAGE)

    assert headers.get("subject") == b"Hello  there"
    assert headers.all("Received") == (b"from a\tby b; Mon", b"from c")
    assert headers.get("To") is None
    assert MESSAGE[headers.body_offset :] == b"Body: not a field\r\n"


@given(blocks)
def test_parse_and_serialise_is_the_identity(raw: bytes) -> None:
    """Whatever comes in, head and body together are the bytes that came."""
    headers = Headers.parse(raw)

    assert headers.to_bytes() + raw[headers.body_offset :] == raw


@given(blocks, names, values)
def test_an_edit_touches_nothing_else(raw: bytes, name: str, value: bytes) -> None:
    """Adding a field keeps every other field's bytes and the body's."""
    headers = Headers.parse(raw)
    before = headers.fields
    headers.add(name, value)
    body = raw[headers.body_offset :]
    edited = headers.to_bytes() + body
    again = Headers.parse(edited)

    assert edited[again.body_offset :] == body
    assert [f.name for f in again.fields] == [f.name for f in headers.fields]
    # A last line without its end gets one; nothing else changes.
    assert [f.raw.rstrip(b"\r\n") for f in again.fields[:-1]] == [
        f.raw.rstrip(b"\r\n") for f in before
    ]


@given(blocks)
def test_reading_never_raises_and_can_be_written_back(raw: bytes) -> None:
    """What `get` returns is accepted by `add`; what `text` returns, by a database."""
    headers = Headers.parse(raw)
    for field in headers.fields:
        name = field.name.decode()
        text = headers.text(name)
        headers.add("X-Copy", headers.get(name) or b"")

        assert "\0" not in text
        assert isinstance(text.encode(), bytes)


@given(names, st.text(st.characters(codec="utf-8"), max_size=3000))
def test_a_long_value_is_folded_and_unfolds_again(name: str, value: str) -> None:
    """No line of ours is longer than 998 octets or blank, and words survive."""
    headers = Headers()
    for forbidden in "\r\n\0":
        value = value.replace(forbidden, "")
    headers.add(name, value)
    block = headers.to_bytes()
    lines = block.removesuffix(b"\r\n\r\n").split(b"\r\n")

    assert all(len(line) <= 998 for line in lines)
    assert all(line.strip(b" \t") for line in lines)
    assert block.decode()
    if max(map(len, value.encode().split(b" ")), default=0) < 900:
        read = Headers.parse(block).get(name) or b""
        assert b"".join(read.split()) == b"".join(value.encode().split())


def test_lines_are_folded_at_78_octets_where_they_can_be() -> None:
    """A list of short words gives lines of at most 78 octets."""
    headers = Headers()
    headers.add("X-List", ", ".join(["word"] * 100))

    assert max(map(len, headers.to_bytes().split(b"\r\n"))) <= 78


@pytest.mark.parametrize("value", ["a\r\nBcc: eve@x", "a\nb", "a\rb", "a\0b"])
@pytest.mark.parametrize("edit", ["add", "prepend", "replace"])
def test_no_value_can_carry_another_field(edit: str, value: str) -> None:
    """CR, LF and NUL are refused by every way of writing, as text and as bytes."""
    for given_value in (value, value.encode()):
        with pytest.raises(ValueError, match="CR, LF or NUL"):
            getattr(Headers(), edit)("X-A", given_value)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "é", "a\n", "a" * 77])
def test_no_name_can_carry_another_field(name: str) -> None:
    """A name is printable ASCII without blank and colon, or it is refused."""
    with pytest.raises(ValueError, match="name of a header field"):
        Headers().add(name, "x")


def test_edits_keep_order_and_place() -> None:
    """replace stands where the first stood, prepend first, add last."""
    headers = Headers.parse(b"A: 1\nB: 2\nA: 3\nC: 4\n\nbody")
    headers.replace("a", "new")
    headers.prepend("First", "f")
    headers.add("Last", "l")
    headers.replace("Absent", "x")
    headers.remove("c", "No-Such")

    expected = b"First: f\na: new\nB: 2\nLast: l\nAbsent: x\n\n"
    assert headers.to_bytes() == expected


def test_fields_are_dropped_one_by_one() -> None:
    """drop looks at each field with its value; what stays keeps its bytes."""
    headers = Headers.parse(b"A: 1\nB: 2\n folded\nA: 3\n\nbody")
    headers.drop(lambda field: field.name == b"a" and field.value == b"3")

    assert headers.to_bytes() == b"A: 1\nB: 2\n folded\n\n"


def test_a_copy_is_edited_on_its_own() -> None:
    """A stage may branch: what it does to the copy is not seen in the original."""
    headers = Headers.parse(MESSAGE)
    twin = headers.copy()
    twin.remove("From")

    assert headers.get("From") is not None
    assert headers.to_bytes() in MESSAGE


@pytest.mark.parametrize(
    ("raw", "names", "body"),
    [
        (b"", [], b""),
        (b"\nbody", [], b"body"),
        (b"\r\nbody", [], b"body"),
        (b"no field here\nA: 1\n\nx", [], b"no field here\nA: 1\n\nx"),
        (b"A: 1\ngarbage\nB: 2\n\nx", [b"a"], b"garbage\nB: 2\n\nx"),
        (b"A: 1", [b"a"], b""),
        (b"A: 1\r\n", [b"a"], b""),
        (b"From eve Mon Jan  1 00:00:00 2024\nA: 1\n\nx", [b"a"], b"x"),
        (b">From eve Mon\nA: 1\n\nx", [b"a"], b"x"),
        (b"A: 1\nFrom eve Mon\n\nx", [b"a"], b"From eve Mon\n\nx"),
        (b"From : eve@example.org\n\nx", [b"from"], b"x"),
        (b" continued\nA: 1\n\nx", [], b" continued\nA: 1\n\nx"),
        (b": no name\n\nx", [], b": no name\n\nx"),
    ],
)
def test_where_the_header_ends(raw: bytes, names: list[bytes], body: bytes) -> None:
    """An empty line, a line that is no field, or the end of the message ends it."""
    headers = Headers.parse(raw)

    assert [field.name for field in headers.fields] == names
    assert raw[headers.body_offset :] == body


def test_a_missing_empty_line_is_supplied_when_we_edit() -> None:
    """A field of ours never runs into the body of a message without empty line."""
    raw = b"A: 1\ngarbage"
    headers = Headers.parse(raw)
    headers.add("B", "2")

    assert headers.to_bytes() == b"A: 1\nB: 2\n\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(b"X-%d: hello\r\n" % n for n in range(10_000)),
        b"Subject: " + b"x" * 10_000_000,
        b"Subject: x\n" + b" y\n" * 300_000,
        b"x" * 10_000_000,
        b"x" + b" " * 10_000_000,
        b"=?utf-8?b?" * 100_000,
    ],
    ids=["fields", "line", "folds", "name", "blanks", "words"],
)
def test_time_grows_no_faster_than_the_message(raw: bytes) -> None:
    """No shape of header costs more than linear time (milliseconds, not minutes)."""
    start = time.process_time()
    headers = Headers.parse(raw)
    headers.text("Subject")
    headers.add("X", b"y")
    headers.to_bytes()

    assert time.process_time() - start < 10
