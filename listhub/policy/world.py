"""The world of one evaluation: the request and the facts, each message part read once."""

from functools import cached_property

from listhub.mail import charsets, encoded_words, parts
from listhub.mail.headers import Headers
from listhub.policy.facts import Facts, Values
from listhub.policy.request import Request

#: Parts and octets of a message that conditions look at; more is not looked at.
MOST_PARTS, LONGEST_BODY = 1_000, 200_000

_EMPTY: Values = ("",)


class World:
    """What conditions and variables read; made anew for each evaluation."""

    def __init__(self, request: Request, facts: Facts) -> None:
        self.request = request
        self.facts = facts

    def list_address(self, written: str) -> str:
        """Return the address of a list written as name or name@domain."""
        name = written.strip().lower()
        if "@" in name or not name:
            return name
        return f"{name}@{self.request.domain}"

    def header(self, name: str, index: int | None = None) -> Values:
        """Return all values of a header field, or the one of that index, or ""."""
        if self.request.message is None:
            return _EMPTY
        try:
            raw = self.request.message.headers.all(name)
            found = raw if index is None else (raw[index],)
        except IndexError:
            return _EMPTY
        return tuple(map(encoded_words.decode, found)) or _EMPTY

    @cached_property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Media type and text of each leaf part; the text is "" where it is not text."""
        message = self.request.message
        if message is None:
            return ()
        found: list[tuple[str, str]] = []
        waiting = [(message.headers, message.body)]
        while waiting and len(found) < MOST_PARTS:
            headers, body = waiting.pop()
            inner = (
                [] if len(found) + len(waiting) > MOST_PARTS else _inner(headers, body)
            )
            if inner:
                waiting.extend(reversed(inner))
            else:
                found.append(_leaf(headers, body))
        return tuple(found)

    @cached_property
    def body(self) -> str:
        """The text of a message that is one text, else ""."""
        message = self.request.message
        return _leaf(message.headers, message.body)[1] if message else ""

    @property
    def encrypted(self) -> str:
        """`smime` if the message is encrypted with S/MIME (RFC 8551 §3.2.2), else ""."""
        if self.request.message is None:
            return ""
        kind, parameters = parts.content_type(self.request.message.headers)
        sealed = kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"}
        inside = parameters.get("smime-type", "enveloped-data").lower()
        return "smime" if sealed and inside != "signed-data" else ""

    @property
    def is_bcc(self) -> str:
        """1 if the list's name stands nowhere in To and Cc, else 0."""
        if self.request.message is None or not self.request.listname:
            return "0"
        seen = "".join((*self.header("To"), *self.header("Cc"))).lower()
        return "0" if self.request.listname.lower() in seen else "1"


def _inner(headers: Headers, body: bytes) -> list[tuple[Headers, bytes]]:
    found = []
    for raw in parts.children(headers, body):
        inner = Headers.parse(raw)
        found.append((inner, raw[inner.body_offset :]))
        if len(found) >= MOST_PARTS:
            break
    return found


def _leaf(headers: Headers, body: bytes) -> tuple[str, str]:
    kind, parameters = parts.content_type(headers)
    if not kind.startswith("text/"):
        return kind, ""
    octets = parts.decoded(headers, body[:LONGEST_BODY])
    codec = charsets.codec(parameters.get("charset", "utf-8")) or "utf-8"
    try:
        return kind, octets.decode(codec, "replace")
    except ValueError:  # some codecs raise all the same
        return kind, octets.decode("ascii", "replace")
