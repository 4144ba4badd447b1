"""The one door to the stdlib's e-mail package, with guards.

Only what needs the MIME tree comes here; header fields are read by `headers`, and
what no transform touched leaves as the bytes that came.
"""

from email import errors, policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from listhub.mail import encoded_words
from listhub.mail.headers import Headers
from listhub.mail.parts import exceeds

MAX_DEPTH = 50  # levels; the stdlib's generator recurses five frames for each
MAX_PARTS = 10_000  # each is an object of some kilobytes

_LONGEST_PARSED = 8192  # characters: its header parser copies the rest at each token
_STRUCTURAL = frozenset(
    {"content-type", "content-disposition", "content-transfer-encoding", "mime-version"}
)


class NotTakenApart(errors.MessageDefect):
    """The message is too deep or has too many parts, or the parser gave up: its body is one opaque text."""


class WirePolicy(policy.EmailPolicy):
    """CRLF, fields never folded again, and broken fields that read as empty."""

    # `typing.override` came with Python 3.12.
    def header_fetch_parse(  # type: ignore[explicit-override]
        self, name: str, value: str
    ) -> Any:
        try:
            if len(value) <= _LONGEST_PARSED:
                return super().header_fetch_parse(name, value)
        except Exception:  # noqa: BLE001, S110 - IndexError, RecursionError and more
            pass
        if name.lower() in _STRUCTURAL:
            return self.header_factory(name, "")
        return encoded_words.decode(value.encode(errors="surrogateescape"))


WIRE = WirePolicy(linesep="\r\n", refold_source="none")


def parse(raw: bytes) -> EmailMessage:
    """Return the MIME tree of any bytes; `NotTakenApart` in its defects if opaque."""
    try:
        if not exceeds(raw, depth=MAX_DEPTH, parts=MAX_PARTS):
            message = BytesParser(EmailMessage, policy=WIRE).parsebytes(raw)
            if isinstance(message, EmailMessage) and _depth(message) <= MAX_DEPTH:
                return message
    except Exception:  # noqa: BLE001, S110 - whatever it is, the mail is not to blame
        pass
    return _opaque(raw)


def serialise(message: EmailMessage) -> bytes:
    """Return the bytes of a message that was changed; raise ValueError if it has none.

    The caller then leaves the original as it came.
    """
    try:
        return message.as_bytes(policy=WIRE)
    except Exception as error:
        raise ValueError(f"cannot be written: {error!r}") from error


def _opaque(raw: bytes) -> EmailMessage:
    headers = Headers.parse(raw)
    message = EmailMessage(policy=WIRE)
    for field in headers.fields:
        # `set_raw` keeps the value as the stdlib's own parser does.
        name, _, value = field.raw.partition(b":")
        text = value.strip(b" \t\r\n").decode("ascii", "surrogateescape")
        message.set_raw(name.decode().rstrip(), text)
    body = raw[headers.body_offset :].decode("ascii", "surrogateescape")
    message.set_payload(body)
    message.defects.append(NotTakenApart())
    return message


def _depth(message: EmailMessage) -> int:
    deepest = 0
    waiting: list[tuple[Any, int]] = [(message, 0)]
    while waiting:
        part, level = waiting.pop()
        deepest = max(deepest, level)
        if part.is_multipart():
            waiting.extend((child, level + 1) for child in part.get_payload())
    return deepest
