"""HTML of a mail as HTML that cannot do anything, load anything, or leave its box.

First the page is written anew: tags balanced, few deep, few in number, images and links
put where they may point.  Then nh3 lets through what is on the list below, and nothing
else.  The first pass keeps hostile pages from costing minutes (a sanitiser builds the
tree that a browser would, and that can be a hundred times the page); the second is the
one that safety rests on.
"""

import re
from collections.abc import Callable
from html import escape, unescape

import nh3

from listhub.archive.hiding import hide, names_somebody
from listhub.mail.html_text import TOKENS

LONGEST_PAGE = 500_000  # characters; the rest is in the message itself
_MOST_TAGS = 20_000
_DEEPEST = 60
_MOST_OPEN_FORMATS = 8

_FORMATS = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt",
    "u",
})  # fmt: skip
_VOID = frozenset({"br", "hr", "img"})
TAGS = _FORMATS | _VOID | {
    "abbr", "address", "article", "aside", "bdi", "bdo", "blockquote", "caption",
    "center", "cite", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt",
    "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "ins", "kbd", "li", "main", "mark", "ol", "p", "pre", "q", "samp", "section",
    "span", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr",
    "ul", "var",
}  # fmt: skip
_COMMON = {"dir", "lang", "title"}
ATTRIBUTES = {
    "a": {"href"},
    "img": {"alt", "data-remote-src", "height", "src", "width"},
    "li": {"value"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"align", "colspan", "rowspan", "valign", "width"},
    "th": {"align", "colspan", "rowspan", "scope", "valign", "width"},
}
_ATTRIBUTE = re.compile(
    r"([A-Za-z][A-Za-z-]{0,30}+)\s*=\s*(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s>\"']++))"
)
_SCHEME = re.compile(r"(https?|mailto):", re.IGNORECASE)
_BLANK = re.compile(r"[\x00-\x20\x7f-\x9f]+")
_QUOTE = re.compile(r"</?blockquote[^<>]*+>")
_LONGEST_VALUE = 2000
_REMOTE = "data-remote-src"

#: The address at which an image of the mail itself is found, by its Content-ID.
Images = Callable[[str], str | None]


def render(
    page: str, *, images: Images, addresses: bool, quoted: str = "Quoted text"
) -> str:
    """Return the page without what acts; remote images are in `data-remote-src`.

    `addresses`: whether the reader may see them.
    """
    allowed: set[str] = set()
    writer = _Writer(images=images, allowed=allowed, addresses=addresses)
    clean = nh3.clean(
        writer.written(page[:LONGEST_PAGE]),
        tags=set(TAGS),
        attributes={tag: ATTRIBUTES.get(tag, set()) | _COMMON for tag in TAGS},
        attribute_filter=lambda tag, name, value: _filtered(tag, name, value, allowed),
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    folded = _folded(clean, quoted)
    return folded if addresses else hide(folded)


def _filtered(tag: str, name: str, value: str, allowed: set[str]) -> str | None:
    """Let no image through but those of the mail itself, whoever put it there."""
    if (tag, name) == ("img", "src"):
        return value if value in allowed else None
    if name in {"href", _REMOTE}:
        return value if _SCHEME.match(value) else None
    return value


def _folded(page: str, quoted: str) -> str:
    """Fold the outermost quotes; nh3 has escaped what only looks like one."""
    depth = 0
    opening = f'<details class="quote"><summary>{escape(quoted)}</summary><blockquote>'

    def fold(match: re.Match[str]) -> str:
        nonlocal depth
        if match[0].startswith("</"):
            depth -= 1
            return match[0] if depth else "</blockquote></details>"
        depth += 1
        return opening if depth == 1 else match[0]

    return _QUOTE.sub(fold, page)


class _Writer:
    """Writes a page anew: what is open is closed, and never much is open at once."""

    def __init__(self, *, images: Images, allowed: set[str], addresses: bool) -> None:
        self._images = images
        self._allowed = allowed
        self._addresses = addresses
        self._out: list[str] = []
        self._open: list[str] = []
        self._left = _MOST_TAGS

    def written(self, page: str) -> str:
        for token in TOKENS.finditer(page):
            if token["text"]:
                self._out.append(escape(unescape(token["text"]), quote=False))
            elif token["tag"] and token["tag"].lower() in TAGS:
                name = token["tag"].lower()
                if token["end"]:
                    self._close(name)
                else:
                    self._start(name, token["attributes"])
        while self._open:
            self._out.append(f"</{self._open.pop()}>")
        return "".join(self._out)

    def _start(self, name: str, attributes: str) -> None:
        self._left -= 1
        if self._left < 0 or not self._has_room(name):
            return
        self._out.append(f"<{name}{self._attributes(name, attributes)}>")
        if name not in _VOID:
            self._open.append(name)

    def _has_room(self, name: str) -> bool:
        if name in _VOID:
            return True
        if name in _FORMATS:
            formats = sum(each in _FORMATS for each in self._open)
            return formats < _MOST_OPEN_FORMATS
        return len(self._open) < _DEEPEST

    def _close(self, name: str) -> None:
        if name in self._open:
            while True:
                last = self._open.pop()
                self._out.append(f"</{last}>")
                if last == name:
                    return

    def _attributes(self, tag: str, attributes: str) -> str:
        known = ATTRIBUTES.get(tag, set()) | _COMMON
        kept: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(attributes):
            name = match[1].lower()
            value = unescape(match[2] or match[3] or match[4] or "")[:_LONGEST_VALUE]
            if name not in known or name in kept or name == _REMOTE:
                continue
            if name == "src":
                name, value = self._image(value)
            elif name == "href":
                value = self._target(value)
            if value:
                kept[name] = value
        return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())

    def _image(self, value: str) -> tuple[str, str]:
        """Return where an image of the mail is, or what is to be asked for first."""
        value = _BLANK.sub("", value)
        if value.lower().startswith("cid:"):
            found = self._images(value[4:]) or ""
            self._allowed.add(found)
            return "src", found
        remote = value.lower().startswith(("http://", "https://"))
        hides = remote and not self._addresses and names_somebody(value)
        return _REMOTE, value if remote and not hides else ""

    def _target(self, value: str) -> str:
        """Return where a link leads; relative ones would lead into our own pages."""
        value = _BLANK.sub("", value)
        if not _SCHEME.match(value):
            return ""
        hides = value.lower().startswith("mailto:") or names_somebody(value)
        return "" if hides and not self._addresses else value
