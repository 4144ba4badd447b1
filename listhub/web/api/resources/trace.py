"""Where is a message: searched by any part, told down to each recipient's answer."""

import uuid

from pydantic import Field

from listhub.delivery import fate
from listhub.i18n.text import Text
from listhub.lists import posting, story
from listhub.lists.operators import copies as copies_of, recipients, search
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.resources.posts import Recipient, RecipientsWanted, trace_of
from listhub.web.api.shape import (
    Address,
    Answer,
    Count,
    Moment,
    Number,
    Paged,
    Rows,
    Trace,
)
from listhub.web.api.shapes.spool import Way
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need
from listhub.web.pages.operations_trace import NO_LIST

#: Recipients without a copy that are named for each message.
_EXCEPTIONS = 20


class TraceWanted(Paged):
    """What is known of the message; of the last week unless told."""

    message_id: str = Field("", max_length=320)
    sender: str = Field("", max_length=320)
    recipient: str = Field("", max_length=320)
    subject: str = Field("", max_length=200)
    list: str = Field("", max_length=320)
    trace: uuid.UUID | None = None
    since: Moment | None = Field(None, examples=["2026-11-01T00:00:00Z"])
    until: Moment | None = Field(None, examples=["2999-01-01T00:00:00Z"])


class CameIn(Answer):
    """A mail that came in, and where it is."""

    item: Number
    at: Moment
    trace: Trace
    message_id: str | None = Field(examples=["post0@a.example"])
    list: str | None = Field(examples=["dev@lists.example"])
    stage: str = Field(examples=["distribute"])
    sender: str | None
    recipient: str | None
    author: str | None
    subject: str | None
    verdict: str
    """How it ended; "": it waits."""

    settled_at: Moment | None


class StateCount(Answer):
    """How many recipients are in a state."""

    state: str = Field(examples=["delivered"])
    recipients: Count
    first: Moment
    last: Moment


class Sending(Answer):
    """A message that left, and what became of its recipients."""

    outgoing: Number
    message_id: str = Field(examples=["post0@a.example"])
    mode: str = Field(examples=["each"])
    recipients: Count
    pending: Count
    counts: list[StateCount]
    next_try: Moment | None
    summary: str = Field(examples=["980 delivered, 15 deferred, 5 refused"])


class StoryShape(Answer):
    """The life of one mail."""

    trace: Trace
    message_id: str
    waiting: Count
    """What still waits of it."""

    lines: list[Way]
    sendings: list[Sending]
    list: str


class CopiesWanted(Paged):
    """Whose copies."""

    address: str = Field(min_length=1, max_length=320, examples=["m1@a.example"])
    list: str = Field("", max_length=320)
    since: Moment | None = Field(None, examples=["2026-11-01T00:00:00Z"])
    until: Moment | None = Field(None, examples=["2999-01-01T00:00:00Z"])


class Reply(Answer):
    """What a server said about a copy."""

    at: Moment
    state: str = Field(examples=["delivered"])
    attempt: Count
    relay: str
    code: int = Field(examples=[250])
    enhanced: str
    reply: str


class Copy(Answer):
    """One recipient's copy of one message."""

    outgoing_id: Number
    trace: Trace
    message_id: str
    mode: str = Field(examples=["each"])
    created_at: Moment
    address: Address
    answers: list[Reply]
    """Oldest first."""

    list: str | None


def find(call: Call, query: TraceWanted) -> Rows[CameIn]:
    """Find mails that came in, the newest first."""
    given = query.model_dump(exclude={"cursor", "limit", "list"})
    wanted = search.Wanted(**given, list_id=_list_id(call, query.list))
    page = search.search(call.conn, wanted, cursor=query.cursor, size=query.limit)
    return call.rows(CameIn, page)


def show(call: Call) -> StoryShape:
    """Tell the whole way of a message, and what became of its copies."""
    found = story.tell(call.conn, [trace_of(call)], exceptions=_EXCEPTIONS)
    if not found:
        raise no_page()
    one = found[0]
    return call.give(
        StoryShape,
        {
            "trace": one.trace,
            "message_id": one.message_id,
            "list": one.list,
            "waiting": one.waiting,
            "lines": one.lines,
            "sendings": [_sending(each) for each in one.sendings],
        },
    )


def _sending(each: story.Sending) -> dict[str, object]:
    return {
        "outgoing": each.message.id,
        "message_id": each.message.message_id,
        "mode": each.message.mode,
        "recipients": each.message.recipients,
        "pending": each.fate.pending,
        "counts": each.fate.counts,
        "next_try": each.next_try,
        "summary": story.summary(each),
    }


def find_recipients(call: Call, query: RecipientsWanted) -> Rows[Recipient]:
    """Find the recipients of a message that left, and the newest answer for each."""
    number = call.asked.number_of("outgoing")
    leaving = fate.of_traces(call.conn, [trace_of(call)])
    if number not in {each.id for each in leaving}:
        raise no_page()
    page = recipients.page(
        call.conn,
        number,
        state=query.state,
        text=query.q.strip(),
        cursor=query.cursor,
        size=query.limit,
    )
    return call.rows(Recipient, page)


def copies(call: Call, query: CopiesWanted) -> Rows[Copy]:
    """Find what one address got, the newest first; onwards only."""
    page = copies_of.page(
        call.conn,
        query.address.strip(),
        since=query.since,
        until=query.until,
        list_id=_list_id(call, query.list),
        cursor=query.cursor,
        size=query.limit,
    )
    return call.rows(Copy, page)


def _list_id(call: Call, address: str) -> int | None:
    if not address:
        return None
    row = posting.find_named(call.conn, address)
    if row is None:
        raise Refused(404, Text(NO_LIST))
    return row.id


OPERATIONS = (
    Operation(
        method="GET",
        path="/trace",
        name="find_mail",
        need=Need.SITE,
        rights="read",
        function=find,
    ),
    Operation(
        method="GET",
        path="/trace/{trace}",
        name="show_way",
        need=Need.SITE,
        rights="read",
        function=show,
    ),
    Operation(
        method="GET",
        path="/trace/{trace}/{outgoing}/recipients",
        name="find_recipients_of_message",
        need=Need.SITE,
        rights="read",
        function=find_recipients,
    ),
    Operation(
        method="GET",
        path="/copies",
        name="find_copies",
        need=Need.SITE,
        rights="read",
        function=copies,
    ),
)
