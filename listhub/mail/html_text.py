"""A page of HTML as plain text, for those who want to read mail as text.

Paragraphs are filled, links are numbered and listed below, lists, quotes and tables keep
a simple shape; scripts, styles and forms are gone.  It takes a time and gives a text in
proportion to the page, however broken that is: tags are read by one expression that
never looks back, and depth is counted, not nested.
"""

import re
from collections.abc import Callable
from html import unescape

from listhub.mail.encoded_words import safe

LONGEST_PAGE = 2_000_000  # characters; the rest is left out, and that is said
_WIDTH = 72
_DEEPEST = 6  # levels of quotes and lists that are shown
_MOST_LINKS = 1000
#: Tags, text, and what is neither; in time in proportion to the page.
TOKENS = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<[!?][^>]*+>?"
    r"|<(?P<raw>script|style|title|textarea|template|svg|math|select)\b"
    r".*?(?:</(?P=raw)[^>]*+>?|\Z)"
    # A tag that never ends is the rest of the page, as browsers see it.
    r"|<(?P<end>/?)(?P<tag>[A-Za-z][A-Za-z0-9]{0,20}+)(?P<attributes>"
    r"(?:[^>\"']++|\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))*+)(?:>|\Z)"
    r"|(?P<text>[^<]++|<)",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"\b(?P<name>href|alt|start)\s*=\s*"
    r"(?:\"(?P<a>[^\"]*+)\"?|'(?P<b>[^']*+)'?|(?P<c>[^\s>\"']++))",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https?|ftp|mailto):[^\s<>]+", re.IGNORECASE)
_LINES = frozenset({
    "address", "article", "aside", "dd", "div", "dt", "figcaption", "footer", "form",
    "header", "main", "nav", "option", "section", "tbody", "thead", "tr",
})  # fmt: skip
_PARAGRAPHS = frozenset({
    "body", "dl", "fieldset", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p",
    "pre", "table",
})  # fmt: skip


def html_to_text(page: str) -> str:
    """Return the text of a page, lines ended by LF; of any page, however broken."""
    writer = _Writer()
    for token in TOKENS.finditer(page[:LONGEST_PAGE]):
        if token["text"]:
            writer.text(unescape(token["text"]))
        elif token["tag"]:
            writer.tag(token["end"] + token["tag"].lower(), token["attributes"])
    if len(page) > LONGEST_PAGE:
        writer.paragraph()
        writer.text("[…]")
    return writer.finished()


class _Writer:
    """Takes tags and text in the order of the page, and writes lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._run: list[str] = []  # text of the line in work
        self._begun = False  # whether any of it is more than blanks
        self._bullet = ""
        self._gap = False  # an empty line is due
        self._quotes = 0
        self._quoted = 0  # those of the last line
        self._lists: list[int] = []  # the next number of each open list, 0 for bullets
        self._verbatim = 0
        self._links: dict[str, int] = {}
        self._open: list[tuple[str, int]] = []  # links, and where their text starts
        self._special: dict[str, Callable[[str], None]] = {
            "br": lambda _: self.line(),
            "hr": self._rule,
            "img": self._image,
            "a": self._link,
            "/a": self._link_end,
            "ul": lambda _: self._list(0),
            "ol": lambda attributes: self._list(_number(attributes)),
            "/ul": self._list_end,
            "/ol": self._list_end,
            "li": self._item,
            "blockquote": lambda _: self._quote(1),
            "/blockquote": lambda _: self._quote(-1),
            "td": self._cell,
            "th": self._cell,
        }

    def tag(self, name: str, attributes: str) -> None:
        """Take a tag, `/name` if it ends something."""
        plain = name.removeprefix("/")
        if plain in _PARAGRAPHS:
            self.paragraph()
        elif plain in _LINES:
            self.line()
        if plain == "pre":
            self._verbatim = max(0, self._verbatim + (1 if name == plain else -1))
        if special := self._special.get(name):
            special(attributes)

    def text(self, text: str) -> None:
        """Take text; blanks are one blank."""
        self._run.append(text)
        self._begun = self._begun or not text.isspace()

    def line(self) -> None:
        """End the line in work."""
        text, self._run, self._open = "".join(self._run), [], []
        self._begun = False
        if self._verbatim:
            lines = [safe(line) for line in text.strip("\n").splitlines()]
        else:
            lines = _filled(safe(text).split(), self._room())
        if lines and self._gap and self._lines:
            depth = min(self._quotes, self._quoted)
            self._lines.append("> " * min(depth, _DEEPEST))
        if lines:
            self._gap, self._quoted = False, self._quotes
        for line in lines:
            self._lines.append(self._prefix() + line)

    def paragraph(self) -> None:
        """End the line in work, and have an empty one before what comes next."""
        self.line()
        self._gap = self._gap or not self._bullet

    def finished(self) -> str:
        """Return the text, with the addresses of the links below it."""
        self.paragraph()
        lines = [line.rstrip() for line in self._lines]
        if self._links:
            lines += ["", *(f"[{number}] {url}" for url, number in self._links.items())]
        return "".join(f"{line}\n" for line in lines)

    def _prefix(self) -> str:
        bullet, self._bullet = self._bullet, ""
        depth = min(len(self._lists), _DEEPEST)
        indent = "  " * (depth - 1 if bullet else depth) + bullet
        return "> " * min(self._quotes, _DEEPEST) + indent

    def _room(self) -> int:
        depth = min(self._quotes, _DEEPEST) + min(len(self._lists), _DEEPEST)
        return _WIDTH - 2 * depth

    def _rule(self, _: str) -> None:
        # No dashes: a line of them means something in mail and in digests.
        self.text("* * *")
        self.paragraph()

    def _image(self, attributes: str) -> None:
        if alt := _attribute(attributes, "alt"):
            self.text(f" [{alt}] ")

    def _link(self, attributes: str) -> None:
        self._open = [(_attribute(attributes, "href"), len(self._run))]

    def _link_end(self, _: str) -> None:
        for url, start in self._open:
            text = " ".join("".join(self._run[start:]).split())
            same = url.removeprefix("mailto:").rstrip("/") in {text, text.rstrip("/")}
            if text and _LINK.fullmatch(url) and not same:
                if len(self._links) < _MOST_LINKS:
                    self._links.setdefault(url, len(self._links) + 1)
                if url in self._links:
                    self.text(f" [{self._links[url]}]")
        self._open = []

    def _list(self, first: int) -> None:
        if self._lists:
            self.line()
        else:
            self.paragraph()
        self._lists.append(first)

    def _list_end(self, _: str) -> None:
        self.line()
        self._bullet = ""
        if self._lists:
            self._lists.pop()
        if not self._lists:
            self.paragraph()

    def _item(self, _: str) -> None:
        self.line()
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] += 1
        self._bullet = f"{number}. " if number else "* "

    def _quote(self, step: int) -> None:
        self.paragraph()
        self._quotes = max(0, self._quotes + step)

    def _cell(self, _: str) -> None:
        if self._begun:
            self._run.append(" | ")


def _attribute(attributes: str, name: str) -> str:
    for match in _ATTRIBUTE.finditer(attributes):
        if match["name"].lower() == name:
            value = match["a"] or match["b"] or match["c"] or ""
            return safe(unescape(value)).strip()
    return ""


def _number(attributes: str) -> int:
    start = _attribute(attributes, "start")
    return int(start) if re.fullmatch("[1-9][0-9]{0,5}", start) else 1


def _filled(words: list[str], room: int) -> list[str]:
    lines: list[list[str]] = []
    length = room + 1
    for word in words:
        if length + 1 + len(word) > room:
            lines.append([])
            length = -1
        lines[-1].append(word)
        length += 1 + len(word)
    return [" ".join(line) for line in lines]
