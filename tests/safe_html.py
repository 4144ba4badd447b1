"""A strict reader of what we show: names everything that should not be in a page."""

import re
from html.parser import HTMLParser

from typing_extensions import override

from listhub.archive.html_page import ATTRIBUTES, TAGS

_OURS = {
    "details": {"class"},
    "summary": set[str](),
    "div": {"class"},
    "blockquote": {"class"},
}
_COMMON = {"dir", "lang", "title"}
_CLASSES = {"plain", "html", "quote"}
_LINK = re.compile(r"(https?://|mailto:)[^\s<>\"]+|https?:[^\s<>\"]+")
_IMAGE = re.compile(r"file/\d+")
_VOID = {"br", "hr", "img", "col"}
_REL = "nofollow noopener noreferrer"


def complaints(page: str) -> list[str]:
    """Return what is wrong with a page, nothing if it is safe."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if reader.open:
        reader.found.append(f"never closed: {reader.open}")
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.open: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS | _OURS.keys():
            self.found.append(f"tag <{tag}>")
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag == "a" and "href" in dict(attrs):
            href, rel = dict(attrs)["href"] or "", dict(attrs).get("rel")
            if rel != _REL and not href.startswith("mailto:"):
                self.found.append(f"link without rel: {href}")

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(f"tag <{tag}/> that ends itself")

    @override
    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.found.append(f"stray </{tag}>")

    @override
    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data!r}")

    @override
    def handle_decl(self, decl: str) -> None:
        self.found.append(f"declaration {decl!r}")

    @override
    def unknown_decl(self, data: str) -> None:
        self.found.append(f"declaration {data!r}")

    @override
    def handle_pi(self, data: str) -> None:
        self.found.append(f"instruction {data!r}")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        known = ATTRIBUTES.get(tag, set()) | _COMMON | _OURS.get(tag, set())
        if name not in known | ({"rel"} if tag == "a" else set()):
            self.found.append(f"attribute {tag} {name}={value!r}")
        elif name == "class" and value not in _CLASSES:
            self.found.append(f"class {value!r}")
        elif name == "href" and not _LINK.fullmatch(value):
            self.found.append(f"link {value!r}")
        elif name == "src" and not _IMAGE.fullmatch(value):
            self.found.append(f"image {value!r}")
        elif name == "data-remote-src" and not re.match(r"https?://", value):
            self.found.append(f"remote image {value!r}")
