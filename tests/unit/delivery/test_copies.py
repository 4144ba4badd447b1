"""Copies of one message: what each says, and that each is sound."""

from collections.abc import Mapping
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from listhub.delivery import wire
from listhub.delivery.copies import Copies, Copy, Means
from listhub.delivery.treatment import Treatment
from listhub.mail import one_click
from listhub.mail.added_text import Text, Texts
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.owner_text import OwnerTextError
from listhub.mail.personal import Reader
from listhub.mail.signing.dkim import Signer
from tests import signing

KEY = b"k" * 32
NOW = 1_795_000_000.0
WEB = "https://lists.example.org"
FOOTER = Texts(footer=Text(text="This came to {{ user.email }} ({{ user.gecos }})."))
ANN = Reader(address="ann@a.example", name="Ann Ö. Müller")

PLAIN = b"Hello,\r\n.a line with a dot\r\n..two\r\nthe end  \r\n\r\n\r\n"
SHAPES: Mapping[str, tuple[bytes, bytes]] = {
    "plain": (b"Content-Type: text/plain; charset=utf-8\r\n", PLAIN),
    "8bit": (
        (
            b"Content-Type: text/plain; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: 8bit\r\n"
        ),
        "Grüße\r\n.\r\n".encode(),
    ),
    "latin": (
        (
            b"Content-Type: text/plain; charset=iso-8859-1\r\n"
            b"Content-Transfer-Encoding: 8bit\r\n"
        ),
        b"Gr\xfc\xdfe\r\n",
    ),
    "bare LF": (b"", b"one\n.two\n\nthree"),
    "long lines": (b"", b"x" * 3000 + b"\r\n" + b"y " * 2000 + b"\r\n"),
    "dots": (b"", b".\r\n..\r\n...\r\n"),
    "empty": (b"", b""),
    "base64": (
        (
            b"Content-Type: text/plain; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: base64\r\n"
        ),
        b"R3LDvMOfZSB1bmQgbWVociBhbHMgZWluZSBaZWlsZSB3ZXJ0IGlzdCBkYXMgbmljaHQ=\r\n",
    ),
    "alternative": (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="seam"\r\n',
        (
            b"--seam\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
            b"--seam\r\nContent-Type: text/html\r\n\r\n<html><body><p>html</p></body></html>"
            b"\r\n--seam--\r\n"
        ),
    ),
}
TREATMENTS: Mapping[str, Treatment] = {
    "one-click": Treatment(one_click=True),
    "footer part": Treatment(
        personalise="footer", texts=FOOTER, list_address="dev@lists.example.org"
    ),
    "footer text": Treatment(
        personalise="footer",
        texts=FOOTER,
        footer_type="append",
        list_address="dev@lists.example.org",
        one_click=True,
    ),
    "all": Treatment(personalise="all", texts=FOOTER, footer_type="append"),
}


def draft(extra: bytes = b"", body: bytes = PLAIN) -> Draft:
    """Return a post as it is stored, with its mark for one-click."""
    link = one_click.link(WEB)
    head = (
        b"From: Bob <bob@b.example>\r\nTo: dev@lists.example.org\r\nSubject: Hello\r\n"
        b"Message-ID: <1@b.example>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n"
        b"MIME-Version: 1.0\r\n"
        + extra.replace(b"MIME-Version: 1.0\r\n", b"")
        + f"List-Unsubscribe: <{link}>,\r\n <mailto:sympa@lists.example.org>\r\n".encode()
        + b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n"
    )
    return Draft(headers=Headers.parse(head), body=body)


def copies(
    treatment: Treatment, post: Draft | None = None, *, signed: bool = True
) -> Copies:
    keys = (signing.key("rsa"), signing.key("ed25519"))
    means = Means(
        list_id=7,
        one_click_key=KEY,
        signer=Signer(keys=keys) if signed else None,
        clock=lambda: NOW,
    )
    return Copies(post or draft(), treatment, means)


def whole(copy: Copy) -> bytes:
    """Return what the relay gets, and check the form of the wire."""
    data = b"".join((copy.content, *copy.rest))
    assert data.endswith(b"\r\n.\r\n")
    assert data.count(b"\r\n.\r\n") == 1
    assert data.count(b"\n") == data.count(b"\r\n")
    assert copy.eight_bit == (not data.isascii())
    return data


def received(copy: Copy) -> bytes:
    """Return the message as the relay reads it."""
    data = whole(copy).removesuffix(wire.TERMINATOR)
    return data.replace(b"\r\n..", b"\r\n.").removeprefix(b".")


def body_text(raw: bytes) -> str:
    """Return all that a reader sees, from the standard library's parser."""
    message = message_from_bytes(raw, policy=policy.default)
    texts: list[str] = []
    for part in message.walk():
        assert not part.defects
        if part.get_content_maintype() == "text":
            texts.append(part.get_content())
    return "\n".join(texts)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", TREATMENTS)
def test_every_copy_is_signed_soundly(shape: str, name: str):
    """Whatever the post and the treatment, dkimpy verifies both signatures."""
    found = copies(TREATMENTS[name], draft(*SHAPES[shape])).of(ANN, 4)
    raw = received(found)
    assert signing.passes(raw, index=0)
    assert signing.passes(raw, index=1)


def test_both_fields_of_one_click_are_signed():
    """RFC 8058 §4: both names stand in h=, and the field holds one link of https."""
    raw = received(copies(Treatment(one_click=True)).of(ANN, 4))
    head = Headers.parse(raw)
    for signature in head.all("DKIM-Signature"):
        tags = signature.decode().replace(" ", "").replace("\t", "")
        names = tags.partition("h=")[2].partition(";")[0].split(":")
        assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(names)
    assert head.get("List-Unsubscribe-Post") == b"List-Unsubscribe=One-Click"
    link = (head.get("List-Unsubscribe") or b"").decode().partition(">")[0][1:]
    assert link.startswith("https://lists.example.org/one-click/")
    named = one_click.decode([KEY], link.rpartition("/")[2])
    assert named == one_click.Membership(list_id=7, subscription_id=4)


def test_there_is_one_way_to_leave_by_a_click():
    """A List-Unsubscribe that an owner adds does not stand beside ours (RFC 8058)."""
    post = draft()
    post.headers.add("List-Unsubscribe", "<mailto:old@b.example>")
    raw = received(copies(Treatment(one_click=True), post).of(ANN, 4))
    [field] = Headers.parse(raw).all("List-Unsubscribe")
    assert b"/one-click/" in field
    assert signing.passes(raw)


def test_a_list_without_the_field_has_no_token():
    """An owner may remove it; the copies are signed all the same."""
    post = draft()
    post.headers.remove("List-Unsubscribe", "List-Unsubscribe-Post")
    raw = received(copies(Treatment(one_click=True), post).of(ANN, 4))
    assert signing.passes(raw)


def test_a_list_without_the_address_offers_no_click():
    """Where an owner removes List-Unsubscribe alone, the field beside it goes too."""
    post = draft()
    post.headers.remove("List-Unsubscribe")
    raw = received(copies(Treatment(one_click=True), post).of(ANN, 4))
    assert Headers.parse(raw).get("List-Unsubscribe-Post") is None
    assert signing.passes(raw)


def test_an_author_cannot_divert_the_token():
    """Our field, written within a field of the author's, is left as it is."""
    post = draft()
    ours = next(f for f in post.headers.fields if f.name == b"list-unsubscribe")
    fields = b"X-Trap: " + ours.raw + post.headers.to_bytes()
    trap = Draft(headers=Headers.parse(fields), body=PLAIN)
    raw = received(copies(Treatment(one_click=True), trap).of(ANN, 4))
    [field] = Headers.parse(raw).all("List-Unsubscribe")
    assert one_click.MARK.encode() not in field
    assert signing.passes(raw)


def test_people_without_a_subscription_are_offered_no_click():
    """A copy for somebody who is no member has the mail address alone."""
    head = Headers.parse(received(copies(Treatment(one_click=True)).of(ANN, 0)))
    assert head.get("List-Unsubscribe") == b"<mailto:sympa@lists.example.org>"
    assert head.get("List-Unsubscribe-Post") is None
    assert one_click.MARK.encode() not in head.to_bytes()


@pytest.mark.parametrize("shape", ["plain", "8bit", "latin", "base64", "alternative"])
@pytest.mark.parametrize("name", ["footer part", "footer text", "all"])
def test_the_footer_names_the_reader(shape: str, name: str):
    """Each reads their own name, in any charset and structure."""
    found = copies(TREATMENTS[name], draft(*SHAPES[shape]))
    for reader in (ANN, Reader(address="zoé@z.example", name="Зоя <&>")):
        text = body_text(received(found.of(reader, 4)))
        assert reader.address in text
        if shape != "alternative":
            assert reader.name in text


def test_a_copy_is_not_touched_by_the_one_before():
    """Copies are made in any order: none has anything of another's."""
    found = copies(TREATMENTS["all"], draft(b"", b"Dear {{ user.email }},\r\n"))
    first = received(found.of(ANN, 4))
    other = received(found.of(Reader(address="b@b.example"), 5))
    assert b"ann@" not in other
    assert received(found.of(ANN, 4)) == first


def test_only_the_texts_of_a_post_are_templates():
    """Attachments and messages in it leave as they came, braces and all."""
    attached = (
        b"--seam\r\nContent-Type: text/plain\r\n"
        b"Content-Disposition: attachment; filename=x.txt\r\n\r\n{{ user.email }}\r\n"
    )
    kept = (
        b"--seam\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n{{ no }}\r\n"
    )
    body = (
        b"--seam\r\n\r\nDear {{ user.email }}\r\n" + attached + kept + b"--seam--\r\n"
    )
    post = draft(b"Content-Type: multipart/mixed; boundary=seam\r\n", body)
    raw = received(copies(Treatment(personalise="all"), post).of(ANN, 4))
    assert b"Dear ann@a.example" in raw
    assert attached + kept in raw


def test_what_is_signed_by_its_author_stays():
    """A signed post is no template, even if it looks like one."""
    body = b"--s\r\n\r\n{{ user.email }}\r\n--s\r\n\r\nsignature\r\n--s--\r\n"
    kind = b"Content-Type: multipart/signed; boundary=s\r\n"
    raw = received(copies(Treatment(personalise="all"), draft(kind, body)).of(ANN, 4))
    assert raw.endswith(body)


def test_html_is_escaped():
    """A name cannot become markup."""
    post = draft(b"Content-Type: text/html\r\n", b"<p>{{ user.display_name }}</p>\r\n")
    reader = Reader(address="x@x.example", name="<script>alert(1)</script>")
    text = body_text(received(copies(Treatment(personalise="all"), post).of(reader, 4)))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


ANYTHING = st.text(max_size=200) | st.sampled_from(
    [
        "--seam",
        "--seam--",
        "\r\n--seam\r\n",
        ".",
        "\r\n.\r\n",
        "a\r\nBcc: x",
        "\udc80\0",
    ]
)


@settings(max_examples=60)
@given(ANYTHING, ANYTHING, st.sampled_from(["footer part", "footer text", "all"]))
def test_no_value_breaks_out_of_its_place(name: str, room: str, treatment: str):
    """Any name and attribute is text in a text part, or the copy is refused."""
    reader = Reader(address="a@a.example", name=name, attributes={"room": room})
    body = SHAPES["alternative"][1].replace(
        b"\r\nplain\r\n",
        b"\r\n{{ user.display_name }}\r\n{{ user.attributes.room }}\r\n",
    )
    found = copies(TREATMENTS[treatment], draft(SHAPES["alternative"][0], body))
    try:
        raw = received(found.of(reader, 4))
    except OwnerTextError:
        return
    sample = received(found.of(ANN, 4))
    assert _shape(raw) == _shape(sample)
    assert signing.passes(raw)


def _shape(raw: bytes) -> list[Any]:
    """Return the parts of a message and the names of the fields of its header."""
    message = message_from_bytes(raw, policy=policy.default)
    assert not message.defects
    kinds = [part.get_content_type() for part in message.walk()]
    return [kinds, [field.name for field in Headers.parse(raw).fields]]


@pytest.mark.parametrize(
    "text",
    [
        "{{ user.emial }}",
        "{% for",
        "{{ user.email * 10000000 }}",
        "{% for a in subject %}" * 3,
        "{{ ''.__class__ }}",
    ],
)
def test_a_bad_template_is_found_before_anything_is_sent(text: str):
    """What fails for everybody fails when the copies are prepared."""
    treatment = Treatment(personalise="footer", texts=Texts(footer=Text(text=text)))
    with pytest.raises(OwnerTextError):
        copies(treatment)


def test_a_shared_body_is_in_memory_once():
    """Where only the header differs, copies end with the very same octets."""
    found = copies(Treatment(one_click=True))
    one, two = found.of(ANN, 4), found.of(ANN, 5)
    assert one.content != two.content
    assert one.rest[0] is two.rest[0]
