"""The texts that a list adds to posts, as they look in plain text and in HTML."""

import re
from dataclasses import dataclass
from html import escape

from listhub.mail.encoded_words import safe
from listhub.mail.transfer import LONGEST_LINE

#: What is added says itself how it looks: the author's style sheet may hide any `div`.
_STYLE = (
    "display: block; position: static; visibility: visible; clear: both; float: none; "
    "width: auto; height: auto; margin: 1em 0; padding: 0; border: 0; overflow: visible; "
    "background: none; color: inherit; font-size: small; text-align: left; opacity: 1"
)
_LINK = re.compile(r"\b(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)
_AFTER_LINK = ".,;:!?'"
_SHORT = 240  # characters: at most 960 octets of UTF-8
_FOLD_AT = 700
_STUFFED = (" ", ">", "From ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in its final form, and the whole MIME part that may stand in its place."""

    text: str = ""
    #: Header and body of a part; it is what is added where parts are added.
    mime: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What goes before a post and after it: of the list, and of its whole domain."""

    header: Text | None = None
    footer: Text | None = None
    global_footer: Text | None = None

    @property
    def above(self) -> tuple[Text, ...]:
        return tuple(text for text in (self.header,) if text)

    @property
    def below(self) -> tuple[Text, ...]:
        return tuple(text for text in (self.footer, self.global_footer) if text)


def plain(texts: tuple[Text, ...], *, newline: str, flowed: bool = False) -> str:
    """Return the texts as lines, each ended, with an empty line between texts."""
    blocks = [
        "".join(line + newline for line in _lines(text.text, flowed=flowed))
        for text in texts
        if text.text.strip()
    ]
    return newline.join(blocks)


def html(texts: tuple[Text, ...], *, newline: str) -> str:
    """Return the texts as blocks of HTML in ASCII, their addresses as links."""
    return "".join(
        f'<div style="{_STYLE}">{newline}{_marked_up(text.text, newline)}</div>{newline}'
        for text in texts
        if text.text.strip()
    )


def _lines(text: str, *, flowed: bool) -> list[str]:
    lines = text.strip("\r\n").splitlines()
    return [piece for line in lines for piece in _cut(_line(line, flowed=flowed))]


def _line(line: str, *, flowed: bool) -> str:
    line = safe(line)
    if not flowed or line == "-- ":
        return line  # RFC 3676 §4.3: this one is fixed although it ends in a blank
    line = line.rstrip(" ")  # §4.2: without a blank at its end it is fixed
    return f" {line}" if line.startswith(_STUFFED) else line  # §4.4


def _cut(line: str) -> list[str]:
    if len(line.encode()) <= LONGEST_LINE:
        return [line]
    return [line[at : at + _SHORT] for at in range(0, len(line), _SHORT)]


def _marked_up(text: str, newline: str) -> str:
    lines = (_linked(safe(line)) for line in text.strip("\r\n").splitlines())
    return "".join(
        f"{_folded(line, newline) if len(line) > _FOLD_AT else line}<br>{newline}"
        for line in lines
    )


def _linked(line: str) -> str:
    pieces: list[str] = []
    end = 0
    for match in _LINK.finditer(line):
        url = match[0].rstrip(_AFTER_LINK)
        if url.endswith(")") and "(" not in url:
            url = url.rstrip(")" + _AFTER_LINK)
        if url.endswith((":", "//")):
            continue
        pieces.append(escape(line[end : match.start()]))
        pieces.append(f'<a href="{escape(url)}">{escape(url)}</a>')
        end = match.start() + len(url)
    pieces.append(escape(line[end:]))
    # Entities can stand in every charset, so a charset never has to change for HTML.
    return "".join(pieces).encode("ascii", "xmlcharrefreplace").decode()


def _folded(line: str, newline: str) -> str:
    lines = [""]
    for word in line.split(" "):
        if len(lines[-1]) + len(word) > _FOLD_AT and lines[-1]:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return newline.join(lines)
