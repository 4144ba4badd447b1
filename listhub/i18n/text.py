"""Texts that are written in one language now and read in another one later.

    REASON = N_("Only members may post to %(list)s.")
    raise Refused(Text(REASON, list="dev@lists.example"))
    ...
    reason.into("fr")

`N_` marks a text for translation where it stands; nothing else may be put into it
than the values of its %(placeholders)s.
"""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from listhub.i18n.languages import SOURCE, translations


def N_(text: str) -> str:  # noqa: N802 - the mark that gettext's tools look for
    """Mark a text for translation and return it as it is."""
    return text


class Text:
    """A text with its values, to be read in any language; `str` is the English one."""

    __slots__ = ("text", "values")

    def __init__(self, text: str, /, **values: object) -> None:
        self.text = text
        self.values: Mapping[str, object] = values

    def into(self, language: str) -> str:
        """Return the text in a language with its values filled in."""
        return fill(translated(self.text, language), _read(self.values, language))

    @override
    def __str__(self) -> str:
        return self.into(SOURCE)

    @override
    def __repr__(self) -> str:
        return f"Text({self.text!r}, **{dict(self.values)!r})"

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Text):
            return NotImplemented
        return (self.text, self.values) == (other.text, other.values)

    @override
    def __hash__(self) -> int:
        return hash(self.text)


def translated(text: str, language: str) -> str:
    """Return a marked text in a language; "" stays "" (gettext has its header there)."""
    return translations(language).gettext(text) if text else ""


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Put values in the place of %(names)s; without values a text is left as it is."""
    return text % values if values else text


def _read(values: Mapping[str, object], language: str) -> dict[str, object]:
    return {
        name: value.into(language) if isinstance(value, Text) else value
        for name, value in values.items()
    }
