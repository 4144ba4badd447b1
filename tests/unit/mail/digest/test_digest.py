import re
from base64 import b64encode
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, strategies as st

from listhub.mail import mime
from listhub.mail.digest import WRITERS, Entry, Issue
from listhub.mail.headers import Headers
from tests import corpora, golden_files
from tests.mime_strategy import messages

SHOWN = (
    "plain_ascii", "alternative", "mixed", "signed_pgp", "encrypted_pgp", "inline_pgp",
    "html_only", "utf_16_base64", "wrong_charset", "flowed_delsp",
)  # fmt: skip
PARSER = BytesParser(policy=policy.default)


def entry(raw: bytes, sequence: int = 1, permalink: str = "") -> Entry:
    headers = Headers.parse(raw)
    body = raw[headers.body_offset :]
    return Entry(headers=headers, body=body, sequence=sequence, permalink=permalink)


def issue(*raws: bytes, **facts: Any) -> Issue:
    base = "https://lists.example.org/archive/dev@lists.example.org"
    entries = tuple(
        entry(raw, number, f"{base}/{number}") for number, raw in enumerate(raws, 1)
    )
    known: dict[str, Any] = {
        "list_name": "dev",
        "number": 7,
        "at": datetime(2026, 3, 2, 10, tzinfo=UTC),
        "entries": entries,
        "post_address": "dev@lists.example.org",
        "footer": "-- \nThe list: https://lists.example.org/dev",
    }
    return Issue(**(known | facts))


def text_of(name: str, made: Issue) -> str:
    tree = mime.parse(WRITERS[name](made).to_bytes())
    text = (tree.children[0] if tree.children else tree).text
    assert text is not None
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", WRITERS)
def test_golden(name: str, language: str) -> None:
    """Each kind of digest looks as it did when somebody looked at it."""
    posts = [corpora.files("structures")[key] for key in SHOWN]
    made = issue(*posts, language=language)

    golden_files.compare(
        f"digests/{name}.{language}.eml", WRITERS[name](made).to_bytes()
    )


def test_posts_are_whole_in_the_mime_digest() -> None:
    """Every post is in it byte for byte, each as a message of its own."""
    raws = list(corpora.files("structures").values())
    tree = mime.parse(WRITERS["digest"](issue(*raws)).to_bytes())
    contents, posts, footer = tree.children

    assert (tree.kind, posts.kind) == ("multipart/mixed", "multipart/digest")
    assert contents.kind == footer.kind == "text/plain"
    assert [post.body for post in posts.children] == raws
    assert {post.kind for post in posts.children} == {"message/rfc822"}


@pytest.mark.parametrize("name", WRITERS)
def test_hostile_posts(name: str) -> None:
    """Whatever is in the posts, the digest itself is without defects."""
    raws = [
        raw
        for key, raw in corpora.broken().items()
        if key not in {"nested_messages", "nested_multiparts"}
    ]
    parsed = PARSER.parsebytes(WRITERS[name](issue(*raws)).to_bytes())

    assert parsed.defects == []
    if name == "digest":
        children: list[Any] = list(parsed.iter_parts())
        assert [child.defects for child in children] == [[], [], []]
        assert len(list(children[1].iter_parts())) == len(raws)
    else:
        assert parsed.get_content_type() == "text/plain"


@given(st.lists(messages(), min_size=1, max_size=4), st.sampled_from(sorted(WRITERS)))
def test_any_posts(raws: list[bytes], name: str) -> None:
    """Any posts make a digest that reads again."""
    tree = mime.parse(WRITERS[name](issue(*raws)).to_bytes())

    if name == "digest":
        assert len(tree.children[1].children) == len(raws)
    else:
        assert tree.text is not None


def test_plain_digest_is_taken_apart_again() -> None:
    """RFC 1153: 70 dashes after the preamble, 30 between posts, the end in stars."""
    text = text_of("digest_text", issue(*corpora.files("structures").values()))
    preamble, rest = text.split(f"\n\n{'-' * 70}\n\n")
    *posts, end = rest.split(f"\n\n{'-' * 30}\n\n")

    assert preamble.startswith("dev digest, number 7\n2 March 2026\n")
    assert len(posts) == len(corpora.files("structures")) + 1  # the footer is the last
    assert re.fullmatch(r"End of dev digest, number 7\n\*+\n", end)
    for post in posts[:-1]:
        names = re.findall(r"^([A-Za-z-]+): ", post.split("\n\n")[0], re.MULTILINE)
        assert names == ["Date", "From", "To", "Subject", "Message-ID"]


def test_no_post_can_end_itself() -> None:
    """A line of dashes in a post or a footer is moved in by a blank."""
    raw = b"From: a@example.org\n\nx\n\n" + b"-" * 30 + b"\n\n" + b"-" * 70 + b"\ny\n"
    text = text_of("digest_text", issue(raw, footer="-" * 30))

    assert len(re.findall(r"^-{30}$", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^-{70}$", text, re.MULTILINE)) == 1


def test_encrypted_parts_are_named_signed_text_is_read() -> None:
    """The plain digest holds no ciphertext, and of signed mail the text."""
    structures = corpora.files("structures")
    text = text_of(
        "digest_text", issue(structures["encrypted_pgp"], structures["signed_pgp"])
    )

    assert "BEGIN PGP" not in text
    assert "Left out: encrypted.asc (application/octet-stream, " in text
    assert (
        "\nSigned, café.\n\nLeft out: signature.asc (application/pgp-signature, "
        in text
    )


@pytest.mark.parametrize("name", ["digest_text", "index"])
def test_replies(name: str) -> None:
    """From inside text one can answer the author and the list, in the thread."""
    raw = (
        "From: Zoë Ą <zoe+x@example.org>\nSubject: Re: 100% & more?\n"
        "Message-ID: <a&b=c%d@example.org>\n\nx\n"
    )
    links = re.findall(r"mailto:\S+", text_of(name, issue(raw.encode())))

    assert len(links) == 2
    for link, to in zip(
        links, ("zoe+x@example.org", "dev@lists.example.org"), strict=True
    ):
        parsed = urlsplit(link)
        assert parsed.path.replace("%2B", "+") == to
        assert parse_qs(parsed.query) == {
            "subject": ["Re: 100% & more?"],
            "In-Reply-To": ["<a&b=c%d@example.org>"],
        }


def test_only_a_reply_begins_with_re() -> None:
    """What ends in "re:" within a subject is a word of it."""
    raw = b"From: a@example.org\nSubject: Picture: more\n\nx\n"
    assert "subject=Re%3A%20Picture%3A%20more" in text_of("index", issue(raw))


def test_reply_to_counts() -> None:
    """Where Reply-To is the list there is one link, and none without any address."""
    raw = b"From: a@example.org\nReply-To: Dev@lists.example.org\n\nx\n"
    assert text_of("index", issue(raw)).count("mailto:") == 1
    assert text_of("index", issue(raw, post_address="")).count("mailto:") == 1
    assert (
        text_of("index", issue(b"Subject: x\n\nx\n", post_address="")).count("mailto:")
        == 0
    )


def test_parts_are_counted_where_there_are_several() -> None:
    """One part says nothing of parts."""
    assert issue(part=2, parts=3).title == "dev digest, number 7, part 2 of 3"
    assert issue(part=1, parts=1).title == "dev digest, number 7"


@given(st.text(), st.text())
def test_header_values_stay_on_their_line(subject: str, author: str) -> None:
    """What an author writes in a header cannot add a line to a digest."""
    fields = [
        f"{name}: =?utf-8?b?{b64encode(text.encode(errors='replace')).decode()}?= {rest}"
        for name, text, rest in (
            ("Subject", subject, ""),
            ("From", author, "<a@b.example>"),
        )
    ]
    raw = "".join(f"{field}\n" for field in fields).encode() + b"\nx\n"
    lines = text_of("index", issue(raw, footer="")).splitlines()

    assert lines[3] == "In this digest:"
    assert all(line.startswith("   ") for line in lines[6:])
    assert len(lines) <= 9
