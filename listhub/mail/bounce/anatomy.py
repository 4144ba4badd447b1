"""A mail that came back, cut into what is told, what is reported and what is returned.

Everything is bounded: how much of it is read, how deep, how many parts.  What lies
beyond is not looked at; reports stand at the start.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from listhub.mail import charsets, encoded_words, parts
from listhub.mail.headers import Headers
from listhub.mail.html_text import html_to_text

READ_LIMIT = 512 * 1024  # octets of a mail; servers add the returned mail at its end
TOLD_LIMIT = 16_384  # characters of what a person is told
_DEEPEST = 10
_MOST_PARTS = 60

_HEADER_BLOCKS = frozenset(
    {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
#: The line from which on a text quotes the returned mail.
_RETURNED = re.compile(
    r"^[ \t>|]{0,8}(?:"
    r"[-=_*]{2,}+[^\n]{0,40}(?:below this line|(?:copy|text|header|body)s? of (?:the|your)"
    r"|original m|returned m|unsent m|forwarded m|start of|message headers?\b|ursprüngliche"
    r"|nachricht|message d.origine|message (?:initial|original)|mensaje original"
    r"|messaggio originale|исходно|原邮件|原始)[^\n]{0,80}"
    r"|(?:original message (?:headers?|follows)|message headers? follow"
    r"|included is a copy of the message|message text follows"
    r"|(?:here is |a copy of )your (?:returned mail|message))[^\n]{0,80}"
    r"|(?:received|return-path|dkim-signature|mime-version|arc-seal):[^\n]*"
    r")$",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD_START = re.compile(r"^[A-Za-z][A-Za-z0-9-]{1,60}:", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part that holds no others."""

    kind: str
    headers: Headers
    body: bytes

    @property
    def content(self) -> bytes:
        """Its octets without transfer encoding, as far as it is valid."""
        return parts.decoded(self.headers, self.body)

    @property
    def text(self) -> str:
        """Its text, LF between lines; HTML as plain text."""
        content = self.content[: 8 * TOLD_LIMIT]
        charset = parts.content_type(self.headers)[1].get("charset", "")
        text = _decoded(content, charset).replace("\r\n", "\n").replace("\r", "\n")
        return html_to_text(text) if self.kind == "text/html" else text


class Anatomy:
    """One mail, cut when it is asked for."""

    def __init__(self, raw: bytes) -> None:
        """Take the octets of a mail of any kind; those beyond READ_LIMIT are left."""
        self.raw = raw[:READ_LIMIT]
        self.headers = Headers.parse(self.raw)
        self.kind, self.parameters = parts.content_type(self.headers)

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The parts that hold no others, in order; enclosed mail is one of them."""
        return tuple(islice(self._walk(), _MOST_PARTS))

    def first(self, *kinds: str) -> Leaf | None:
        """Return the first leaf of one of these types."""
        return next((leaf for leaf in self.leaves if leaf.kind in kinds), None)

    @cached_property
    def _text(self) -> tuple[str, str]:
        # A multipart in which no part can be found is read as the text that it is.
        told = [
            leaf.text
            for leaf in self.leaves
            if leaf.kind == "text/plain" or leaf.kind.startswith("multipart/")
        ]
        if not any(text.strip() for text in told):
            told = [leaf.text for leaf in self.leaves if leaf.kind == "text/html"]
        text = "\n".join(told)[: 8 * TOLD_LIMIT]
        cut = _RETURNED.search(text)
        if cut is None:
            return text[:TOLD_LIMIT], ""
        return text[: cut.start()][:TOLD_LIMIT], text[cut.start() :]

    @property
    def told(self) -> str:
        """What a person is told, without the returned mail that may follow in it."""
        return self._text[0]

    @cached_property
    def returned(self) -> tuple[Headers, ...]:
        """The headers of the mails, or pieces of them, that this one gives back."""
        found = [
            Headers.parse(leaf.content.lstrip(b"\r\n"))
            for leaf in self.leaves
            if leaf.kind in parts.NESTED or leaf.kind in _HEADER_BLOCKS
        ]
        if found:
            return tuple(found)
        quoted = self._text[1]
        start = _FIELD_START.search(quoted)
        return (Headers.parse(quoted[start.start() :].encode()),) if start else ()

    @property
    def enclosed(self) -> "Anatomy | None":
        """The only mail that this one encloses, as a forward does; None for reports."""
        whole = [leaf for leaf in self.leaves if leaf.kind in parts.NESTED]
        if self.kind == "multipart/report" or len(whole) != 1:
            return None
        return Anatomy(whole[0].content)

    def _walk(self) -> Iterator[Leaf]:
        waiting = [(self.raw, 0)]
        while waiting:
            part, level = waiting.pop()
            headers = Headers.parse(part) if level else self.headers
            body = part[headers.body_offset :]
            kind, _ = parts.content_type(headers)
            inner: list[bytes] = []
            if kind.startswith("multipart/") and level < _DEEPEST:
                inner = list(islice(parts.children(headers, body), _MOST_PARTS))
            if inner:
                waiting += [(child, level + 1) for child in inner][::-1]
            else:
                yield Leaf(kind=kind, headers=headers, body=body)


def _decoded(content: bytes, charset: str) -> str:
    codec = charsets.codec_for(charset, content) if charset else None
    if codec is not None:
        try:
            return content.decode(codec)
        except ValueError:
            pass
    # What is declared wrongly, or not at all, is UTF-8 or else Latin-1.
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    return "\n".join(map(encoded_words.plain, lines))
