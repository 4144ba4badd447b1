"""Placeholders: `${name}` in the texts of a family stands for a value of each list.

The dollar sign keeps them apart from `{name}` of subjects and from owners' templates.
"""

import re
from collections.abc import Callable, Iterator, Mapping

#: What every list has.
ALWAYS = ("name", "domain", "address")

FIELD = r"[a-z][a-z0-9_]{0,39}"
_PLACE = re.compile(rf"\$\{{({FIELD})\}}")
_BEGUN = re.compile(r"\$\{[^}]{0,60}\}?")


def names(value: object) -> Iterator[str]:
    """Yield the names of the placeholders in a text, or in all texts of a list."""
    for text in _texts(value):
        yield from _PLACE.findall(text)


def broken(value: object) -> str:
    """Return what begins like a placeholder and is none, or ""."""
    for text in _texts(value):
        for begun in _BEGUN.finditer(text):
            if not _PLACE.fullmatch(begun[0]):
                return begun[0]
    return ""


def fill(value: object, fields: Mapping[str, str]) -> object:
    """Return a value with its placeholders filled; one that is not known stays."""
    if isinstance(value, list | tuple):
        return [fill(item, fields) for item in value]
    return fill_text(value, fields) if isinstance(value, str) else value


def fill_text(
    text: str, fields: Mapping[str, str], *, quote: Callable[[str], str] = str
) -> str:
    """Return a text with its placeholders filled, each value as `quote` writes it."""
    return _PLACE.sub(
        lambda found: quote(fields[found[1]]) if found[1] in fields else found[0], text
    )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
