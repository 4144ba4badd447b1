"""Whose DKIM signatures and ARC seals of a message are valid: dkimpy, well guarded.

The keys are questions of their own, one for each name, so that the mail of a domain
costs one question; what is computed needs no network.  A sender chooses everything in
here, the key in DNS included: what would take long is refused before it is tried.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import dkim
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from listhub.mail.authentication import Chain
from listhub.mail.headers import Field, Headers
from listhub.mail.signing.canonical import on_the_wire, relaxed_body
from listhub.mail.signing.keys import (
    LEAST_BITS,
    MOST_BITS,
    record_public,
    record_tags,
)
from listhub.outside.answers import Ask
from listhub.outside.dns import Texts, Txt

#: Signatures that are looked at, from the top; seals of a chain that is.
MOST_SIGNATURES, MOST_SEALS = 5, 10

_MOST_FIELDS = 1000
_LONGEST_FIELD = 16_384
_MOST_NAMES = 200  # in h=
_LONGEST_RECORD = 4096
_LONGEST_EXPONENT = 64  # bits
# RFC 8301 §3.1: SHA-1 proves nothing any more.
_ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256"})
_LONG_BLANK = re.compile(rb"\s{40}")
_SEAL = frozenset({b"arc-seal", b"arc-message-signature"})

Records = Mapping[str, Texts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """The domains whose signatures are valid, each once, and the state of the chain.

    Not `known` where a key could not be asked for and more might be valid.
    """

    dkim: tuple[str, ...] = ()
    arc: Chain = "none"
    known: bool = True


@dataclass(frozen=True, slots=True)
class _Signature:
    """One field that may be tried: its place among those of its name, and its tags."""

    place: int
    tags: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"{self.tags['s']}._domainkey.{self.tags['d']}".lower()


def verify(raw: bytes, ask: Ask) -> Signatures:
    """Verify a whole message as it came in; never raises for what is in it.

    Asks (and so may raise `Unanswered`) before anything is computed.
    """
    headers = Headers.parse(raw)
    signatures = _signatures(headers)
    seals = _seals(headers)
    places = dict.fromkeys(each.key for each in (*signatures, *(seals or ())))
    if not places and seals is not None:
        return Signatures()
    records = {place: ask(Txt(place)) for place in places}
    body = raw[headers.body_offset :]
    head = raw[: headers.body_offset]
    valid = [each.tags["d"].lower() for each in _valid(head, body, signatures, records)]
    return Signatures(
        dkim=tuple(dict.fromkeys(valid)),
        arc="fail" if seals is None else _chain(head, body, seals, records),
        known=all(record.status != "unknown" for record in records.values()),
    )


def _signatures(headers: Headers) -> tuple[_Signature, ...]:
    """Return the signatures that are worth trying."""
    fields = [field for field in headers.fields if field.name == b"dkim-signature"]
    if len(headers.fields) > _MOST_FIELDS:
        return ()
    return tuple(
        _Signature(place, tags)
        for place, field in enumerate(fields[:MOST_SIGNATURES])
        if (tags := _tags(field)) and _covers_enough(tags)
    )


def _covers_enough(tags: Mapping[str, str]) -> bool:
    """Say whether a signature is over the author and the whole body."""
    names = [name.strip().lower() for name in tags.get("h", "").split(":")]
    # RFC 6376 §6.1.1: From must be signed.  §8.2: with l=, anything may be appended.
    return "from" in names and len(names) <= _MOST_NAMES and "l" not in tags


def _seals(headers: Headers) -> tuple[_Signature, ...] | None:
    """Return the seals and signatures of a chain of ARC, None if it cannot be valid."""
    fields = [field for field in headers.fields if field.name in _SEAL]
    if not fields:
        return ()
    if len(fields) > 2 * MOST_SEALS or len(headers.fields) > _MOST_FIELDS:
        return None
    seals = [_Signature(place, _tags(field)) for place, field in enumerate(fields)]
    readable = all(each.tags and _relaxed(each.tags) for each in seals)
    return tuple(seals) if readable else None


def _relaxed(tags: Mapping[str, str]) -> bool:
    """Say whether the body is in relaxed form, as everybody who seals has it."""
    names = tags.get("h", "").count(":")
    return names < _MOST_NAMES and tags.get("c", "relaxed/relaxed").endswith("/relaxed")


def _tags(field: Field) -> Mapping[str, str]:
    """Return the tags of a signature that can be computed in no time; else none."""
    if len(field.raw) > _LONGEST_FIELD or _LONG_BLANK.search(field.raw):
        return {}
    tags = record_tags(field.value)
    named = tags.get("d", "").isascii() and tags.get("s", "").isascii()
    usable = tags.get("a") in _ALGORITHMS and tags.get("d") and tags.get("s")
    return tags if named and usable else {}


def _valid(
    head: bytes, body: bytes, signatures: Sequence[_Signature], records: Records
) -> Iterable[_Signature]:
    for each in signatures:
        # dkimpy needs quadratic time for blanks in a row; a relaxed body has none.
        relaxed = each.tags.get("c", "").endswith("/relaxed")
        content = relaxed_body(body) if relaxed else on_the_wire(body)
        message = _read(dkim.DKIM, head, content)
        if message is None:
            return
        try:
            if message.verify(idx=each.place, dnsfunc=_dns(records)):
                yield each
        except Exception:  # noqa: BLE001, S112 - it raises whatever the input provokes
            continue


def _chain(
    head: bytes, body: bytes, seals: Sequence[_Signature], records: Records
) -> Chain:
    if not seals:
        return "none"
    message = _read(dkim.ARC, head, relaxed_body(body))
    try:
        state = message.verify(_dns(records))[0] if message else None
    except Exception:  # noqa: BLE001 - as above
        return "fail"
    return "pass" if state == dkim.CV_Pass else "fail"


def _read(
    kind: "type[dkim.DKIM | dkim.ARC]", head: bytes, body: bytes
) -> "dkim.DKIM | dkim.ARC | None":
    """Give dkimpy a message; its log goes nowhere."""
    quiet = logging.Logger("dkimpy", level=logging.CRITICAL + 1)  # noqa: LOG001
    try:
        message = kind(head, logger=quiet, minkey=LEAST_BITS)
    except Exception:  # noqa: BLE001 - as above
        return None
    message.body = body
    return message


def _dns(records: Records) -> Callable[..., bytes | None]:
    """Return what answers dkimpy's question for a key: it has been asked before."""

    def key(name: bytes, **_options: object) -> bytes | None:
        found = records.get(name.decode("ascii", "replace").lower().rstrip("."))
        return next(filter(_usable, found.texts), None) if found else None

    return key


def _usable(record: bytes) -> bool:
    """Say whether a record holds a key that counts, and that is quick to compute with.

    A domain that only tests (t=y) asks to be treated as if it did not sign
    (RFC 6376 §3.6.1).
    """
    if len(record) > _LONGEST_RECORD:
        return False
    tags = record_tags(record)
    if "y" in tags.get("t", "").lower().split(":"):
        return False
    if tags.get("k", "rsa") == "ed25519":
        return True
    try:
        key = load_der_public_key(record_public(record))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return (
        isinstance(key, rsa.RSAPublicKey)
        and LEAST_BITS <= key.key_size <= MOST_BITS
        and key.public_numbers().e.bit_length() <= _LONGEST_EXPONENT
    )
