"""Pages of what may be long: each goes on where the one before ended, by its key.

A cursor is a text that a page gives and takes back: the key of a row, and the way to
go from it.  It is no secret and no promise: whoever makes one up sees other rows of
the same list, or is told that there is no such page.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from listhub.i18n.text import N_
from listhub.lists.said import SaidError

T = TypeVar("T")

#: Rows of a page unless told, and the most that anybody gets at once.
SIZE, MOST = 50, 500
#: Characters of a cursor: the keys in it are addresses, names and numbers.
_LONGEST = 2000

NO_PAGE = N_("There is no such page; begin with the first one.")

#: The parts of a row's key.
Key = tuple[str | int | datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where to go on: behind this key or, going back, before it."""

    key: Key
    back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Rows in their order; `after` and `before` lead to the next ones, "" to none."""

    rows: tuple[T, ...]
    after: str = ""
    before: str = ""


def read(text: str, kinds: tuple[type, ...]) -> Cursor | None:
    """Return what a cursor says, None for the first page; SaidError for a wrong one.

    `kinds` are the types of the key's parts: str, int or datetime.
    """
    if not text:
        return None
    try:
        back, *parts = json.loads(
            base64.urlsafe_b64decode(text[:_LONGEST].encode("ascii"))
        )
        key = tuple(_part(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise SaidError(NO_PAGE) from None
    return Cursor(key=key, back=bool(back))


def write(cursor: Cursor) -> str:
    """Return a cursor as a text of letters, digits, `-`, `_` and `=`."""
    parts = [
        part.isoformat() if isinstance(part, datetime) else part for part in cursor.key
    ]
    plain = json.dumps([int(cursor.back), *parts], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode()


def cut(
    found: Sequence[T],
    *,
    size: int,
    cursor: Cursor | None,
    key: Callable[[T], Key],
) -> Page[T]:
    """Return the page that rows make; one more than `size` was asked for.

    They come in the order in which they were asked for: going back, the last one first.
    """
    rows, more = list(found[:size]), len(found) > size
    back = cursor is not None and cursor.back
    if back:
        rows.reverse()
    if not rows:
        return Page(rows=())
    on, before = (True, more) if back else (more, cursor is not None)
    return Page(
        rows=tuple(rows),
        after=write(Cursor(key=key(rows[-1]))) if on else "",
        before=write(Cursor(key=key(rows[0]), back=True)) if before else "",
    )


def bounded(size: int) -> int:
    """Return how many rows a page of about this size has."""
    return min(max(size, 1), MOST)


def _part(part: object, kind: type) -> str | int | datetime:
    if kind is datetime and isinstance(part, str):
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if kind is int and isinstance(part, int) and abs(part) < 2**63:
        return part
    if kind is str and isinstance(part, str) and "\0" not in part:
        part.encode()  # no half of a surrogate: the database would choke on it
        return part
    raise ValueError
