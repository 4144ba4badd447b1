"""The archive of a list: its months, its newest threads, one month, one thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast
from zoneinfo import ZoneInfo

from listhub.archive import browse, threads
from listhub.archive.browse import Entry, Month, Thread
from listhub.archive.stems import stem_of
from listhub.archive.threads import Node
from listhub.i18n import formats
from listhub.lists import paging
from listhub.lists.paging import Cursor
from listhub.web.door.answer import Answer, no_page
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.archive_reader import Reader, reader

#: Threads on the first page, and among how many of the newest posts they are found.
_NEWEST, _AMONG = 12, 200
#: Posts or threads of a month on a page, posts of a thread.
_SIZE, _OF_THREAD = 50, 100
#: Answers deeper than this are folded.
_DEEPEST_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """A month as it is shown: what it is called in paths and by people."""

    name: str
    title: str
    posts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A message in its thread, as its reader may see it."""

    entry: Entry
    depth: int
    #: Whether it is about something else than what it answers.
    turns: bool


def home(visit: Visit) -> Answer:
    """Show what there is: months with their posts, and the newest threads."""
    found = reader(visit)
    conn, list_id = visit.conn, visit.list.id
    months = browse.months(conn, list_id, timezone=found.list_settings.timezone)
    return found.view(
        "archive.html.j2",
        years=_years(months, visit.language),
        posts=sum(month.posts for month in months),
        threads=_shown(found, _newest(found)),
    )


def month(visit: Visit) -> Answer:
    """Show a month, by threads or by date."""
    found = reader(visit)
    try:
        name = visit.asked.params["month"]
        title = formats.month(name, visit.language)
        since, until = browse.bounds(name, found.list_settings.timezone)
    except (ValueError, OverflowError):
        raise no_page() from None
    by_date = visit.asked.one("by") == "date"
    cursor = paging.read(visit.asked.one("after"), (datetime, int))
    after = cast("tuple[datetime, int]", cursor.key) if cursor else None
    listed = _posts if by_date else _threads
    return found.view(
        "archive_month.html.j2",
        month=Titled(name=name, title=title),
        by_date=by_date,
        later=cursor is not None,
        **listed(found, since, until, after),
        **_months_around(found, since, until),
    )


def thread(visit: Visit) -> Answer:
    """Show a thread from top to bottom: who answered whom, and how each begins."""
    found = reader(visit)
    entry = found.entry()
    nodes = threads.tree(browse.thread(visit.conn, entry, visit.list.id))
    start = min(visit.asked.number("from"), len(nodes) - 1)
    part = nodes[start : start + _OF_THREAD]
    more = start + _OF_THREAD
    return found.view(
        "archive_thread.html.j2",
        entry=found.shown(entry),
        first=found.shown(nodes[0].entry),
        groups=_folded([_line(found, node) for node in part]),
        posts=len(nodes),
        cut=len(nodes) >= browse.LONGEST_THREAD,
        excerpts=browse.excerpts(
            visit.conn,
            [node.entry.id for node in part],
            addresses=found.addresses,
        ),
        before=_from(found, start - _OF_THREAD) if start else "",
        after=_from(found, more) if more < len(nodes) else "",
    )


def _newest(found: Reader) -> list[Thread]:
    """Return the threads of the newest posts: a look at a few, however many there are."""
    conn, list_id = found.visit.conn, found.visit.list.id
    newest = browse.latest(conn, list_id, limit=_AMONG)
    if not newest:
        return []
    return browse.threads(
        conn,
        list_id,
        since=newest[-1].sent_at,
        until=newest[0].sent_at + timedelta(seconds=1),
        limit=_NEWEST,
    )


def _shown(found: Reader, listed: Sequence[Thread]) -> list[Thread]:
    return [
        Thread(first=found.shown(each.first), posts=each.posts, last_at=each.last_at)
        for each in listed
    ]


def _threads(
    found: Reader, since: datetime, until: datetime, after: tuple[datetime, int] | None
) -> dict[str, object]:
    listed = browse.threads(
        found.visit.conn,
        found.visit.list.id,
        since=since,
        until=until,
        after=after,
        limit=_SIZE + 1,
    )
    page = listed[:_SIZE]
    last = page[-1] if len(listed) > _SIZE else None
    key = (last.last_at, last.first.thread_id or last.first.id) if last else None
    return {"threads": _shown(found, page), "after": _written(key)}


def _posts(
    found: Reader, since: datetime, until: datetime, after: tuple[datetime, int] | None
) -> dict[str, object]:
    listed = browse.posts(
        found.visit.conn,
        found.visit.list.id,
        since=since,
        until=until,
        after=after,
        limit=_SIZE + 1,
    )
    page = listed[:_SIZE]
    key = page[-1].position if len(listed) > _SIZE else None
    return {"entries": [found.shown(each) for each in page], "after": _written(key)}


def _written(key: tuple[datetime, int] | None) -> str:
    return paging.write(Cursor(key=key)) if key else ""


def _months_around(
    found: Reader, since: datetime, until: datetime
) -> dict[str, Titled | None]:
    """Return the next months with posts on both sides: two looks into an index."""
    conn, list_id = found.visit.conn, found.visit.list.id
    earlier = browse.latest(conn, list_id, before=(since, 0), limit=1)
    later = browse.posts(conn, list_id, since=until, limit=1)
    return {
        "earlier": _month_of(found, earlier[0].sent_at) if earlier else None,
        "following": _month_of(found, later[0].sent_at) if later else None,
    }


def _month_of(found: Reader, at: datetime) -> Titled:
    name = f"{at.astimezone(ZoneInfo(found.list_settings.timezone)):%Y-%m}"
    return Titled(name=name, title=formats.month(name, found.visit.language))


def _years(
    months: Sequence[Month], language: str
) -> list[tuple[str, list[Titled], int]]:
    """Return years with their months and posts, the newest first."""
    years = []
    for year, group in groupby(months, key=lambda each: each.month[:4]):
        titled = [
            Titled(
                name=each.month,
                title=formats.month(each.month, language),
                posts=each.posts,
            )
            for each in group
        ]
        years.append((year, titled, sum(each.posts for each in titled)))
    return years


def _line(found: Reader, node: Node) -> Line:
    parent = node.parent
    turned = parent and stem_of(parent.subject)[0] != stem_of(node.entry.subject)[0]
    return Line(entry=found.shown(node.entry), depth=node.depth, turns=bool(turned))


def _folded(lines: Sequence[Line]) -> list[tuple[bool, list[Line]]]:
    """Return runs of posts, and whether they stand too deep to be shown at once."""
    runs = groupby(lines, key=lambda line: line.depth > _DEEPEST_SHOWN)
    return [(deep, list(run)) for deep, run in runs]


def _from(found: Reader, number: int) -> str:
    permalink = found.visit.asked.params["permalink"]
    return found.path(permalink, "thread", **{"from": max(number, 0) or None})


PAGES = (
    Page(path="/archive/{list}", need=Need.SCENARIO, get=home),
    # As feeds name it: their ids end in a slash.
    Page(path="/archive/{list}/", need=Need.SCENARIO, get=home),
    Page(path="/archive/{list}/month/{month}", need=Need.SCENARIO, get=month),
    Page(path="/archive/{list}/{permalink}/thread", need=Need.SCENARIO, get=thread),
)
