"""What a list sent lately, and how far each post is, down to the single recipient."""

import uuid
from typing import Literal

from pydantic import Field

from listhub.lists import sent
from listhub.lists.operators import recipients
from listhub.lists.operators.recipients import State
from listhub.lists.sent import Sent
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
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
from listhub.web.door.answer import no_page
from listhub.web.door.need import Need


class Tally(Answer):
    """How many recipients, and how far they are."""

    recipients: Count
    delivered: Count
    deferred: Count
    """Tried, and to be tried again."""

    pending: Count
    """Not tried yet."""

    refused: Count
    expired: Count
    """Given up after many tries."""


class Part(Answer):
    """A post as one reception gets it."""

    outgoing_id: Number
    mode: str = Field(examples=["each"])
    tally: Tally


class PostRow(Answer):
    """A post or a digest, and how far its delivery is."""

    trace: Trace
    kind: Literal["post", "digest"]
    sequence: Count | None
    """The number of the post; digests have none."""

    message_id: str = Field(examples=["post0@a.example"])
    subject: str = Field(examples=["Meeting on Thursday"])
    author: str = Field(examples=["m0@a.example"])
    created_at: Moment
    permalink: str
    """What it is called in the archive; "": it is not there."""

    tally: Tally
    parts: list[Part]


class RecipientsWanted(Paged):
    """Which recipients."""

    state: State | None = None
    q: str = Field("", max_length=200)
    """Part of the address."""


class Recipient(Answer):
    """A recipient, and the newest answer about the copy."""

    address: Address
    state: State
    at: Moment | None
    attempt: Count | None
    relay: str | None
    code: int | None = Field(examples=[250])
    """The reply's code (RFC 5321)."""

    enhanced: str | None = Field(examples=["2.0.0"])
    """The same in detail (RFC 3463)."""

    reply: str | None = Field(examples=["OK"])


def find(call: Call, query: Paged) -> Rows[PostRow]:
    """Find what a list sent, the newest first."""
    page = sent.page(call.conn, call.list.id, cursor=query.cursor, size=query.limit)
    return call.rows(PostRow, page)


def show(call: Call) -> PostRow:
    """Tell how far one post is."""
    return call.give(PostRow, _post(call))


def find_recipients(call: Call, query: RecipientsWanted) -> Rows[Recipient]:
    """Find the recipients of one part of a post, and what became of each copy."""
    part = call.asked.number_of("outgoing")
    if part not in {each.outgoing_id for each in _post(call).parts}:
        raise no_page()
    page = recipients.page(
        call.conn,
        part,
        state=query.state,
        text=query.q.strip(),
        cursor=query.cursor,
        size=query.limit,
    )
    return call.rows(Recipient, page)


def _post(call: Call) -> Sent:
    trace = trace_of(call)
    found = sent.post(call.conn, call.list.id, trace)
    if found is None:
        raise no_page()
    return found


def trace_of(call: Call) -> uuid.UUID:
    """Return the trace of the path; no page for what is none."""
    try:
        return uuid.UUID(call.asked.params["trace"])
    except ValueError:
        raise no_page() from None


OPERATIONS = (
    Operation(
        method="GET",
        path="/lists/{list}/posts",
        name="find_posts",
        need=Need.OWNER,
        rights="read",
        function=find,
    ),
    Operation(
        method="GET",
        path="/lists/{list}/posts/{trace}",
        name="show_post",
        need=Need.OWNER,
        rights="read",
        function=show,
    ),
    Operation(
        method="GET",
        path="/lists/{list}/posts/{trace}/{outgoing}/recipients",
        name="find_recipients",
        need=Need.OWNER,
        rights="read",
        function=find_recipients,
    ),
)
