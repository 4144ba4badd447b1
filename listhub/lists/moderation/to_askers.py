"""Mail to those who asked: authors of posts, senders of commands, new members.

Authors get no answer where their post had the null reverse-path (RFC 5321 §6.1), nor
where a filter took it for spam, whose sender is mostly somebody else.
"""

from collections.abc import Mapping
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.i18n.text import Text
from listhub.lists.moderation.mailing import mail
from listhub.lists.moderation.outcomes import Action, Decision
from listhub.lists.moderation.request import POST, Request
from listhub.lists.notices import (
    administration as lists,
    confirmations,
    memberships,
    moderation as posts,
)
from listhub.lists.notices.guards import Answered
from listhub.lists.notices.notice import Notice, Size
from listhub.mail.headers import Headers
from listhub.spool import bodies
from listhub.spool.items import NewItem

Items = tuple[NewItem, ...]


def confirm(
    conn: "psycopg.Connection[Any]",
    request: Request,
    *,
    keys: Mapping[str, str],
    settings: Settings,
) -> Items:
    """Ask whether somebody really sent this post or command."""
    items: list[NewItem] = []
    for holder, key in keys.items():
        items += mail(
            conn,
            request,
            *_really(request, key=key),
            to=holder,
            settings=settings,
            attached=_attached(conn, request),
            answered=_answered(conn, request),
        )
    return tuple(items)


def held(
    conn: "psycopg.Connection[Any]", request: Request, *, settings: Settings
) -> Items:
    """Tell an author that the post waits for moderators."""
    values = posts.HeldNote(
        subject=request.subject, why=request.why, until=request.expires_at
    )
    return _report(conn, request, posts.HELD_NOTICE, values, settings=settings)


def approved(
    conn: "psycopg.Connection[Any]", request: Request, *, settings: Settings
) -> Items:
    """Tell an author that a moderator let the post through."""
    values = posts.PostDecision(subject=request.subject)
    return _report(conn, request, posts.APPROVED, values, settings=settings)


def rejected(
    conn: "psycopg.Connection[Any]",
    request: Request,
    *,
    decision: Decision,
    settings: Settings,
) -> Items:
    """Tell an author, or whoever sent a command, that it was rejected, and why."""
    if request.is_spam:
        return ()
    notice, values = rejection(request, decision)
    if notice is None:
        return ()
    return mail(
        conn,
        request,
        notice,
        values,
        to=request.author,
        settings=settings,
        answered=_answered(conn, request),
    )


def rejection(
    request: Request, decision: Decision
) -> tuple[Notice[Any] | None, object]:
    """Return what whoever asked is told, None for nothing."""
    words = decision.reason
    if decision.text:
        usual = Text(posts.REJECTED.subject, list=request.list_name or request.address)
        heading = decision.heading or usual
        return posts.REJECT_EDITED, posts.EditedText(
            heading=heading, words=decision.text
        )
    if request.kind == POST:
        return _chosen(request, decision)
    if request.kind == "create_list":
        values = lists.ListRefusal(address=request.address, words=words)
        return lists.LIST_REJECTED, values
    return memberships.REQUEST_REJECTED, _decision(request, words=words)


def expired(
    conn: "psycopg.Connection[Any]", request: Request, *, settings: Settings
) -> Items:
    """Tell who asked that nobody decided in time.

    Not of what they did not confirm themselves: whoever did not answer the first mail
    is mostly somebody whose address was abused.
    """
    if request.waits_for == "person":
        return ()
    if request.kind != POST:
        decision = Decision(action=Action.REJECT)
        return rejected(conn, request, decision=decision, settings=settings)
    if not request.reverse_path or request.is_spam:
        return ()
    values = posts.ExpiredPost(
        subject=request.subject,
        received_at=request.created_at,
        days=(request.expires_at - request.created_at).days,
    )
    return mail(
        conn,
        request,
        posts.EXPIRED_HELD,
        values,
        to=request.author,
        settings=settings,
        answered=_answered(conn, request),
    )


def granted(
    conn: "psycopg.Connection[Any]", request: Request, *, settings: Settings
) -> Items:
    """Tell who asked that it was approved."""
    values = _decision(request)
    notice = memberships.REQUEST_APPROVED
    return mail(conn, request, notice, values, to=request.author, settings=settings)


def _really(request: Request, *, key: str) -> tuple[Notice[Any], object]:
    if request.topic_choices:
        return posts.REQUEST_TOPIC, posts.TopicsWanted(
            subject=request.subject,
            key=key,
            topics=tuple(request.topic_choices),
            until=request.expires_at,
        )
    if request.kind == POST:
        return confirmations.SEND_AUTH, confirmations.ConfirmPost(
            subject=request.subject,
            size=Size(request.size or 0),
            received_at=request.created_at,
            key=key,
            until=request.expires_at,
        )
    return confirmations.REQUEST_AUTH, confirmations.ConfirmRequest(
        action=_ACTIONS.get(request.kind, "other"),
        command=request.command,
        person=request.person,
        key=key,
        until=request.expires_at,
    )


def _chosen(request: Request, decision: Decision) -> tuple[Notice[Any] | None, object]:
    """Return the notice of the text that the moderator chose, None for a silent one."""
    words = decision.reason
    notice = posts.REJECTIONS[decision.template]
    if notice is posts.REJECT_TOO_LARGE:
        size = Size(request.size or 0)
        return notice, posts.TooLarge(subject=request.subject, size=size, words=words)
    return notice, posts.PostDecision(subject=request.subject, words=words)


_ACTIONS: Mapping[str, Literal["subscribe", "signoff"]] = {
    "subscribe": "subscribe",
    "signoff": "signoff",
}


def _decision(request: Request, *, words: str = "") -> memberships.RequestDecision:
    return memberships.RequestDecision(
        action=_ACTIONS.get(request.kind, "other"),
        command=request.command,
        person=request.person,
        words=words,
    )


def _report(
    conn: "psycopg.Connection[Any]",
    request: Request,
    notice: Notice[Any],
    values: object,
    *,
    settings: Settings,
) -> Items:
    """Send a report of delivery (RFC 3464) to where the post came from."""
    if not request.reverse_path or request.is_spam:
        return ()
    return mail(
        conn,
        request,
        notice,
        values,
        to=request.reverse_path,
        settings=settings,
        answered=_answered(conn, request),
    )


def _answered(conn: "psycopg.Connection[Any]", request: Request) -> Answered | None:
    """Return the mail that an author's notice answers, None where there was none."""
    if request.kind != POST:
        return None
    [raw] = _attached(conn, request)
    return Answered(
        reverse_path=request.reverse_path or "",
        headers=Headers.parse(raw),
        recipient=request.address,
        message_id=request.message_id or "",
    )


def _attached(conn: "psycopg.Connection[Any]", request: Request) -> tuple[bytes, ...]:
    """Return the post that waits, as it came; nothing for other requests."""
    if request.body_id is None:
        return ()
    return (bodies.load(conn, request.body_id),)
