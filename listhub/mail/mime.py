"""A message as a tree of parts that can be edited, every other byte kept.

`parse` cuts, `to_bytes` joins: what nobody edited comes out bit for bit, broken MIME
included (missing ends, mixed line ends, NUL, 8-bit octets).  A part that is too deep, or
one of too many, is a leaf that nobody looks into; so is a message inside a message.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, Literal

from listhub.mail import charsets, parameters, parts, transfer
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.message import MAX_DEPTH, MAX_PARTS

SIGNED: Final = frozenset({"multipart/signed"})
#: Media types whose parts nobody may touch: a signature over them would break, or
#: nobody but the reader can look inside (RFC 1847, RFC 8551, RFC 3156).
SEALED: Final = SIGNED | {
    "multipart/encrypted",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
    "application/pgp",
}
_ARMOUR = re.compile(rb"^-----BEGIN PGP (?:SIGNED )?MESSAGE-----", re.MULTILINE)
_HEAD_END = re.compile(rb"\n\r?\n")
_NO_HEAD = re.compile(rb"\r?\n")
_LINE_END = re.compile(r"\r?\n")
_CONTENT = b"content-"


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """One part: a leaf with a body, or a multipart with children between seams."""

    headers: Headers
    body: bytes = b""  #: of a leaf, as it stands in the message
    children: list["Part"] = field(default_factory=list)
    #: What stands before each child: preamble, line ends, delimiter lines.
    seams: list[bytes] = field(default_factory=list)
    tail: bytes = b""  #: after the last child: the closing delimiter and the epilogue
    #: What it is where it does not say (RFC 2046 §5.1.5: in a digest, a message).
    default: str = "text/plain"

    @property
    def kind(self) -> str:
        """The media type in lower case."""
        if self.headers.get("Content-Type") is None:
            return self.default
        return parts.content_type(self.headers)[0]

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of its Content-Type, as they are written."""
        return parts.content_type(self.headers)[1]

    @property
    def encoding(self) -> str:
        """The transfer encoding in lower case; 7bit where none is named."""
        return transfer.encoding_of(self.headers)

    @property
    def disposition(self) -> str:
        """`attachment`, `inline` or what else it says (RFC 2183); "" where nothing."""
        return parameters.disposition(self.headers)

    @property
    def file_name(self) -> str:
        """The name that its author gave it, "" without one; never fit for a path."""
        return parameters.file_name(self.headers)

    @property
    def is_attachment(self) -> bool:
        """Whether it is a file rather than something to read at once."""
        return self.disposition == "attachment" or bool(self.file_name)

    @property
    def is_sealed(self) -> bool:
        """Whether it is itself signed or encrypted, by MIME type or as PGP text."""
        kind = self.kind
        if kind in SEALED or self.file_name.lower().endswith(".p7m"):
            return True
        if self.children or not kind.startswith("text/"):
            return False
        if self.encoding == "base64":
            return bool(_ARMOUR.search(self.content or b""))
        # The armour's first line reads the same in quoted-printable.
        return bool(_ARMOUR.search(self.body))

    @property
    def content(self) -> bytes | None:
        """A leaf's octets without transfer encoding, None if they cannot be read."""
        return transfer.decode(self.body, self.encoding)

    @property
    def codec(self) -> str | None:
        """Python's codec of a text, None if its charset is unknown."""
        charset = self.parameters.get("charset") or "us-ascii"
        return charsets.codec_for(charset, self.content or b"")

    @property
    def text(self) -> str | None:
        """A leaf's text; None unless every octet is what encoding and charset allow."""
        content, codec = self.content, self.codec
        if content is None or codec is None:
            return None
        if codec in charsets.WIDE and self.encoding in transfer.IDENTITY:
            return None  # RFC 2045 §2.7: line ends would be cut in two
        try:
            return content.removeprefix(charsets.mark(codec)).decode(codec)
        except ValueError:
            return None

    @property
    def flow(self) -> Literal["", "flowed", "delsp"]:
        """How its lines are joined when they end in a blank (RFC 3676 §4)."""
        given = self.parameters
        if self.kind != "text/plain" or given.get("format", "").lower() != "flowed":
            return ""
        return "delsp" if given.get("delsp", "").lower() == "yes" else "flowed"

    def walk(self) -> Iterator["Part"]:
        """Give this part and all below it, in the order in which they stand."""
        yield self
        for child in self.children:
            yield from child.walk()

    def flatten(self) -> Iterator["bytes | Part"]:
        """Give the message in pieces: octets, and each leaf after its header's octets."""
        yield self.headers.to_bytes()
        yield from self.flatten_body()

    def flatten_body(self) -> Iterator["bytes | Part"]:
        """Give what stands after the header's empty line, as `flatten` does."""
        if not self.children:
            yield self
            return
        for number, (seam, child) in enumerate(
            zip(self.seams, self.children, strict=True)
        ):
            yield self._closed(seam, number)
            yield from child.flatten()
        yield self._closed(self.tail, len(self.children))

    def pieces(self) -> Iterator[bytes]:
        """Give the octets of the whole part, without putting them together."""
        yield self.headers.to_bytes()
        yield from self.body_pieces()

    def body_pieces(self) -> Iterator[bytes]:
        """Give those of what stands after the header's empty line."""
        for piece in self.flatten_body():
            yield piece if isinstance(piece, bytes) else piece.body

    def body_bytes(self) -> bytes:
        """Return what stands after the header's empty line."""
        return b"".join(self.body_pieces())

    def to_bytes(self) -> bytes:
        """Return the whole part; what nobody edited is as it came."""
        return b"".join(self.pieces())

    def set_body(self, body: bytes) -> None:
        """Make it a leaf with this body, in the encoding that its header names."""
        head = self.headers.to_bytes()
        if not _HEAD_END.search(head, max(0, len(head) - 3)) and head.strip(b"\r\n"):
            self.headers.remove()  # no empty line ended it: an edited header gets one
        elif not head:
            self.headers.remove()
        self.body, self.children, self.seams, self.tail = body, [], [], b""

    def set_text(self, text: str) -> None:
        """Make it a leaf with this text, in its own charset and encoding if they can.

        Else the charset is UTF-8, and the encoding quoted-printable where neither 8-bit
        octets nor such long lines may stand; the header then says so.
        """
        text = _LINE_END.sub(self.headers.newline.decode(), text)
        codec = self.codec or "ascii"
        mark = charsets.mark(codec)
        try:
            content = charsets.encode(text, codec)
        except ValueError:
            content = text.encode()
            self.set_parameter("charset", "utf-8")
        else:
            if mark and (self.content or b"").startswith(mark):
                content = mark + content
        if not transfer.fits(content, self.encoding):
            self.set_encoding("quoted-printable")
        encoded = transfer.encode(content, self.encoding, newline=self.headers.newline)
        self.set_body(encoded)

    def set_parameter(self, name: str, value: str) -> None:
        """Write one parameter of its Content-Type; the others stay."""
        given = {**self.parameters, name: value}
        self.headers.replace(
            "Content-Type", parameters.written(self.kind, given).encode()
        )

    def set_encoding(self, encoding: str) -> None:
        """Name another transfer encoding; the body is left to the caller."""
        self.headers.replace("Content-Transfer-Encoding", encoding)

    def insert(self, index: int, child: "Part") -> None:
        """Put a part before the child of this number of a multipart, or at the end."""
        newline = self.headers.newline
        delimiter = b"--" + self.parameters["boundary"].encode() + newline
        if index == 0 and self.seams:
            self.seams.insert(1, newline + delimiter)
        else:
            self.seams.insert(index, (newline if self.seams else b"") + delimiter)
        self.children.insert(index, child)
        if not self.tail:
            self.tail = newline + delimiter.removesuffix(newline) + b"--" + newline
        if self.encoding == "7bit" and not all(map(bytes.isascii, child.pieces())):
            # RFC 2045 §6.4: what a multipart holds is what it has to announce.
            self.set_encoding("8bit")

    def drop(self, child: "Part") -> None:
        """Take a child out of a multipart that has others, with one delimiter line."""
        index = self.children.index(child)
        del self.children[index]
        if index + 1 < len(self.seams):
            del self.seams[index + 1]
        else:
            del self.seams[index]

    def wrap(self, kind: str = "multipart/mixed") -> None:
        """Become a multipart of this type whose only child is what this part was."""
        inner = replace(self, headers=self.headers.copy())
        outside = [f for f in self.headers.fields if not f.name.startswith(_CONTENT)]
        inner.headers.remove(*{f.name.decode() for f in outside})
        if inner.default != "text/plain" and not inner.headers.get("Content-Type"):
            inner.headers.replace("Content-Type", inner.default)
        boundary = new_boundary(*inner.body_pieces())
        self.headers.remove(*{f.name.decode() for f in inner.headers.fields})
        if not self.headers.get("MIME-Version"):
            self.headers.replace("MIME-Version", "1.0")
        self.headers.replace("Content-Type", f'{kind}; boundary="{boundary}"')
        if inner.encoding in {"8bit", "binary"}:
            self.set_encoding(inner.encoding)
        self.body, self.children, self.seams, self.tail = b"", [], [], b""
        self.insert(0, inner)

    def _closed(self, seam: bytes, number: int) -> bytes:
        """Give a seam its line end if it had none because the part before was empty."""
        if not number or not seam or seam.startswith((b"\n", b"\r\n")):
            return seam
        before = self.children[number - 1]
        empty = not (before.body or before.children or before.headers.to_bytes())
        return seam if empty else self.headers.newline + seam


def parse(message: Draft | bytes) -> Part:
    """Return the tree of any bytes; that of a draft shares its headers with it."""
    if isinstance(message, bytes):
        headers = Headers.parse(message)
        reader = _Reader(message, newline=headers.newline)
        return reader.part(headers, headers.body_offset, len(message))
    reader = _Reader(message.body, newline=message.headers.newline)
    return reader.part(message.headers, 0, len(message.body))


def multipart(kind: str, children: list[Part], *, headers: Headers) -> Part:
    """Return a multipart of these children; the header gets its Content-Type."""
    boundary = new_boundary(*(piece for child in children for piece in child.pieces()))
    headers.replace("Content-Type", f'{kind}; boundary="{boundary}"')
    part = Part(headers=headers)
    for index, child in enumerate(children):
        part.insert(index, child)
    return part


def new_boundary(*contents: bytes) -> str:
    """Return a boundary that stands in none of these; the same ones give the same.

    RFC 2046 §5.1.1.  The "=_" cannot be in quoted-printable or base64 (RFC 2045 §6.7).
    """
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    while True:
        boundary = f"=_listhub_{digest.hexdigest()[:24]}"
        if not any(boundary.encode() in content for content in contents):
            return boundary
        digest.update(b"again")


class _Reader:
    """Cuts one buffer by offsets, so that levels cost no copies."""

    def __init__(self, raw: bytes, *, newline: bytes) -> None:
        self._raw = raw
        self._newline = newline
        self._left = MAX_PARTS

    def part(
        self,
        headers: Headers,
        start: int,
        end: int,
        *,
        level: int = 0,
        default: str = "text/plain",
    ) -> Part:
        """Return the part whose body is raw[start:end]."""
        part = Part(headers=headers, default=default)
        kind, given = parts.content_type(headers)
        boundary = given.get("boundary")
        if kind.startswith("multipart/") and boundary and level < MAX_DEPTH:
            inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            self._children(part, (start, end), boundary, level=level, inner=inner)
        if not part.children:
            part.body = self._raw[start:end]
        return part

    def _children(
        self,
        part: Part,
        span: tuple[int, int],
        boundary: str,
        *,
        level: int,
        inner: str,
    ) -> None:
        start, end = span
        found = parts.spans(self._raw, boundary, start=start, end=end)
        spans = list(islice(found, self._left + 1))
        if not spans or len(spans) > self._left:
            return
        self._left -= len(spans)
        for child_start, child_end in spans:
            part.seams.append(self._raw[start:child_start])
            headers = self._headers(child_start, child_end)
            body = child_start + headers.body_offset
            child = self.part(headers, body, child_end, level=level + 1, default=inner)
            part.children.append(child)
            start = child_end
        part.tail = self._raw[start:end]

    def _headers(self, start: int, end: int) -> Headers:
        empty_line = _NO_HEAD.match(self._raw, start, end) or _HEAD_END.search(
            self._raw, start, end
        )
        raw = self._raw[start : empty_line.end() if empty_line else end]
        headers = Headers.parse(raw)
        if b"\n" not in raw:
            headers.newline = self._newline
        return headers
