"""Signatures are verified with keys from a real name server on loopback."""

import base64
import time
from collections.abc import Callable
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings as examples, strategies as st

from listhub.config import Settings
from listhub.config.authenticity import Authentication as Rules, Dns
from listhub.mail.authentication import Authentication
from listhub.mail.authentication_results import Result
from listhub.mail.headers import Headers
from listhub.mail.signing.arc import Sealer
from listhub.mail.signing.canonical import BodyHash
from listhub.mail.signing.dkim import Signer
from listhub.mail.signing.keys import KeyType, to_pem
from listhub.outside import dkim_check
from listhub.outside.answers import Answers, Unanswered
from listhub.outside.dns import Texts, Txt
from listhub.outside.origin import authenticate, is_author
from tests import corpora, signing
from tests.dns_server import Zone, serving

MESSAGE = (
    b"From: Dev <dev@lists.example.org>\r\nTo: a@example.org\r\nSubject: Hello\r\n"
    b"\r\nBody.\r\n"
)
RSA, ED = signing.key("rsa"), signing.key("ed25519")
ZONE: Zone = {RSA.name: (RSA.record,), ED.name: ("other", ED.record)}
NOW = time.time()


def signed(*kinds: KeyType, raw: bytes = MESSAGE) -> bytes:
    return Signer(keys=tuple(map(signing.key, kinds))).sign(raw, NOW) + raw


def by_dkimpy(
    canonical: bytes, *, algorithm: bytes = b"rsa-sha256", **more: Any
) -> bytes:
    """Sign as others do."""
    head, body = canonical.split(b"/")
    field: bytes = dkim.sign(
        MESSAGE,
        RSA.selector.encode(),
        RSA.domain.encode(),
        to_pem(RSA),
        canonicalize=(head, body),
        signature_algorithm=algorithm,
        **more,
    )
    return field + MESSAGE


def check(raw: bytes, *, zone: Zone = ZONE) -> dkim_check.Signatures:
    with serving(zone) as server:
        answers = asking(server.address)
        found: dkim_check.Signatures = settled(
            answers, lambda ask: dkim_check.verify(raw, ask)
        )
    return found


def asking(server: str, **rules: Any) -> Answers:
    return Answers(
        Settings(dns=Dns(servers=(server,), timeout=0.6), authentication=Rules(**rules))
    )


def settled(answers: Answers, work: Callable[[Any], Any]) -> Any:
    """Do what a stage does, without a database."""
    for _ in range(20):
        try:
            return work(answers.ask)
        except Unanswered as waiting:
            answers.look_up(waiting.question)
    raise AssertionError("asked in a circle")


@pytest.mark.parametrize(
    "raw",
    [
        signed("rsa"),
        signed("ed25519"),
        signed("rsa", "ed25519"),
        signed("rsa").replace(b"\r\n", b"\n"),
        *(
            by_dkimpy(canonical)
            for canonical in (b"relaxed/relaxed", b"simple/simple", b"relaxed/simple")
        ),
    ],
)
def test_valid_signatures_are_found(raw: bytes) -> None:
    """RSA and Ed25519, ours and others', in each canonical form."""
    assert check(raw).dkim == ("lists.example.org",)


@pytest.mark.parametrize(
    "raw",
    [
        signed("rsa").replace(b"Body", b"body"),
        signed("rsa").replace(b"Hello", b"Goodbye"),
        b"From: eve@evil.example\r\n" + signed("rsa"),
        by_dkimpy(b"relaxed/relaxed", algorithm=b"rsa-sha1"),
        by_dkimpy(b"relaxed/relaxed", length=True) + b"Appended.\r\n",
        signed("rsa").replace(b"s=s-rsa", b"s=nowhere"),
        signed("rsa").replace(b"h=from:from", b"h=x"),
        b"\r\n" * 3 + signed("rsa"),
        MESSAGE,
    ],
)
def test_others_are_not(raw: bytes) -> None:
    """Changed mail, SHA-1, a length, no key, and no signature at all."""
    assert check(raw) == dkim_check.Signatures()


@pytest.mark.parametrize(
    "record",
    [
        "v=DKIM1; p=",
        "v=DKIM1; t=s:y; p=" + RSA.record.partition("p=")[2],
        "v=DKIM1; p=" + "A" * 5000,
        "v=DKIM1; k=rot13; p=AAAA",
        "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL",
        "",
    ],
)
def test_keys_that_do_not_count(record: str) -> None:
    """Revoked, testing, absurd and broken keys prove nothing."""
    assert check(signed("rsa"), zone={RSA.name: (record,)}).dkim == ()


def test_short_keys_do_not_count() -> None:
    """Keys under 1024 bits can be broken (RFC 8301)."""
    pem = (corpora.CORPUS / "keys/rsa_512.pem").read_bytes()
    public = serialization.load_pem_private_key(pem, None).public_key()
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = f"v=DKIM1; p={base64.b64encode(der).decode()}"
    field = dkim.sign(MESSAGE, b"s-rsa", b"lists.example.org", pem)
    assert check(field + MESSAGE, zone={RSA.name: (record,)}).dkim == ()


@pytest.mark.parametrize("trouble", ["servfail", "silent"])
def test_without_an_answer_nothing_is_known(trouble: Any) -> None:
    """A name server that is down is not a signature that is wrong."""
    found = check(signed("rsa"), zone={RSA.name: trouble})
    assert (found.dkim, found.known) == ((), False)


def test_only_the_first_signatures_are_tried() -> None:
    """Fifty signatures cost no more than five."""
    many = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"
        % number
        for number in range(50)
    )
    with serving(ZONE) as server:
        answers = asking(server.address)
        found = settled(answers, lambda ask: dkim_check.verify(many + MESSAGE, ask))

    assert found.dkim == ()
    assert len(server.asked) == dkim_check.MOST_SIGNATURES


@pytest.mark.parametrize(
    "absurd",
    [
        MESSAGE + b" " * 3_000_000 + b"x",
        MESSAGE + b" \r\n" * 500_000,
        b"DKIM-Signature: v=1; a=rsa-sha256; b=" + b"\r\n " * 30_000 + b"\r\n" + MESSAGE,
        b"DKIM-Signature: v=1; a=rsa-sha256; d=a.b; s=s; h=" + b"from:" * 3000
        + b"; bh=A; b=A\r\n" + MESSAGE,
        b"X: y\r\n" * 5000 + MESSAGE,
    ],
)  # fmt: skip
def test_absurd_messages_take_no_longer(absurd: bytes) -> None:
    """What a sender can make expensive is refused, or done in linear time."""
    raw = signed("rsa", raw=absurd)
    simple = by_dkimpy(b"simple/simple")[: -len(MESSAGE)] + absurd
    start = time.monotonic()
    check(raw)
    check(simple)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("name", sorted(corpora.broken()))
def test_any_message_can_be_checked(name: str) -> None:
    """Whatever is signed, nothing is raised."""
    raw = corpora.broken()[name]
    check(signed("rsa", raw=raw))


def known(question: Any) -> Any:
    assert isinstance(question, Txt)
    return Texts(status="found", texts=(RSA.record.encode(),))


tags = st.sampled_from(
    ["v=1;", "a=rsa-sha256;", "a=x;", "d=a.example;", "s=s;", "h=from;", "bh=AA;", "b=AA",
     "i=1;", "cv=none;", "c=simple;", "c=relaxed/relaxed;", "l=1;", "t=9;", "x=1;", "\xff"]
)  # fmt: skip
names = st.sampled_from(
    [
        "DKIM-Signature",
        "ARC-Seal",
        "ARC-Message-Signature",
        "ARC-Authentication-Results",
    ]
)


@examples(max_examples=200)
@given(st.lists(st.tuples(names, st.lists(tags, max_size=9)), max_size=6))
def test_any_signature_can_be_checked(fields: list[tuple[str, list[str]]]) -> None:
    """Signatures and seals that make no sense are not valid, and raise nothing."""
    headers = Headers.parse(MESSAGE)
    for name, value in fields:
        headers.prepend(name, " ".join(value).encode("latin-1"))
    found = dkim_check.verify(headers.to_bytes() + b"Body.\r\n", known)

    assert found.dkim == ()
    assert found.arc in {"none", "fail"}


def sealed(raw: bytes) -> bytes:
    headers = Headers.parse(raw)
    sealer = Sealer(key=RSA, authserv_id="mx.example")
    results = (Result(method="dkim", result="pass"),)
    head, body = raw[: headers.body_offset], raw[headers.body_offset :]
    body_hash = BodyHash.of(body)
    return sealer.seal(head, body_hash, results=results, chain="pass", now=NOW) + raw


def test_chains_are_verified() -> None:
    """A chain is valid, or broken, or is not there."""
    twice = sealed(sealed(MESSAGE))

    assert check(twice).arc == "pass"
    assert check(twice.replace(b"Hello", b"Goodbye")).arc == "fail"
    assert check(MESSAGE).arc == "none"
    assert check(b"ARC-Seal: i=1\r\n" * 30 + MESSAGE).arc == "fail"


TRUSTED = (
    b"Authentication-Results: mx.example.net; dkim=fail header.d=lists.example.org\r\n"
    b"Received: from a by mx.example.net\r\n"
)


@pytest.mark.parametrize(
    ("raw", "rules", "source", "dkim_of"),
    [
        (signed("rsa"), {}, "verified here", ("lists.example.org",)),
        (signed("rsa"), {"verify": False}, "none", ()),
        (MESSAGE, {}, "verified here", ()),
        (
            TRUSTED + signed("rsa"),
            {"trusted": ("mx.example.net",)},
            "trusted field",
            (),
        ),
        (TRUSTED + signed("rsa"), {}, "verified here", ("lists.example.org",)),
    ],
)
def test_trusted_servers_come_first(
    raw: bytes, rules: dict[str, Any], source: str, dkim_of: tuple[str, ...]
) -> None:
    """What a trusted server says is not looked at again; else we look, if we may."""
    with serving(ZONE) as server:
        answers = asking(server.address, **rules)
        settings = answers._settings
        found = settled(answers, lambda ask: authenticate(raw, ask, settings))

    assert (found.source, found.dkim) == (source, dkim_of)


@pytest.mark.parametrize(
    ("author", "asked", "is_it"),
    [
        ("a@lists.example.org", 0, True),
        ("a@sub.lists.example.org", 0, True),
        ("a@other.test", 0, False),
        ("a@example.org", 2, True),
        ("a@www.example.org", 3, True),
        ("nobody", 0, False),
    ],
)
def test_signatures_speak_for_their_organisation(
    author: str, asked: int, *, is_it: bool
) -> None:
    """The organisation is asked for only where it matters."""
    found = Authentication(source="verified here", dkim=("lists.example.org",))
    zone: Zone = {"_dmarc.example.org": ("v=DMARC1; p=none",)}
    with serving(zone) as server:
        answers = asking(server.address)
        assert settled(answers, lambda ask: is_author(found, author, ask)) is is_it

    assert len(server.asked) == asked
