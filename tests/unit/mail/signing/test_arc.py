"""Our seals are verified by dkimpy, over chains of several hops."""

import pytest

from listhub.mail.authentication import Chain
from listhub.mail.authentication_results import Result
from listhub.mail.headers import Headers
from listhub.mail.signing.arc import Sealer
from listhub.mail.signing.canonical import BodyHash
from listhub.mail.signing.dkim import Signer
from tests import corpora, signing

NOW = 1_700_000_000
RESULTS = (
    Result(method="dkim", result="pass", properties={"header.d": "example.org"}),
    Result(method="spf", result="pass", reason='said; "so"'),
)
MESSAGE = (
    b"From: Alice <alice@example.org>\r\nTo: dev@lists.example.org\r\n"
    b"Subject: Hello\r\n\r\nBody  text.\r\n\r\n"
)


def sealed(
    raw: bytes, chain: Chain = "none", *, authserv_id: str = "mx.example"
) -> bytes:
    headers = Headers.parse(raw)
    head, body = raw[: headers.body_offset], raw[headers.body_offset :]
    sealer = Sealer(key=signing.key("rsa"), authserv_id=authserv_id)
    fields = sealer.seal(head, BodyHash.of(body), results=RESULTS, chain=chain, now=NOW)
    return fields + raw


def test_the_first_seal() -> None:
    """A message without a chain begins one, and says what was found."""
    raw = sealed(MESSAGE)
    headers = Headers.parse(raw)

    assert [field.name for field in headers.fields[:3]] == [
        b"arc-seal",
        b"arc-message-signature",
        b"arc-authentication-results",
    ]
    assert b"cv=none" in (headers.get("ARC-Seal") or b"")
    assert (headers.get("ARC-Authentication-Results") or b"").startswith(
        b"i=1; mx.example; dkim=pass header.d=example.org; spf=pass"
    )
    assert signing.arc(raw) == "pass"


def test_a_chain_goes_on() -> None:
    """Each hop's seal covers those before it, and our signature below it."""
    raw = sealed(MESSAGE)
    for _hop in range(3):
        raw = b"Received: from a by b\r\n" + raw.replace(b"Hello", b"[dev] Hello")
        headers = Headers.parse(raw)
        body = raw[headers.body_offset :]
        head = headers.to_bytes()
        signer = Signer(keys=(signing.key("rsa"),))
        own = signer.sign_head(head, BodyHash.of(body), NOW)
        raw = sealed(own + raw, "pass")

    assert signing.arc(raw) == "pass"
    assert (
        Headers.parse(raw).all("ARC-Seal")[0].startswith(b"i=4; a=rsa-sha256; cv=pass;")
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Hello", b"Goodbye"),
        (b"Body", b"body"),
        (b"dkim=pass", b"dkim=fail"),
        (b"cv=none", b"cv=pass"),
    ],
)
def test_what_is_sealed_cannot_be_changed(old: bytes, new: bytes) -> None:
    """Header, body, what we found and the state of the chain are all sealed."""
    assert signing.arc(sealed(MESSAGE).replace(old, new)) == "fail"


def test_a_broken_chain_is_said_to_be_broken() -> None:
    """We say that it failed, and nobody goes on after that."""
    raw = sealed(sealed(MESSAGE).replace(b"Hello", b"Changed"), "fail")

    assert b"cv=fail" in (Headers.parse(raw).get("ARC-Seal") or b"")
    assert signing.arc(raw) == "fail"
    assert sealed(raw, "fail") == raw


@pytest.mark.parametrize(
    "field",
    [
        b"ARC-Seal: i=1; cv=none; d=x; s=x; b=AAAA",
        b"ARC-Seal: i=0; cv=none",
        b"ARC-Seal: nothing",
        b"ARC-Message-Signature: i=" + b"9" * 5000,
    ],
)
def test_half_a_set_is_a_broken_chain(field: bytes) -> None:
    """Whatever verified elsewhere, a set that is not whole cannot be sealed as valid."""
    raw = sealed(field + b"\r\n" + MESSAGE, "pass")

    seal = Headers.parse(raw).all("ARC-Seal")[0]
    assert b"cv=fail" in seal or b"cv=none" in seal


def test_nothing_is_sealed_unseen() -> None:
    """A chain that nobody looked at is left alone."""
    once = sealed(MESSAGE)
    assert sealed(once, "none") == once


def test_a_full_chain_is_left_alone() -> None:
    """There are at most 50 sets."""
    raw = b"ARC-Seal: i=50; cv=pass\r\n" + MESSAGE
    assert sealed(raw, "pass") == raw


@pytest.mark.parametrize("name", sorted(corpora.broken()))
def test_any_message_can_be_sealed(name: str) -> None:
    """Whatever the message looks like, there is a seal and no error."""
    raw = corpora.broken()[name]
    assert sealed(raw).startswith(b"ARC-Seal: i=1;")
