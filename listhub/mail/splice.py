"""Texts put into a text part without writing the rest of it anew.

A part becomes segments: octets that stay, and slots that are called with the texts of
one recipient.  Around a slot the octets are those that came in; base64, which has no
seam between any two octets, is written anew from the line on in which the slot is.
"""

import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from listhub.mail import added_text, charsets, transfer
from listhub.mail.added_text import Texts
from listhub.mail.html_places import places
from listhub.mail.mime import Part

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
            content = charsets.encode(self.render(texts), self.codec)
        except UnicodeError as error:
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


def widen(leaf: Part, *, newline: bytes) -> None:
    """Make a plain text able to hold any text: UTF-8, in an encoding that carries it."""
    text = leaf.text
    if leaf.kind != "text/plain" or text is None:
        return
    if leaf.codec != "utf_8":
        leaf.set_parameter("charset", "utf-8")
    if leaf.encoding == "7bit":
        leaf.set_encoding(_QP)
    leaf.set_body(transfer.encode(text.encode(), leaf.encoding, newline=newline))


def segments(leaf: Part, texts: Texts, *, newline: bytes) -> list[Segment] | None:
    """Return a text part's body with slots for what goes above and below it.

    `texts` says which there are, at least one; `newline` is the message's.  None if the
    part is not a text that can be read and cut.
    """
    text, content, codec = leaf.text, leaf.content, leaf.codec
    if text is None or content is None or codec is None:
        return None
    cuts = places(text) if leaf.kind == "text/html" else (0, len(text))
    pieces = _cut(content, text, cuts=cuts, codec=codec)
    if pieces is None:
        return None
    slots = [
        _TextSlot(render=render, codec=codec, encoding=leaf.encoding, newline=newline)
        for render in _renderers(leaf, text, cuts=cuts, newline=newline.decode())
    ]
    if leaf.encoding == _QP:
        pieces = _quoted_cut(leaf.body, pieces) or [
            transfer.quoted_printable(piece, newline=newline) for piece in pieces
        ]
    above: list[Segment] = [slots[0]] if texts.above else []
    below: list[Segment] = [slots[1]] if texts.below else []
    wire = [pieces[0], *above, pieces[1], *below, pieces[2]]
    return _base64(wire, newline=newline) if leaf.encoding == "base64" else wire


def _cut(
    content: bytes, text: str, *, cuts: tuple[int, int], codec: str
) -> list[bytes] | None:
    """Cut the octets where the text is cut; None if its charset cannot be cut there.

    Some charsets have modes (ISO-2022-JP, UTF-7), so the pieces are read again.
    """
    mark = charsets.mark(codec)
    first = len(content) - len(content.removeprefix(mark))
    top, bottom = (first + len(text[:cut].encode(codec)) for cut in cuts)
    if cuts[1] == len(text):
        bottom = len(content)
    pieces = [content[:top], content[top:bottom], content[bottom:]]
    try:
        read = "\n".encode(codec).join(pieces).removeprefix(mark).decode(codec)
    except ValueError:
        return None
    whole = "\n".join([text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :]])
    return pieces if read == whole else None


def _renderers(
    leaf: Part, text: str, *, cuts: tuple[int, int], newline: str
) -> tuple[Callable[[Texts], str], Callable[[Texts], str]]:
    """Return what gives the texts above and below, set off from the post."""
    line_end = _line_end(text) or newline
    if leaf.kind == "text/html":
        before_top, before_bottom = (_to_line_start(text[:c], line_end) for c in cuts)

        def page_top(texts: Texts) -> str:
            block = added_text.html(texts.above, newline=line_end)
            return before_top + block if block else ""

        def page_bottom(texts: Texts) -> str:
            block = added_text.html(texts.below, newline=line_end)
            return before_bottom + block if block else ""

        return page_top, page_bottom

    flowed, gap = bool(leaf.flow), _to_empty_line(text, line_end)

    def top(texts: Texts) -> str:
        block = added_text.plain(texts.above, newline=line_end, flowed=flowed)
        return block + line_end if block else ""

    def bottom(texts: Texts) -> str:
        block = added_text.plain(texts.below, newline=line_end, flowed=flowed)
        return gap + block if block else ""

    return top, bottom


def _line_end(text: str) -> str:
    end = text.find("\n")
    if end < 0:
        return ""
    return "\r\n" if text[end - 1 : end] == "\r" else "\n"


def _to_line_start(before: str, newline: str) -> str:
    return "" if not before or before.endswith("\n") else newline


def _to_empty_line(before: str, newline: str) -> str:
    """Return what it takes to have an empty line before the footer.

    Flowed text needs it: a last line that ends in a blank would run on (RFC 3676 §4.1).
    """
    if not before or before.endswith(("\n\n", "\n\r\n")):
        return ""
    return _to_line_start(before, newline) + newline


def _quoted_cut(body: bytes, pieces: list[bytes]) -> list[bytes] | None:
    """Cut quoted-printable where its content is cut, None if that needs other octets."""
    top = _quoted_offset(body, len(pieces[0]))
    bottom = _quoted_offset(body, len(pieces[0]) + len(pieces[1]))
    cut = [body[:top], body[top:bottom], body[bottom:]]
    return cut if [transfer.decode(piece, _QP) for piece in cut] == pieces else None


def _quoted_offset(body: bytes, length: int) -> int:
    """Return the last offset up to which no more than so many octets are meant."""
    low, high = 0, len(body)
    left = length  # octets that are still to come after `low`
    while low < high:
        middle = (low + high + 1) // 2
        start, end = _before_escape(body, low), _before_escape(body, middle)
        meant = len(binascii.a2b_qp(body[start:end]))
        if meant <= left:
            low, left = middle, left - meant
        else:
            high = middle - 1
    return _before_escape(body, low)


def _before_escape(body: bytes, offset: int) -> int:
    """Return the offset, or that of the "=XY" or soft line break that it would cut."""
    start = body.rfind(b"=", max(0, offset - 2), offset)
    if start < 0 or body[start + 1 : start + 2] == b"\n" or start + 3 <= offset:
        return offset
    return start


def _base64(wire: list[Segment], *, newline: bytes) -> list[Segment]:
    """Keep the whole lines before the first slot: only what follows can differ."""
    first = next(
        at for at, segment in enumerate(wire) if not isinstance(segment, bytes)
    )
    head = b"".join(piece for piece in wire[:first] if isinstance(piece, bytes))
    whole = len(head) - len(head) % _BASE64_LINE
    return [
        transfer.base64(head[:whole], newline=newline),
        _Base64Slot(segments=(head[whole:], *wire[first:]), newline=newline),
    ]
