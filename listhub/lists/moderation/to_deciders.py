"""Mail to those who decide: what waits for them, and what their answers did."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.delivery.outgoing import NewOutgoing, send_out, to_people
from listhub.i18n.text import Text
from listhub.lists.moderation import queue
from listhub.lists.moderation.choosing import Filter
from listhub.lists.moderation.mailing import mail, place_of
from listhub.lists.moderation.outcomes import AlreadyDecided, Decided
from listhub.lists.moderation.queue import Entry
from listhub.lists.moderation.reach import EVERYTHING
from listhub.lists.moderation.request import POST, Request, State
from listhub.lists.notices import (
    administration as lists,
    command_replies,
    moderation as posts,
    requests as owners,
)
from listhub.lists.notices.notice import Notice, Place, Size
from listhub.lists.notices.send import send
from listhub.lists.posting import ListRow, Post
from listhub.spool import bodies
from listhub.spool.items import NewItem

Items = tuple[NewItem, ...]


def ask(
    conn: "psycopg.Connection[Any]",
    request: Request,
    *,
    keys: Mapping[str, str],
    settings: Settings,
) -> Items:
    """Ask each holder of a key to decide; a post is attached unless it is spam."""
    lists = () if request.list_id is None else (request.list_id,)
    alike = Filter(lists=lists, kinds=(request.kind,))
    waiting = queue.counts(conn, EVERYTHING, alike).total
    attached: tuple[bytes, ...] = ()
    if request.body_id is not None and not request.is_spam:
        attached = (bodies.load(conn, request.body_id),)
    items: list[NewItem] = []
    for holder, key in keys.items():
        notice, values = _question(request, key=key, waiting=waiting)
        items += mail(
            conn,
            request,
            notice,
            values,
            to=holder,
            settings=settings,
            attached=attached,
        )
    return tuple(items)


def to_editors(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    post: Post,
    *,
    editors: Sequence[str],
    trace: uuid.UUID,
    settings: Settings,
) -> Items:
    """Send a post on to moderators as it came, for them to send it to the list."""
    if not editors:
        return ()
    head = post.headers.copy()
    head.add("X-Loop", f"{row.name}-editor@{row.domain}")
    return send_out(
        conn,
        NewOutgoing(
            trace=trace,
            message_id=post.message_id,
            head=head.to_bytes(),
            body_id=post.body_id,
            body_offset=post.body_offset,
            # Where bounces of a role's mail are read (see stages/forward.py).
            bounce_address=f"bounce+forward@{row.domain}",
            list_id=row.id,
            mode="forward",
        ),
        plain=to_people(editors),
        rules=settings.packets,
    ).items


def remind(
    conn: "psycopg.Connection[Any]",
    place: Place,
    moderators: Sequence[str],
    *,
    waiting: Sequence[Entry],
    total: int,
    until: datetime,
    settings: Settings,
) -> Items:
    """Remind each moderator of all that waits on a list, in one mail without keys."""
    queue = posts.Queue(
        waiting=total,
        posts=tuple(
            posts.Waiting(
                author=each.author,
                subject=each.what,
                size=Size(each.size or 0),
                received_at=each.created_at,
                key="",
            )
            for each in waiting
        ),
        until=until,
    )
    return send(
        conn,
        posts.MODERATION_REMINDER,
        queue,
        to=moderators,
        place=place,
        settings=settings,
        trace=uuid.uuid4(),
    )


def report(
    conn: "psycopg.Connection[Any]",
    outcome: Decided | AlreadyDecided,
    *,
    to: str,
    settings: Settings,
) -> Items:
    """Tell who answered what came of it: done, or by whom it was done before."""
    request = outcome.request
    if isinstance(outcome, Decided) and request.waits_for != "moderators":
        place = place_of(conn, request, settings=settings)
        return say(
            conn,
            place,
            outcome.sentence,
            to=to,
            about=request.command,
            done=True,
            settings=settings,
        )
    notice, values = _news(outcome)
    return mail(conn, request, notice, values, to=to, settings=settings)


def say(
    conn: "psycopg.Connection[Any]",
    place: Place,
    sentence: Text,
    *,
    to: str,
    about: str,
    done: bool,
    settings: Settings,
) -> Items:
    """Tell somebody in one sentence what became of `about`, which they wrote."""
    result = command_replies.Result(command=about, text=sentence, done=done)
    return send(
        conn,
        command_replies.COMMAND_REPORT,
        command_replies.Report(results=(result,)),
        to=[to],
        place=place,
        settings=settings,
        trace=uuid.uuid4(),
    )


def _question(
    request: Request, *, key: str, waiting: int
) -> tuple[Notice[Any], object]:
    if request.kind == POST:
        return posts.MODERATE, posts.HeldPost(
            author=request.author,
            subject=request.subject,
            size=Size(request.size or 0),
            received_at=request.created_at,
            why=request.why,
            key=key,
            waiting=waiting,
            until=request.expires_at,
        )
    if request.kind in {"subscribe", "signoff"}:
        joins = request.kind == "subscribe"
        return owners.SUBREQUEST if joins else owners.SIGREQUEST, owners.PersonRequest(
            person=request.person,
            name=str(request.detail.get("name") or ""),
            key=key,
            waiting=waiting,
        )
    if request.kind == "create_list":
        return lists.REQUEST_LIST_CREATION, lists.ListRequest(
            address=request.address,
            by=request.author,
            about=str(request.detail.get("about") or ""),
            key=key,
        )
    return owners.OWNER_REQUEST, owners.OtherRequest(
        command=request.command, by=request.author, key=key, waiting=waiting
    )


def _news(outcome: Decided | AlreadyDecided) -> tuple[Notice[Any], object]:
    request = outcome.request
    if isinstance(outcome, Decided):
        return posts.MESSAGE_REPORT, posts.Done(
            decision=_DONE[outcome.state],
            author=request.author,
            subject=request.subject,
        )
    return posts.ALREADY_DECIDED, posts.Decided(
        what=request.what,
        decision=_BEFORE.get(outcome.state, "other"),
        by=outcome.who,
        at=outcome.when,
        how=outcome.how,
    )


_DONE: Mapping[State, Literal["approved", "rejected", "discarded", "spam"]] = {
    "approved": "approved",
    "rejected": "rejected",
    "discarded": "discarded",
    "spam": "spam",
}
_BEFORE: Mapping[
    State, Literal["approved", "rejected", "discarded", "spam", "expired"]
] = {**_DONE, "expired": "expired"}
