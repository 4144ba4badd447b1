"""Texts put into a text part without writing the rest of it anew.

A part becomes segments: octets that stay, and slots that are called with the texts of
one recipient.  Around a slot the octets are those that came in; base64, which has no
seam between any two octets, is written anew from the line on in which the slot is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from listhub.mail import charsets, transfer
from listhub.mail.mime import Part
from listhub.mail.transforms import added_text
from listhub.mail.transforms.added_text import Texts
from listhub.mail.transforms.html_places import places

Slot = Callable[[Texts], bytes]
Segment = bytes | Slot

_QP = "quoted-printable"
_BASE64_LINE = 57


class DoesNotFit(ValueError):
    """The text cannot stand in this part: its charset or its encoding is too narrow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _TextSlot:
    render: Callable[[Texts], str]
    codec: str
    encoding: str
    newline: bytes

    def __call__(self, texts: Texts) -> bytes:
        try:
            content = self.render(texts).encode(self.codec)
        except UnicodeEncodeError as error:
            raise DoesNotFit(self.codec) from error
        if not transfer.fits(content, self.encoding):
            raise DoesNotFit(self.encoding)
        if self.encoding == _QP:
            return transfer.quoted_printable(content, newline=self.newline)
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base64Slot:
    segments: tuple[Segment, ...]
    newline: bytes

    def __call__(self, texts: Texts) -> bytes:
        return transfer.base64(filled(self.segments, texts), newline=self.newline)


def filled(segments: Sequence[Segment], texts: Texts) -> bytes:
    """Return the octets with every slot filled; raise DoesNotFit if one cannot be."""
    return b"".join(
        segment if isinstance(segment, bytes) else segment(texts)
        for segment in segments
    )


def widen(leaf: Part) -> None:
    """Make a plain text able to hold any text: UTF-8, in an encoding that carries it."""
    text, before = leaf.text, leaf.encoding
    if leaf.kind != "text/plain" or text is None:
        return
    content = text.encode()
    if leaf.codec != "utf_8":
        leaf.set_parameter("charset", "utf-8")
    if before == "7bit":
        leaf.set_encoding(_QP)
    newline = leaf.headers.newline
    leaf.set_body(transfer.encode(content, leaf.encoding, newline=newline))


def segments(leaf: Part, *, newline: bytes) -> list[Segment] | None:
    """Return a text part's body with slots for what goes above and below it.

    None if it is not a text that can be read; `newline` is the message's.
    """
    text, content, codec = leaf.text, leaf.content, leaf.codec
    if text is None or content is None or codec is None:
        return None
    line_end = _line_end(text) or newline.decode()
    cuts = places(text) if leaf.kind == "text/html" else (0, len(text))
    pieces = _cut(content, text, cuts=cuts, codec=codec)
    if pieces is None:
        return None

    def slot(render: Callable[[Texts], str]) -> _TextSlot:
        return _TextSlot(
            render=render, codec=codec, encoding=leaf.encoding, newline=newline
        )

    above, below = _renderers(leaf, text, cuts=cuts, newline=line_end)
    wire = [pieces[0], slot(above), pieces[1], slot(below), pieces[2]]
    if leaf.encoding == "base64":
        return _base64(wire, newline=newline)
    if leaf.encoding == _QP:
        kept = _quoted_cut(leaf.body, pieces)
        wire[::2] = kept or [
            transfer.quoted_printable(piece, newline=newline) for piece in pieces
        ]
    return wire


def _line_end(text: str) -> str:
    end = text.find("\n")
    if end < 0:
        return ""
    return "\r\n" if text[end - 1 : end] == "\r" else "\n"


def _cut(
    content: bytes, text: str, *, cuts: tuple[int, int], codec: str
) -> list[bytes] | None:
    """Cut octets where the text is cut; None if a charset with modes has none there."""
    first = len(content) - len(content.removeprefix(charsets.mark(codec)))
    ends = [
        len(text[:cut].encode(codec)) + first if cut < len(text) else len(content)
        for cut in cuts
    ]
    pieces = [content[: ends[0]], content[ends[0] : ends[1]], content[ends[1] :]]
    mark = charsets.mark(codec)
    probe = "\n".encode(codec).join(pieces)
    try:
        read = probe.removeprefix(mark).decode(codec)
    except ValueError:
        return None
    top, bottom = cuts
    if read != f"{text[:top]}\n{text[top:bottom]}\n{text[bottom:]}":
        return None
    return pieces


def _renderers(
    leaf: Part, text: str, *, cuts: tuple[int, int], newline: str
) -> tuple[Callable[[Texts], str], Callable[[Texts], str]]:
    """Return how the texts above and below look, with what parts them from the post."""
    if leaf.kind == "text/html":
        return tuple(
            _after_line(text[:cut], newline)  # type: ignore[return-value]
            for cut in cuts
        )
    raise NotImplementedError
