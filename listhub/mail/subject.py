"""Subjects: take a list's tag and the heap of "Re:" off, put one of each back.

    Re: [dev] AW: Re[2]: plans   ─▶   Re: [dev] plans         a tag that stays the same
    Re: [dev:7] plans            ─▶   [dev:8] Re: plans       a tag with a number

With a number the tag comes first, so that a folder sorted by subject is in order.
"""

import re
from dataclasses import dataclass
from typing import Self

from listhub.mail import encoded_words

#: What mail programs write before the subject of a reply, in twenty forms.
REPLIES = (
    "Re", "Antw", "Atb", "Atb.", "AW", "Odp", "R", "Ref", "Res", "Rif", "SV", "Vá", "VS",
    "VT", "YNT", "Απ", "Σχετ", "На", "回复", "回覆",  # noqa: RUF001 - Cyrillic
)  # fmt: skip

_REPLY = re.compile(
    rf"(?P<word>{'|'.join(re.escape(word) for word in REPLIES)})"
    r"(?:\s*(?:\[\d+\]|\(\d+\)|[\^*]\d+))?"  # Re[2]: counts, as some programs do
    r"\s*[:：]\s*",  # noqa: RUF001 - the wide colon of East Asia
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\[%[-+]?\s*(?P<tt>[^%\]]*?)\s*[-+]?%\]"  # as Sympa's owners have written it
    r"|\[(?P<square>list\.\w*)\]"
    r"|\{(?P<brace>[^{}]*)\}"
)
_NAME, _NUMBER = ("name", "list.name"), ("sequence", "list.sequence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A list's tag on one post, and how to recognise those of earlier ones."""

    text: str  #: with its brackets
    numbered: bool
    earlier: re.Pattern[str]

    @classmethod
    def read(cls, template: str, *, name: str, sequence: int) -> Self | None:
        """Read the setting; None if it gives no tag or has a placeholder we don't know.

        A subject is then better left alone than spoilt.
        """
        pieces = _pieces(" ".join(encoded_words.safe(template).split()))
        if pieces is None:
            return None
        values = {_NAME: name, _NUMBER: str(sequence)}
        text = "".join(p if isinstance(p, str) else values[p] for p in pieces)
        text = _inner(" ".join(text.split()))
        if not text:
            return None
        own = [_pattern(pieces, name=name)]
        numbered = _NUMBER in pieces
        if _NAME in pieces:
            # Threads outlive a change of the setting: `[dev]` was `[dev:7]`, or is now.
            other = _without_number(pieces) if numbered else pieces
            own.append(_pattern(other, name=name) + ("" if numbered else r"[:#]\d+"))
        inside = "|".join(own)
        return cls(
            text=f"[{text}]",
            numbered=numbered,
            earlier=re.compile(rf"\[\s*(?:{inside})\s*\]", re.IGNORECASE),
        )


def tagged(raw: bytes, tag: Tag) -> str:
    """Return the value of a Subject field with the tag, in ASCII.

    The encoded words of what the author wrote are kept as they came, where cutting the
    rest off leaves them whole; otherwise they are written anew, in UTF-8.
    """
    reply, stem = _peeled(encoded_words.decode(raw), tag)
    written = _as_it_came(raw, tag)
    if not stem or encoded_words.decode(written.encode()) != stem:
        written = encoded_words.encode(stem)
    for word in (reply, tag.text) if tag.numbered else (tag.text, reply):
        written = _before(word, written) if word else written
    return written


def _pieces(template: str) -> list[str | tuple[str, str]] | None:
    """Cut a template into text and placeholders; None if one is not known."""
    pieces: list[str | tuple[str, str]] = []
    end = 0
    for match in _PLACEHOLDER.finditer(template):
        pieces.append(template[end : match.start()])
        end = match.end()
        name = (match["tt"] or match["square"] or match["brace"] or "").strip()
        if name in _NAME:
            pieces.append(_NAME)
        elif name in _NUMBER:
            pieces.append(_NUMBER)
        elif not (match["tt"] or "").startswith("#"):  # a comment
            return None
    pieces.append(template[end:])
    broken = any(mark in piece for piece in pieces for mark in ("[%", "%]"))
    return None if broken else pieces


def _inner(text: str) -> str:
    """The brackets are ours to put; an owner who wrote them too means the same."""
    return text[1:-1].strip() if text[:1] == "[" and text[-1:] == "]" else text


def _pattern(pieces: list[str | tuple[str, str]], *, name: str) -> str:
    # What cannot stand in a subject can stand in for the placeholders.
    values = {_NAME: "\0", _NUMBER: "\1"}
    text = "".join(p if isinstance(p, str) else values[p] for p in pieces)
    words = [re.escape(word) for word in _inner(text.strip()).split()]
    # RFC 5322 §2.2.3: a blank may have become a fold, and that any blanks.
    return r"\s+".join(words).replace("\0", re.escape(name)).replace("\1", r"\d+")


def _without_number(
    pieces: list[str | tuple[str, str]],
) -> list[str | tuple[str, str]]:
    """Leave the number out, with what sets it apart: `[dev:7]` was `[dev]`."""
    place = pieces.index(_NUMBER)
    before, after = pieces[:place], pieces[place + 1 :]
    if before and isinstance(before[-1], str):
        before[-1] = re.sub(r"[\W_]+\Z", "", before[-1])
    if after and isinstance(after[0], str):
        after[0] = re.sub(r"\A[\W_]+", "", after[0])
    return [piece for piece in (*before, *after) if piece != _NUMBER]


def _peeled(text: str, tag: Tag) -> tuple[str, str]:
    """Return the first reply prefix, "" without one, and what the author wrote."""
    pieces = [piece.strip() for piece in tag.earlier.split(text)]
    text = " ".join(piece for piece in pieces if piece)
    reply, position = "", 0
    while match := _REPLY.match(text, position):
        reply = reply or f"{match['word']}:"
        position = match.end()
    return reply, text[position:].strip()


def _as_it_came(raw: bytes, tag: Tag) -> str:
    """Peel the bytes as if they were the text; right only if it decodes to the same."""
    text = raw.decode("ascii", "replace").replace("\t", " ")
    return _peeled(text, tag)[1] if text.isprintable() and raw.isascii() else ""


def _before(word: str, written: str) -> str:
    """Put a word before what is written already, encoded if it needs it."""
    plainly = f"{encoded_words.encode(word)} {written}".strip()
    wanted = f"{word} {encoded_words.decode(written.encode())}".strip()
    if encoded_words.decode(plainly.encode()) == wanted:
        return plainly
    # RFC 2047 §6.2: blanks between encoded words are no text, so it goes into one.
    return f"{encoded_words.encode(word + ' ')} {written}"
