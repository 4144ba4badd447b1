"""What pages answer: a view, a move to another page, a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.responses import Response

from listhub.i18n.text import N_, Text

Tone = Literal["well", "note", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie to set; `life` in seconds, 0 ends it, None: as long as the browser."""

    name: str
    value: str
    life: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A page from a template, filled in."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Go on at another page of ours (303), where a sentence says what happened.

    `to` is a path below the site's address, never what a client gave.
    """

    to: str
    said: Text | None = None
    tone: Tone = "well"
    #: The language of what is said, if not the page's: somebody has just chosen it.
    language: str = ""
    cookies: tuple[Cookie, ...] = ()


#: What a page's function returns.
Answer = View | Moved | Response


class Refused(Exception):
    """A page that cannot be given: an HTTP status, and a sentence for the person."""

    def __init__(self, status: int, text: Text) -> None:
        super().__init__(str(text))
        self.status = status
        self.text = text


NO_PAGE = N_("There is no such page; the link may be cut off.")


def no_page() -> Refused:
    """Return the refusal for what is not there, or is not to be known of."""
    return Refused(404, Text(NO_PAGE))
