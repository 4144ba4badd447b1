"""Put a list's header and footers around a post, by parts of their own or in its texts.

`mime` adds parts to a multipart/mixed, which is made where there is none.  `append`
writes into the texts that a reader sees first: of a mixed or related multipart those of
the first part, of an alternative those of each.  Neither touches attachments, signed or
encrypted parts, or texts that cannot be read.

`decorate_plan` does the work that is the same for all recipients once; what is left for
each is to render the texts and join octets.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from listhub.mail import added_text, mime, splice, transfer
from listhub.mail.added_text import Text, Texts
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.mime import Part
from listhub.mail.splice import Segment

__all__ = ["Mode", "Plan", "Text", "Texts", "decorate", "decorate_plan"]

Mode = Literal["mime", "append"]

#: Fragments of messages and references to them mean something only as they are.
_NOT_WRAPPED = ("message/partial", "message/external-body")
_PLACEHOLDER = b"\0"  # not empty, so that the delimiter after it is a line of its own


def decorate(
    draft: Draft,
    *,
    header: Text | None = None,
    footer: Text | None = None,
    global_footer: Text | None = None,
    mode: Mode,
) -> None:
    """Put the texts around a draft's body, in place."""
    texts = Texts(header=header, footer=footer, global_footer=global_footer)
    done = decorate_plan(draft, texts, mode=mode).fill(texts)
    draft.headers, draft.body = done.headers, done.body


def decorate_plan(draft: Draft, texts: Texts, *, mode: Mode) -> "Plan":
    """Prepare a draft for texts that differ by recipient; these say which there are."""
    return Plan(draft, texts, mode=mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    headers: Headers
    segments: tuple[Segment, ...]


class Plan:
    """A post with its places for texts; `fill` is cheap and may be called for ever."""

    def __init__(self, draft: Draft, texts: Texts, *, mode: Mode) -> None:
        self._draft = draft.copy()
        self._texts = texts
        self._mode: Mode = mode
        self._narrow = self._layout(wide=False)
        self._wide: _Layout | None = None

    def fill(self, texts: Texts) -> Draft:
        """Return the post with these texts; its headers may be edited.

        Where a text does not fit into the charset of the post, that is UTF-8 then.
        """
        layout = self._narrow
        try:
            body = splice.filled(layout.segments, texts)
        except splice.DoesNotFit:
            layout = self._wide = self._wide or self._layout(wide=True)
            body = splice.filled(layout.segments, texts)
        return Draft(headers=layout.headers.copy(), body=body)

    def _layout(self, *, wide: bool) -> _Layout:
        tree = mime.parse(self._draft.copy())
        slots: dict[int, list[Segment]] = {}
        if self._texts.above or self._texts.below:
            if self._mode == "mime":
                slots = _in_parts(tree, self._texts, wide=wide)
            else:
                slots = _in_texts(tree, self._texts, wide=wide)
        segments: list[Segment] = []
        for piece in tree.flatten_body():
            if isinstance(piece, bytes):
                segments.append(piece)
            else:
                segments.extend(slots.get(id(piece), [piece.body]))
        return _Layout(headers=tree.headers, segments=_merged(segments))


def _in_texts(tree: Part, texts: Texts, *, wide: bool) -> dict[int, list[Segment]]:
    """Return the new body of each text that is read first, by the part's identity."""
    newline = tree.headers.newline
    slots: dict[int, list[Segment]] = {}
    for leaf in _read_first(tree):
        if leaf.text is None:
            continue
        leaf.set_body(leaf.body)  # ends its header
        if wide:
            splice.widen(leaf, newline=newline)
        segments = splice.segments(leaf, texts, newline=newline)
        if segments is not None:
            slots[id(leaf)] = segments
    return slots


def _read_first(part: Part) -> list[Part]:
    if part.is_sealed or part.is_attachment:
        return []
    if part.children:
        if part.kind == "multipart/alternative":
            return [leaf for child in part.children for leaf in _read_first(child)]
        if part.kind in {"multipart/mixed", "multipart/related"}:
            return _read_first(part.children[0])
        return []
    return [part] if part.kind in {"text/plain", "text/html"} else []


def _in_parts(tree: Part, texts: Texts, *, wide: bool) -> dict[int, list[Segment]]:
    """Put in a part for each text; return the parts to come, by identity."""
    broken = tree.kind.startswith("multipart/") and not tree.children
    if tree.is_sealed or broken or tree.kind in _NOT_WRAPPED:
        return {}
    if tree.kind != "multipart/mixed":
        tree.wrap()
    if wide and tree.encoding == "7bit":
        tree.set_encoding("8bit")
    slots: dict[int, list[Segment]] = {}
    for name in ("header", "footer", "global_footer"):
        if getattr(texts, name) is None:
            continue
        placeholder = mime.parse(b"")
        placeholder.body = _PLACEHOLDER
        tree.insert(0 if name == "header" else len(tree.children), placeholder)
        slots[id(placeholder)] = [
            _PartSlot(
                name=name,
                eight_bit=tree.encoding in {"8bit", "binary"},
                boundary=b"--" + tree.parameters["boundary"].encode(),
                newline=tree.headers.newline,
            )
        ]
    return slots


@dataclass(frozen=True, slots=True, kw_only=True)
class _PartSlot:
    """A whole part: the one that the owner wrote, or one made of the text."""

    name: str
    eight_bit: bool
    boundary: bytes
    newline: bytes

    def __call__(self, texts: Texts) -> bytes:
        text: Text = getattr(texts, self.name) or Text()
        own = text.mime and transfer.with_line_ends(text.mime, self.newline)
        if not own or self.boundary in own or not Headers.parse(own).fields:
            return self._made_of(added_text.plain((text,), newline="\n").encode())
        if not own.isascii() and not self.eight_bit:
            raise splice.DoesNotFit(self.name)
        return own

    def _made_of(self, content: bytes) -> bytes:
        encoding = "7bit" if transfer.fits(content, "7bit") else "quoted-printable"
        if self.boundary in content:
            encoding = "base64"  # there are no dashes in it
        lines = (
            b"Content-Type: text/plain; charset=utf-8",
            b"Content-Transfer-Encoding: " + encoding.encode(),
            b"Content-Disposition: inline",
            b"",
            transfer.encode(
                transfer.with_line_ends(content, self.newline),
                encoding,
                newline=self.newline,
            ),
        )
        return self.newline.join(lines)


def _merged(segments: list[Segment]) -> tuple[Segment, ...]:
    """Join what stands between two slots, so that a filling copies it once."""
    merged: list[Segment] = []
    for constant, run in groupby(segments, key=lambda item: isinstance(item, bytes)):
        if constant:
            merged.append(b"".join(item for item in run if isinstance(item, bytes)))
        else:
            merged.extend(run)
    return tuple(merged)
