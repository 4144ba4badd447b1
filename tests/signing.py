"""Keys for tests, and verification by dkimpy: a second opinion on what we sign."""

import functools
import logging

import dkim

from listhub.delivery import wire
from listhub.mail.signing.keys import KeyType, SigningKey, new_key

DOMAIN = "lists.example.org"

#: dkimpy's own log; it belongs to nobody, so nothing of it is shown.
_QUIET = logging.Logger("dkimpy", level=logging.CRITICAL + 1)  # noqa: LOG001


@functools.cache
def key(kind: KeyType) -> SigningKey:
    """Return the same key for every test: to make one takes a moment."""
    return new_key(kind, domain=DOMAIN, selector=f"s-{kind}")


def on_the_wire(raw: bytes) -> bytes:
    """Return a message as a relay passes it on: no dot is doubled, no end mark."""
    data = wire.to_wire(raw, b"").removesuffix(wire.TERMINATOR)
    return data.removeprefix(b".").replace(b"\r\n..", b"\r\n.")


def txt(name: bytes, **_options: object) -> bytes | None:
    """Answer as DNS would."""
    records = {f"{key(kind).name}.": key(kind).record for kind in ("rsa", "ed25519")}
    record = records.get(name.decode())
    return record.encode() if record else None


def passes(raw: bytes, *, index: int = 0) -> bool:
    """Let dkimpy verify one signature of a message."""
    message = dkim.DKIM(on_the_wire(raw), logger=_QUIET)
    try:
        return bool(message.verify(idx=index, dnsfunc=txt))
    except dkim.ValidationError:
        return False


def arc(raw: bytes) -> str:
    """Let dkimpy verify the chain of a message."""
    cv, _results, _reason = dkim.ARC(on_the_wire(raw), logger=_QUIET).verify(txt)
    return (cv or b"fail").decode()
