import tracemalloc

import pytest
from hypothesis import example, given, strategies as st

from listhub.mail import mime
from listhub.mail.draft import Draft
from listhub.mail.message import MAX_DEPTH
from tests import corpora
from tests.mime_strategy import messages

MIXED = (
    b"From: a@example.org\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"preamble\r\n--b \r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo"
    b"\r\n--b--\r\nepilogue"
)

pieces = st.lists(
    st.sampled_from(
        [b"--b", b"--", b"\r\n", b"\n", b"\r", b"Content-Type: ", b"text/plain; "]
    )
    | st.sampled_from([b'multipart/x; boundary="b"', b"multipart/y; boundary=c\n\n"])
    | st.sampled_from([b"--c", b"charset=", b"utf-8", b"\0", b"\n\n", b"x: y\n"])
    | st.binary(max_size=3)
).map(b"".join)


@given(pieces | st.binary())
def test_any_bytes_are_kept(raw: bytes) -> None:
    """Cut and joined again, any bytes are what they were."""
    assert mime.parse(raw).to_bytes() == raw
    draft = Draft.parse(raw)
    assert draft.headers.to_bytes() + mime.parse(draft).body_bytes() == raw


@pytest.mark.parametrize(
    "raw", [pytest.param(raw, id=name) for name, raw in corpora.every_message().items()]
)
def test_the_corpus_is_kept(raw: bytes) -> None:
    """Every bad message that ever came in leaves as it came; see also structures."""
    assert mime.parse(raw).to_bytes() == raw


@given(messages(), st.data())
def test_other_leaves_are_kept(raw: bytes, data: st.DataObject) -> None:
    """To edit one leaf changes the octets of no other."""
    tree = mime.parse(raw)
    leaves = [part for part in tree.walk() if not part.children]
    chosen = data.draw(st.integers(0, len(leaves) - 1))
    before = [leaf.to_bytes() for leaf in leaves]

    leaves[chosen].set_body(b"changed")
    again = [p for p in mime.parse(tree.to_bytes()).walk() if not p.children]

    assert again[chosen].body == b"changed"
    after = [leaf.to_bytes() for leaf in again]
    assert after[:chosen] == before[:chosen]
    assert after[chosen + 1 :] == before[chosen + 1 :]


@given(messages())
def test_parts_put_in_are_found(raw: bytes) -> None:
    """What is wrapped and put at both ends is there when the message is read again."""
    tree = mime.parse(raw)
    before = [part.body for part in tree.walk() if not part.children]
    tree.wrap()
    tree.insert(1, mime.parse(b"\r\nnew\r\n"))
    tree.insert(0, mime.parse(b"\r\nnew\r\n"))

    again = mime.parse(tree.to_bytes())
    leaves = [part.body for part in again.walk() if not part.children]

    assert leaves == [b"new\r\n", *before, b"new\r\n"]


def test_structure() -> None:
    """Preamble, delimiter lines and epilogue stand between the parts."""
    tree = mime.parse(MIXED)

    assert [part.kind for part in tree.walk()] == [
        "multipart/mixed", "text/plain", "text/html",
    ]  # fmt: skip
    assert tree.seams == [b"preamble\r\n--b \r\n", b"\r\n--b\r\n"]
    assert tree.tail == b"\r\n--b--\r\nepilogue"
    assert [part.text for part in tree.children] == ["one", "two"]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_insert(index: int) -> None:
    """A part goes where it is put; the others and what is around them stay."""
    tree = mime.parse(MIXED)
    tree.insert(index, mime.parse(b"\r\nnew"))

    again = mime.parse(tree.to_bytes())
    bodies = [b"one", b"two"]
    bodies.insert(index, b"new")
    assert [part.body for part in again.children] == bodies
    assert tree.to_bytes().endswith(b"\r\n--b--\r\nepilogue")


def test_insert_into_an_unclosed_multipart() -> None:
    """A multipart that was cut off gets its end when something is put at its end."""
    tree = mime.parse(MIXED.partition(b"\r\n--b--")[0])
    tree.insert(2, mime.parse(b"\r\nnew"))

    assert tree.to_bytes().endswith(b"two\r\n--b\r\n\r\nnew\r\n--b--\r\n")


def test_drop() -> None:
    """What is taken out goes with one delimiter line."""
    for index, left in enumerate([b"two", b"one"]):
        tree = mime.parse(MIXED)
        tree.drop(tree.children[index])
        again = mime.parse(tree.to_bytes())
        assert [part.body for part in again.children] == [left]


def test_empty_part_without_a_line_end() -> None:
    """A part of no bytes at all can be given some."""
    raw = MIXED.replace(b"\r\none", b"").replace(b"--b \r\n\r\n", b"--b \r\n")
    tree = mime.parse(raw)
    assert tree.to_bytes() == raw
    assert [part.body for part in tree.children] == [b"", b"two"]

    tree.children[0].set_body(b"now")

    again = mime.parse(tree.to_bytes())
    assert [part.body for part in again.children] == [b"now", b"two"]


def test_wrap() -> None:
    """The fields of the content go inside with it; the envelope's stay outside."""
    tree = mime.parse(
        b"Subject: s\nContent-Type: text/plain; charset=utf-8\n"
        b"Content-Transfer-Encoding: 8bit\nContent-Language: fr\n\n\xc3\xa9\n"
    )
    tree.wrap()

    raw = tree.to_bytes()
    boundary = tree.parameters["boundary"].encode()
    assert raw == (
        b"Subject: s\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n'
        b"Content-Transfer-Encoding: 8bit\n\n--" + boundary + b"\n"
        b"Content-Type: text/plain; charset=utf-8\n"
        b"Content-Transfer-Encoding: 8bit\nContent-Language: fr\n\n\xc3\xa9\n"
        b"\n--" + boundary + b"--\n"
    )


def test_too_deep_is_opaque() -> None:
    """Levels beyond the limit are a leaf; nothing recurses without end."""
    raw = corpora.broken()["nested_multiparts"]

    assert len(list(mime.parse(raw).walk())) == MAX_DEPTH + 1
    assert mime.parse(corpora.broken()["ten_thousand_parts"]).children == []


def test_delimiters_without_number() -> None:
    """Of more parts than anybody looks at, no list is made."""
    raw = b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 200_000
    tracemalloc.start()
    try:
        assert mime.parse(raw).children == []
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_a_digest_holds_messages() -> None:
    """RFC 2046 §5.1.5: a part of a digest that does not say what it is is a message."""
    raw = MIXED.replace(b"multipart/mixed", b"multipart/digest")

    assert [p.kind for p in mime.parse(raw).children] == ["message/rfc822", "text/html"]


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        ("", b"plain", "plain"),
        ("", b"\xe9", None),
        ("Content-Type: text/plain; charset=iso-8859-15", b"\xa4", "€"),
        ("Content-Type: text/plain; charset=utf-8", b"\xe9", None),
        ("Content-Type: text/plain; charset=utf-8", b"\xef\xbb\xbfx", "x"),
        ("Content-Type: text/plain; charset=martian", b"x", None),
        ("Content-Type: text/plain; charset=utf-16", b"\xff\xfex\0", None),
        ("Content-Transfer-Encoding: base64", b"eA==\r\n", "x"),
        ("Content-Transfer-Encoding: base64", b"e", None),
        ("Content-Transfer-Encoding: base64", b"eA==\r\nfooter", None),
        ("Content-Transfer-Encoding: Quoted-Printable", b"=78 =\r\ny", "x y"),
        ("Content-Transfer-Encoding: quoted-printable", b"a=b", None),
        ("Content-Transfer-Encoding: x-uuencode", b"x", None),
    ],
)
def test_text(head: str, body: bytes, text: str | None) -> None:
    """Text is what encoding and charset say exactly, or else it is nothing."""
    assert mime.parse(f"{head}\r\n\r\n".encode().lstrip() + body).text == text


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("charset", ["us-ascii", "iso-8859-15", "utf-8", "shift_jis"])
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"])))
@example(text="¥")  # a backslash, if Shift_JIS is believed
def test_set_text(encoding: str, charset: str, text: str) -> None:
    """Any text can be set in any charset and encoding, and reads the same again."""
    head = f"Content-Type: text/plain; charset={charset}; format=flowed\r\n"
    tree = mime.parse(f"{head}Content-Transfer-Encoding: {encoding}\r\n\r\nx".encode())
    tree.set_text(text)

    again = mime.parse(tree.to_bytes())
    assert (again.text or "").removeprefix("\ufeff") == text.removeprefix("\ufeff")
    assert again.parameters["charset"] in {charset, "utf-8"}
    assert again.flow == "flowed"
    assert again.encoding in {encoding, "quoted-printable"}


def test_set_text_in_utf_16() -> None:
    """The byte order and its mark stay."""
    head = (
        b"Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64"
    )
    tree = mime.parse(head + b"\n\n/v8AeA==\n")
    assert tree.text == "x"
    tree.set_text("é")

    assert tree.content == b"\xfe\xff\x00\xe9"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (["Content-Disposition: attachment; filename=a.pdf"], "a.pdf"),
        (["Content-Type: a/b; name*=iso-8859-1'fr'%e9t%e9.txt"], "été.txt"),
        (["Content-Type: a/b; name*0*=utf-8''%C3%A9; name*1=t.txt"], "ét.txt"),
        (["Content-Type: a/b; name*1=b; name*0=a"], "ab"),
        (['Content-Type: a/b; name="=?utf-8?q?=C3=A9?="'], "é"),
        (["Content-Type: a/b", "Content-Disposition: inline"], ""),
        (["Content-Type: a/b; name*=x'y"], "x'y"),
    ],
)
def test_file_name(fields: list[str], name: str) -> None:
    """Names are read as written by RFC 2231, by RFC 2047, or plain."""
    raw = "".join(f"{field}\r\n" for field in fields) + "\r\n"

    assert mime.parse(raw.encode()).file_name == name


@pytest.mark.parametrize(
    ("raw", "sealed"),
    [
        (b"Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--\n", True),
        (b"Content-Type: application/pkcs7-mime\n\nx", True),
        (b"Content-Type: application/octet-stream; name=smime.p7m\n\nx", True),
        (b"\n-----BEGIN PGP MESSAGE-----\n", True),
        (b"\nhello\n-----BEGIN PGP SIGNED MESSAGE-----\n", True),
        (b"\n> -----BEGIN PGP MESSAGE-----\n", False),
        (b"\nplain\n", False),
    ],
)
def test_sealed(raw: bytes, *, sealed: bool) -> None:
    """Signed and encrypted parts are known, PGP text among them."""
    assert mime.parse(raw).is_sealed is sealed
