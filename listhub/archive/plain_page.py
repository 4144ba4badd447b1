"""Text of a mail as HTML: links that work, quotes folded, format=flowed as meant."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Literal

from listhub.archive.hiding import hidden_url, hide, names_somebody

LONGEST = 300_000  # characters that are shown; the rest is in the message itself
#: Quotes of more lines are folded; shorter ones say what is answered.
FOLDED = 6

_LINK = re.compile(
    r"\bhttps?://[^\s<>\"'\x00-\x1f]{1,2000}"
    r"|(?<![\w.+-])[\w.+-]{1,64}+@(?:[^\W_][\w-]{0,62}\.){1,20}[^\W_][\w-]{0,62}"
)
_TRAILING = ".,;:!?'\"*_"
_QUOTE_MARKS = re.compile(r"(?:[ ]?>)+[ ]?")
_SIGNATURE = "-- "


def render(
    text: str,
    *,
    flow: Literal["", "flowed", "delsp"] = "",
    addresses: bool,
    quoted: str = "Quoted text",
) -> str:
    """Return the HTML of a text; `addresses`: whether the reader may see them."""
    lines = list(unwrapped(text[:LONGEST], flow))
    pieces: list[str] = []
    for is_quote, run in groupby(lines, key=lambda line: line[0] > 0):
        block = [linked(line, addresses=addresses) for _, line in run]
        inner = "\n".join(block)
        if not is_quote:
            pieces.append(f'<div class="plain">{inner}</div>')
        elif len(block) > FOLDED:
            pieces.append(
                f'<details class="quote"><summary>{escape(quoted)}</summary>'
                f'<blockquote class="plain">{inner}</blockquote></details>'
            )
        else:
            pieces.append(f'<blockquote class="plain">{inner}</blockquote>')
    return "\n".join(pieces)


def unwrapped(
    text: str, flow: Literal["", "flowed", "delsp"]
) -> Iterator[tuple[int, str]]:
    """Give (depth of quoting, line), flowed lines joined (RFC 3676 §4.1)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    if not flow:
        for line in lines:
            marks = _QUOTE_MARKS.match(line)
            yield (marks[0].count(">") if marks else 0), line
        return
    joined: list[str] = []
    depth = 0
    for line in lines:
        quotes = len(line) - len(line.lstrip(">"))
        content = line[quotes:].removeprefix(" ")
        if joined and (quotes != depth or content == _SIGNATURE):
            yield _paragraph(depth, joined)
            joined = []
        depth = quotes
        flows = content.endswith(" ") and content != _SIGNATURE
        joined.append(content[:-1] if flows and flow == "delsp" else content)
        if not flows:
            yield _paragraph(depth, joined)
            joined = []
    if joined:
        yield _paragraph(depth, joined)


def linked(text: str, *, addresses: bool) -> str:
    """Return text escaped, with its links; no address in it if it is to have none."""
    pieces: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        found = match[0].rstrip(_TRAILING)
        if found.endswith(")") and "(" not in found:
            found = found.rstrip(")")
        pieces.append(_plain(text[end : match.start()], addresses=addresses))
        pieces.append(_link(found, addresses=addresses))
        end = match.start() + len(found)
    return "".join([*pieces, _plain(text[end:], addresses=addresses)])


def _link(found: str, *, addresses: bool) -> str:
    if "://" not in found:
        if not addresses:
            return _plain(found, addresses=False)
        return f'<a href="mailto:{escape(found)}">{escape(found)}</a>'
    if not addresses and names_somebody(found):
        return escape(hidden_url(found))
    url = escape(found)
    return f'<a href="{url}" rel="nofollow noopener noreferrer">{url}</a>'


def _plain(text: str, *, addresses: bool) -> str:
    return escape(text if addresses else hide(text))


def _paragraph(depth: int, pieces: list[str]) -> tuple[int, str]:
    text = "".join(pieces)
    return depth, f"{'>' * depth} {text}" if depth else text
