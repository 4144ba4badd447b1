import re
import time
from email import policy
from email.parser import BytesParser
from typing import Literal

import pytest
from hypothesis import given, settings, strategies as st

from listhub.mail import mime
from listhub.mail.draft import Draft
from listhub.mail.encoded_words import safe
from listhub.mail.transforms.decorate import Text, Texts, decorate, decorate_plan
from tests import corpora, golden_files
from tests.mime_strategy import messages

HEADER = Text(text="Liste des développeurs")
FOOTER = Text(text="-- \nThe list: https://lists.example.org/dev\n <œuvre>")
GLOBAL = Text(
    text="Example University",
    mime=b"Content-Type: text/html\n\n<i>Example University</i>\n",
)
STRUCTURES = corpora.files("structures")
MODES: tuple[Literal["mime", "append"], ...] = ("mime", "append")
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
#: Left as they are in the mode: nobody could put a text there and harm nothing.
UNTOUCHED = {
    "mime": {
        "encrypted_pgp", "fragment", "inline_pgp", "no_boundary", "opaque_smime",
        "signed_pgp", "signed_smime", "wrong_boundary",
    },
}  # fmt: skip
UNTOUCHED["append"] = UNTOUCHED["mime"] | {
    "attached_text", "attachment_first", "base64_broken", "digest", "image_only",
    "report", "signed_in_mixed", "undeclared_8_bit", "unknown_charset",
    "utf_16_declared", "utf_16_no_mark", "wrong_charset",
}  # fmt: skip


def decorated(raw: bytes, mode: Literal["mime", "append"]) -> bytes:
    draft = Draft.parse(raw)
    decorate(draft, header=HEADER, footer=FOOTER, global_footer=GLOBAL, mode=mode)
    return draft.to_bytes()


def leaves(raw: bytes) -> list[mime.Part]:
    return [part for part in mime.parse(raw).walk() if not part.children]


def unflowed(text: str) -> list[str]:
    """Join lines as a reader of format=flowed does (RFC 3676 §4)."""
    paragraphs, current = [], ""
    for line in text.split("\n"):
        if line == "-- ":
            paragraphs += [current, line] if current else [line]
            current = ""
            continue
        current += line.removeprefix(" ")
        if not line.endswith(" "):
            paragraphs.append(current)
            current = ""
    return paragraphs


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STRUCTURES)
def test_golden(name: str, mode: Literal["mime", "append"]) -> None:
    """Each structure gets its header and footers as somebody looked at them."""
    raw = STRUCTURES[name]
    result = decorated(raw, mode)

    golden_files.compare(f"decorate/{name}.{mode}.eml", result)
    assert (result == raw) is (name in UNTOUCHED[mode])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STRUCTURES)
def test_no_new_defects(name: str, mode: Literal["mime", "append"]) -> None:
    """What was valid before is valid after, by the parser of the standard library."""
    parser = BytesParser(policy=policy.default)

    def defects(raw: bytes) -> set[str]:
        return {
            type(d).__name__ for p in parser.parsebytes(raw).walk() for d in p.defects
        }

    assert defects(decorated(STRUCTURES[name], mode)) <= defects(STRUCTURES[name])


def changed(raw: bytes, mode: Literal["mime", "append"]) -> list[mime.Part]:
    """Return the leaves of a message that decorating has changed, as they were."""
    before, after = leaves(raw), leaves(decorated(raw, mode))
    if mode == "mime" and len(after) > len(before):
        after = after[1:-2]
    return [a for a, b in zip(before, after, strict=True) if a.body != b.body]


@pytest.mark.parametrize("mode", MODES)
@given(raw=messages())
def test_what_is_not_written_into_is_kept(
    mode: Literal["mime", "append"], raw: bytes
) -> None:
    """Of any message, only texts that are read first change, and only in append."""
    for leaf in changed(raw, mode):
        assert mode == "append"
        assert leaf.kind.startswith("text/")
        assert not leaf.is_attachment


def test_the_corpus_is_kept() -> None:
    """In every bad message that ever came in, no other part changes by a bit."""
    for raw in corpora.every_message().values():
        assert changed(raw, "mime") == []
        for leaf in changed(raw, "append"):
            assert leaf.kind in {"text/plain", "text/html"}


@pytest.mark.parametrize("name", corpora.broken())
def test_broken_mail(name: str) -> None:
    """No mail is so broken that it cannot be decorated, or left alone."""
    raw = corpora.broken()[name]
    for mode in MODES:
        assert decorated(raw, mode)


def test_dashes_never_join_the_paragraph_before() -> None:
    """A footer that starts with dash, dash, blank is a paragraph of its own."""
    for name in ("flowed", "flowed_delsp", "plain_ascii", "plain_no_last_line_end"):
        draft = Draft.parse(STRUCTURES[name])
        decorate(draft, footer=FOOTER, mode="append")
        text = mime.parse(draft).text
        assert text is not None
        text = text.replace("\r\n", "\n")

        assert re.search(r"\n\n-- \nThe list: https://lists.example.org/dev\n", text)
        assert "-- " in unflowed(text)


def test_added_lines_are_fixed_in_flowed_text() -> None:
    """RFC 3676 §4.2, §4.4: no blank at the end of a line, blanks before some lines."""
    draft = Draft.parse(STRUCTURES["flowed_delsp"])
    decorate(draft, footer=Text(text="one \n>two\nFrom three\n four"), mode="append")

    assert draft.body.endswith(b"\n\none\n >two\n From three\n  four\n")


def test_html_is_escaped_and_linked() -> None:
    """Nothing of a text becomes HTML but links to pages and to addresses."""
    draft = Draft.parse(STRUCTURES["html_only"])
    text = "<script>x</script> javascript:x https://a.example/?a=1&b=2). mailto:a@b.example"
    decorate(draft, footer=Text(text=text), mode="append")
    page = draft.body.decode("latin-1")

    assert "&lt;script&gt;" in page
    assert re.findall(r'href="([^"]*)"', page) == [
        "https://a.example/?a=1&amp;b=2", "mailto:a@b.example",
    ]  # fmt: skip
    assert page.index("</div>") < page.index("</body>")


def test_fills_differ_by_recipient() -> None:
    """One plan serves all recipients; a name that needs UTF-8 changes its copy alone."""
    shape = Texts(footer=FOOTER)
    plan = decorate_plan(Draft.parse(STRUCTURES["iso_8859_15"]), shape, mode="append")

    for name, charset in (
        ("Zoë", "ISO-8859-15"),
        ("Žižek Ł", "utf-8"),
        ("A", "ISO-8859-15"),
    ):
        filled = plan.fill(Texts(footer=Text(text=name)))
        part = mime.parse(filled.to_bytes())
        assert part.text == f"Prix : 10 €, œuvre\n\n{name}\n"
        assert part.parameters["charset"] == charset


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("charset", ["us-ascii", "iso-8859-15", "utf-8", "iso-2022-jp"])
@given(
    text=st.text(CHARACTERS | st.just("\n")),
    footer=st.text(CHARACTERS),
)
@settings(max_examples=30)
def test_the_text_is_the_post_and_the_footer(
    encoding: str, charset: str, text: str, footer: str
) -> None:
    """In every charset and encoding the post reads as before, and the footer below."""
    head = f"Content-Type: text/plain; charset={charset}\n"
    tree = mime.parse(f"{head}Content-Transfer-Encoding: {encoding}\n\n".encode())
    tree.set_text(text)
    draft = Draft.parse(tree.to_bytes())
    read = mime.parse(draft.copy()).text
    decorate(draft, footer=Text(text=f"<{footer}>"), mode="append")

    after = mime.parse(draft).text
    assert read is not None
    assert after is not None
    below = f"<{safe(footer)}>\n"
    assert after in {read + gap + below for gap in ("", "\n", "\n\n")}


def test_a_boundary_in_a_text() -> None:
    """A text cannot end the multipart that it is put into."""
    draft = Draft.parse(STRUCTURES["mixed"])
    hostile = Text(text="--mix--", mime=b"Content-Type: text/plain\n\n--mix\n\nx")
    decorate(draft, footer=hostile, mode="mime")

    assert mime.parse(draft).children[-1].text == "--mix--\n"


@given(st.text(), st.sampled_from(sorted(STRUCTURES)))
def test_any_text(text: str, name: str) -> None:
    """Any text of an owner or subscriber goes in, and stays within its part."""
    for mode in MODES:
        draft = Draft.parse(STRUCTURES[name])
        decorate(draft, header=Text(text=text), footer=Text(text=text), mode=mode)
        assert draft.to_bytes().count(b"\nSubject: ") <= 2


def test_no_texts_change_nothing() -> None:
    """A list without texts sends what came."""
    for raw in STRUCTURES.values():
        draft = Draft.parse(raw)
        decorate(draft, mode="mime")
        assert draft.to_bytes() == raw


@pytest.mark.parametrize(
    "seed", ["<body", "<!--", "<script", "<body '", 'x<body "', "</body"]
)
def test_no_page_takes_long(seed: str) -> None:
    """A page that nobody can read costs time in proportion to its size."""
    head = b"Content-Type: text/html\r\n\r\n"
    start = time.monotonic()
    for mode in MODES:
        decorate(Draft.parse(head + seed.encode() * 300_000), footer=FOOTER, mode=mode)

    assert time.monotonic() - start < 3
