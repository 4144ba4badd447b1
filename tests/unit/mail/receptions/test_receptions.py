import re
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from hypothesis import given

from listhub.mail import mime
from listhub.mail.attachments import safe_name
from listhub.mail.digest import WRITERS
from listhub.mail.draft import Draft
from listhub.mail.receptions import RECEPTION_TRANSFORMS, Attachment, Options, adapt
from tests import corpora, golden_files
from tests.mime_strategy import messages

DOCS = Path(__file__).parents[4] / "docs"
STRUCTURES = corpora.files("structures")
NAMES = [line.name for line in RECEPTION_TRANSFORMS]
SEALED = {
    "encrypted_pgp", "inline_pgp", "opaque_smime", "signed_in_mixed", "signed_pgp",
    "signed_smime",
}  # fmt: skip


class Server:
    """Keeps what is taken out of mails, under its name."""

    def __init__(self) -> None:
        self.kept: list[Attachment] = []

    def store(self, attachment: Attachment) -> str:
        self.kept.append(attachment)
        return f"https://lists.example.org/file/{len(self.kept)}"


def adapted(raw: bytes, reception: str, server: Server | None = None) -> bytes:
    draft = Draft.parse(raw)
    store = (server or Server()).store
    adapt(draft, reception, Options(min_size=500, store=store))
    return draft.to_bytes()


@pytest.mark.parametrize("reception", NAMES)
@pytest.mark.parametrize("name", STRUCTURES)
def test_golden(name: str, reception: str) -> None:
    """Each structure is made into each reception's copy as somebody looked at it."""
    raw = STRUCTURES[name]
    result = adapted(raw, reception)

    if result == raw:
        golden_files.compare(f"receptions/{name}.{reception}.eml", b"as it came\n")
    else:
        golden_files.compare(f"receptions/{name}.{reception}.eml", result)


@pytest.mark.parametrize("reception", NAMES)
@pytest.mark.parametrize("name", sorted(SEALED))
def test_sealed_mail(name: str, reception: str) -> None:
    """Signed and encrypted mail is delivered whole, or not at all."""
    result = adapted(STRUCTURES[name], reception)

    if reception == "notice":
        assert Draft.parse(result).body == b""
    else:
        assert result == STRUCTURES[name]


@pytest.mark.parametrize("reception", NAMES)
@pytest.mark.parametrize("name", corpora.broken() | STRUCTURES)
def test_no_new_defects(name: str, reception: str) -> None:
    """Whatever comes in, the copy is no worse than it was."""
    raw = (corpora.broken() | STRUCTURES)[name]
    if name in {"nested_multiparts", "nested_messages"}:
        assert adapted(raw, reception)
        return
    parser = BytesParser(policy=policy.compat32)

    def defects(message: bytes) -> set[str]:
        parts = parser.parsebytes(message).walk()
        return {type(d).__name__ for part in parts for d in part.defects}

    assert defects(adapted(raw, reception)) <= defects(raw)


@given(raw=messages())
def test_any_structure(raw: bytes) -> None:
    """Text is one plain text, HTML one page or one text, a notice has no body."""
    if any(part.is_sealed for part in mime.parse(raw).walk()):
        return
    text = mime.parse(adapted(raw, "text"))
    assert (text.kind, text.children) == ("text/plain", [])
    page = mime.parse(adapted(raw, "html"))
    assert page.kind in {"text/plain", "text/html", "multipart/related"}
    assert Draft.parse(adapted(raw, "notice")).body == b""
    assert adapted(raw, "each") == raw


def test_text_of_an_alternative_is_kept_as_it_came() -> None:
    """The plain alternative is what arrives, byte for byte."""
    draft = Draft.parse(adapted(STRUCTURES["alternative"], "text"))

    assert draft.body == "Hello, ça va?\n".encode()


def test_what_is_left_out_is_named() -> None:
    """Name, type and size tell what one misses."""
    text = mime.parse(adapted(STRUCTURES["mixed"], "text")).text

    assert text == (
        "Hello, ça va?\n\nLeft out: plan.pdf (application/pdf, 800 bytes)\n"
    )


def test_urlize() -> None:
    """A large attachment is kept here, decoded, and a link goes out in its place."""
    server = Server()
    raw = STRUCTURES["mixed"]
    tree = mime.parse(adapted(raw, "urlize", server))

    assert server.kept == [
        Attachment(
            name="plan.pdf",
            media_type="application/pdf",
            content=b"%PDF-1.4 not really\n" * 40,
        )
    ]
    before = mime.parse(raw)
    assert tree.children[0].to_bytes() == before.children[0].to_bytes()
    assert tree.children[1].text == (
        "An attachment has been kept on the server: plan.pdf (application/pdf, "
        "800 bytes)\nhttps://lists.example.org/file/1\n"
    )


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.exe", "a.exe"),
        ("..", "attachment"),
        ("", "attachment"),
        (".htaccess", "htaccess"),
        ('a"b<c>.txt', "a_b_c_.txt"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("a\r\nb.txt", "a__b.txt"),
        ("é" * 200 + ".pdf", "é" * 116 + ".pdf"),
        ("x" * 300, "x" * 120),
    ],
)
def test_safe_name(name: str, safe: str) -> None:
    """A file name leads nowhere else and looks like what it is."""
    assert safe_name(name) == safe


def test_every_reception_is_explained() -> None:
    """docs/explanation/bodies.md says of each line of both tables what members get."""
    page = (DOCS / "explanation" / "bodies.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))

    assert explained == {"each", *NAMES, *WRITERS}
