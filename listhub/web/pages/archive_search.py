"""Search in the archive of a list: words, author, days, files."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from listhub.archive import search as archive_search
from listhub.archive.search import After, Search, TooSlow
from listhub.i18n.text import N_, Text
from listhub.lists import paging
from listhub.lists.paging import Cursor
from listhub.lists.said import SaidError
from listhub.web.door.answer import Answer
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.archive_reader import Reader, reader

_SIZE = 20
#: Seconds that a search may take.
_PATIENCE = 5.0

NOTHING_ASKED = N_("Say what to look for: words, an author, days, or files.")
NO_WORDS = N_("There is no word in “%(words)s” that could be looked for.")
NO_DAY = N_("“%(day)s” is not a day; write it as in 2026-11-20.")
WRONG_ORDER = N_("The first day is after the last one.")
NOTHING = N_("Nothing was found. Fewer or other words may help.")
TOO_SLOW = N_(
    "This search took too long and was broken off. Rarer words, an author or fewer days"
    " make it faster."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was typed, as it was typed."""

    words: str
    author: str
    since: str
    until: str
    files: bool
    order: str

    @property
    def empty(self) -> bool:
        return not (self.words or self.author or self.since or self.until or self.files)

    def query(self) -> dict[str, object]:
        """Return the fields as a link has them."""
        return {
            "words": self.words,
            "author": self.author,
            "since": self.since,
            "until": self.until,
            "files": "1" if self.files else "",
            "order": self.order if self.order == "best" else "",
        }


def search(visit: Visit) -> Answer:
    """Show what was found, or say in a sentence why there is nothing."""
    found = reader(visit)
    form = _form(visit)
    results: tuple[archive_search.Found, ...] = ()
    after, text = "", None
    try:
        page = _found(found, form)
        results = page.found
        after = _further(found, form, page.after) if page.after else ""
        text = None if results else Text(NOTHING)
    except SaidError as error:
        text = error.text
    except TooSlow:
        text = Text(TOO_SLOW)
    return found.view(
        "archive_search.html.j2",
        form=form,
        results=results,
        after=after,
        later=bool(visit.asked.one("after")),
        text=text,
        robots="noindex",
    )


def _form(visit: Visit) -> Form:
    one = visit.asked.one
    return Form(
        words=one("words").strip(),
        author=one("author").strip(),
        since=one("since").strip(),
        until=one("until").strip(),
        files=bool(one("files")),
        order="best" if one("order") == "best" else "newest",
    )


def _found(found: Reader, form: Form) -> archive_search.Page:
    wanted = wanted_of(form, found.list_settings.timezone)
    visit = found.visit
    after = after_of(visit.asked.one("after"))
    with archive_search.patience(visit.conn, _PATIENCE):
        return archive_search.search(
            visit.conn,
            wanted,
            lists=[visit.list.id],
            addresses=found.addresses,
            after=after,
            limit=_SIZE,
        )


def wanted_of(form: Form, timezone: str) -> Search:
    """Return what to look for; SaidError says what cannot be understood."""
    if form.empty:
        raise SaidError(NOTHING_ASKED)
    for words in filter(None, (form.words, form.author)):
        if not any(letter.isalnum() for letter in words):
            raise SaidError(NO_WORDS, words=words)
    since, last = _day(form.since, timezone), _day(form.until, timezone)
    if since and last and since > last:
        raise SaidError(WRONG_ORDER)
    return Search(
        words=form.words,
        author=form.author,
        since=since,
        until=last + timedelta(days=1) if last else None,
        with_files=form.files,
        order="best" if form.order == "best" else "newest",
    )


def _day(text: str, timezone: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise SaidError(NO_DAY, day=text) from None
    # Years at the ends of the calendar have no day before or after them.
    if not 1900 <= day.year < 3000:
        raise SaidError(NO_DAY, day=text)
    return datetime.combine(day, time(), ZoneInfo(timezone))


def _further(found: Reader, form: Form, after: After) -> str:
    return found.path("search", **form.query(), after=cursor_of(after))


def cursor_of(after: After) -> str:
    """Return where the next page begins, as an address has it."""
    return paging.write(Cursor(key=(after.sent_at, after.id, repr(after.rank))))


def after_of(text: str) -> After | None:
    """Return where a page begins, None for the first; SaidError for a wrong cursor."""
    cursor = paging.read(text, (datetime, int, str))
    if cursor is None:
        return None
    sent_at, number, rank = cast("tuple[datetime, int, str]", cursor.key)
    try:
        ranked = float(rank)
    except ValueError:
        raise SaidError(paging.NO_PAGE) from None
    return After(sent_at=sent_at, id=number, rank=ranked)


PAGES = (Page(path="/archive/{list}/search", need=Need.SCENARIO, get=search),)
