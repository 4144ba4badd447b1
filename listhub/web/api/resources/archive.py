"""The archive of a list: months, threads, messages, search, files, the source."""

from datetime import datetime
from typing import Literal, cast

from pydantic import Field
from starlette.responses import Response

from listhub.archive import browse, framed, render, search as searching, threads
from listhub.archive.browse import Entry
from listhub.archive.search import TooSlow
from listhub.i18n.text import Text
from listhub.lists import paging
from listhub.lists.paging import Cursor
from listhub.lists.personal import posts
from listhub.spool import bodies
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Answer,
    Count,
    Done,
    Moment,
    Octets,
    Paged,
    Query,
    Rows,
)
from listhub.web.api.shapes.held import File
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need
from listhub.web.pages import archive_files
from listhub.web.pages.archive_message import QUOTED
from listhub.web.pages.archive_reader import Reader, reader
from listhub.web.pages.archive_removal import DONE, DONE_BEFORE
from listhub.web.pages.archive_search import (
    TOO_SLOW,
    Form,
    after_of,
    cursor_of,
    wanted_of,
)

#: Seconds that a search may take.
_PATIENCE = 5.0

_PLACE = (datetime, int)


class Month(Answer):
    """A month of the list's time zone."""

    month: str = Field(examples=["2026-11"])
    posts: Count


class ArchiveShape(Answer):
    """What an archive has."""

    posts: Count
    months: list[Month]
    """Those with posts, the newest first."""


class Message(Answer):
    """A message among others; to whom may not see addresses they are cut."""

    permalink: str = Field(examples=["2026-11-1"])
    """What it is called."""

    message_id: str = Field(examples=["post0@a.example"])
    sent_at: Moment
    author: str = Field(examples=["m0@a.example"])
    author_name: str = Field(examples=["Ann Author"])
    subject: str = Field(examples=["Meeting on Thursday"])
    size: Octets
    attachments: Count


class Thread(Answer):
    """A thread among others."""

    first: Message
    posts: Count
    last_at: Moment


class Node(Answer):
    """A message at its place in a thread."""

    entry: Message
    depth: Count
    """How deep it stands below the first one."""


class FullMessage(Message):
    """A message with its text and files."""

    body: str = Field(examples=["<p>Hello all,</p>"])
    """Safe HTML: nothing in it can act; images elsewhere are not loaded."""

    has_html: bool
    encrypted: bool
    cut: bool
    """Whether it is too long to be given as a whole."""

    files: list[File]
    previous: str | None
    """What the one before is called, by date."""

    next: str | None
    thread_previous: str | None
    thread_next: str | None


class ShowAs(Query):
    """How the message is shown."""

    as_html: bool = False
    """Its HTML where there is text as well."""


class Wanted(Query):
    """What to look for."""

    words: str = Field("", max_length=500, examples=["meeting"])
    """As people type: `"a phrase"`, `or`, `-not`."""

    author: str = Field("", max_length=200)
    since: str = Field("", max_length=10)
    """The first day, as 2026-11-20."""

    until: str = Field("", max_length=10)
    """The last day."""

    files: bool = False
    """With files alone."""

    order: Literal["newest", "best"] = "newest"
    cursor: str = Field("", max_length=2000)
    limit: int = Field(20, ge=1, le=searching.MOST)


class Found(Answer):
    """A message that was found."""

    permalink: str = Field(examples=["2026-11-1"])
    sent_at: Moment
    author: str
    author_name: str
    subject: str
    attachments: Count
    snippet: str = Field(examples=["about the <mark>meeting</mark>"])
    """Safe HTML, with what was found marked."""


def show(call: Call) -> ArchiveShape:
    """Tell what there is, to whom the list's rules let read it."""
    timezone = reader(call).list_settings.timezone
    months = browse.months(call.conn, call.list.id, timezone=timezone)
    total = sum(month.posts for month in months)
    return call.give(ArchiveShape, {"posts": total, "months": months})


def month_messages(call: Call, query: Paged) -> Rows[Message]:
    """Find the messages of a month, oldest first; onwards only."""
    found = reader(call)
    since, until = _bounds(call, found)
    listed = browse.posts(
        call.conn,
        call.list.id,
        since=since,
        until=until,
        after=_place(query.cursor),
        limit=query.limit + 1,
    )
    rows = [found.shown(each) for each in listed[: query.limit]]
    more = len(listed) > query.limit
    return call.every(Message, rows, after=_cursor(rows[-1].position) if more else "")


def month_threads(call: Call, query: Paged) -> Rows[Thread]:
    """Find the threads in which was written in a month, the latest first."""
    found = reader(call)
    since, until = _bounds(call, found)
    listed = browse.threads(
        call.conn,
        call.list.id,
        since=since,
        until=until,
        after=_place(query.cursor),
        limit=query.limit + 1,
    )
    rows = listed[: query.limit]
    last = rows[-1] if len(listed) > query.limit else None
    key = (last.last_at, last.first.thread_id or last.first.id) if last else None
    shown = [
        {"first": found.shown(one.first), "posts": one.posts, "last_at": one.last_at}
        for one in rows
    ]
    return call.every(Thread, shown, after=_cursor(key) if key else "")


def search(call: Call, query: Wanted) -> Rows[Found]:
    """Find messages by words, author, days and files; onwards only."""
    found = reader(call)
    form = Form(**query.model_dump(exclude={"cursor", "limit"}))
    try:
        with searching.patience(call.conn, _PATIENCE):
            page = searching.search(
                call.conn,
                wanted_of(form, found.list_settings.timezone),
                lists=[call.list.id],
                addresses=found.addresses,
                after=after_of(query.cursor),
                limit=query.limit,
            )
    except TooSlow:
        raise Refused(503, Text(TOO_SLOW)) from None
    after = cursor_of(page.after) if page.after else ""
    return call.every(Found, page.found, after=after)


def message(call: Call, query: ShowAs) -> FullMessage:
    """Give a message, made safe, and what stands around it."""
    found = reader(call)
    entry = found.entry()
    view = render.View(
        addresses=found.addresses,
        file_url=framed.place,
        html=query.as_html,
        quoted=call.say(QUOTED),
    )
    raw = bodies.load(call.conn, entry.body_id)
    rendered = render.render(raw, view, received_at=entry.sent_at)
    near = browse.neighbours(call.conn, entry, call.list.id)
    shown = found.shown(entry)
    rest = ("body", "has_html", "encrypted", "cut", "files")
    around = ("previous", "next", "thread_previous", "thread_next")
    return call.give(
        FullMessage,
        {
            **{name: getattr(shown, name) for name in Message.model_fields},
            **{name: getattr(rendered, name) for name in rest},
            **{name: _name(getattr(near, name)) for name in around},
        },
    )


def thread(call: Call) -> Rows[Node]:
    """Give the whole thread of a message, in the order of reading."""
    found = reader(call)
    nodes = threads.tree(browse.thread(call.conn, found.entry(), call.list.id))
    rows = [{"entry": found.shown(one.entry), "depth": one.depth} for one in nodes]
    return call.every(Node, rows)


def source(call: Call) -> Response:
    """Give a message as it came, octet for octet, to whom nothing is hidden."""
    return _response(archive_files.saved(call))


def file(call: Call) -> Response:
    """Give a file that came with a message."""
    return _response(archive_files.file(call))


def remove(call: Call) -> Done:
    """Take a message out of the archive, for good; once more changes nothing."""
    permalink, list_id = call.asked.params["permalink"], call.list.id
    if browse.was_removed(call.conn, list_id, permalink):
        return call.done(Text(DONE_BEFORE), changed=False)
    entry = reader(call).entry()
    chosen = posts.choose(message_id=entry.message_id, list_id=list_id)
    posts.erase(call.conn, chosen, actor=call.actor)
    return call.done(Text(DONE))


def _bounds(call: Call, found: Reader) -> tuple[datetime, datetime]:
    try:
        month = call.asked.params["month"]
        return browse.bounds(month, found.list_settings.timezone)
    except (ValueError, OverflowError):
        raise no_page() from None


def _place(text: str) -> tuple[datetime, int] | None:
    cursor = paging.read(text, _PLACE)
    return cast("tuple[datetime, int]", cursor.key) if cursor else None


def _cursor(key: tuple[datetime, int]) -> str:
    return paging.write(Cursor(key=key))


def _name(entry: Entry | None) -> str | None:
    return entry.permalink if entry else None


def _response(answer: object) -> Response:
    if not isinstance(answer, Response):
        raise TypeError("a file is a response")
    return answer


_HERE = "/lists/{list}/archive"
_MESSAGE = f"{_HERE}/messages/{{permalink}}"

OPERATIONS = (
    Operation(
        method="GET",
        path=_HERE,
        name="show_archive",
        need=Need.SCENARIO,
        rights="read",
        function=show,
    ),
    Operation(
        method="GET",
        path=f"{_HERE}/search",
        name="search_archive",
        need=Need.SCENARIO,
        rights="read",
        function=search,
    ),
    Operation(
        method="GET",
        path=f"{_HERE}/months/{{month}}/messages",
        name="find_messages",
        need=Need.SCENARIO,
        rights="read",
        function=month_messages,
    ),
    Operation(
        method="GET",
        path=f"{_HERE}/months/{{month}}/threads",
        name="find_threads",
        need=Need.SCENARIO,
        rights="read",
        function=month_threads,
    ),
    Operation(
        method="GET",
        path=_MESSAGE,
        name="show_message",
        need=Need.SCENARIO,
        rights="read",
        function=message,
    ),
    Operation(
        method="GET",
        path=f"{_MESSAGE}/thread",
        name="show_thread",
        need=Need.SCENARIO,
        rights="read",
        function=thread,
    ),
    Operation(
        method="GET",
        path=f"{_MESSAGE}/source",
        name="fetch_source",
        need=Need.SCENARIO,
        rights="read",
        function=source,
        media_type="message/rfc822",
    ),
    Operation(
        method="GET",
        path=f"{_MESSAGE}/files/{{number}}",
        name="fetch_file",
        need=Need.SCENARIO,
        rights="read",
        function=file,
        media_type="application/octet-stream",
    ),
    Operation(
        method="DELETE",
        path=_MESSAGE,
        name="remove_message",
        need=Need.MODERATOR,
        rights="moderate",
        function=remove,
    ),
)
