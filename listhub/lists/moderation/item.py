"""One request with all that helps to decide it: what it is, whose, why, and what was.

    found = item.show(conn, 17, settings=settings, view=View(addresses=True, ...))

Half a dozen statements and no network; with `ask` signatures are verified as well,
outside of any transaction (`answers.settled`).  Whether the reader may see it is the
caller's.  What a page shows of the mail is safe HTML (`archive.render`).
"""

from dataclasses import dataclass, replace
from typing import Any

import psycopg

from listhub.archive import render
from listhub.archive.render import File, Rendered, View
from listhub.config import Settings
from listhub.lists.moderation import (
    checks,
    conversation,
    past,
    request as requests,
    watching,
    why,
)
from listhub.lists.moderation.checks import Check
from listhub.lists.moderation.conversation import Conversation
from listhub.lists.moderation.past import Event, Sender
from listhub.lists.moderation.request import Request
from listhub.lists.moderation.watching import Change
from listhub.lists.moderation.why import Why
from listhub.mail import authentication, encoded_words
from listhub.mail.headers import Headers
from listhub.outside import origin
from listhub.outside.answers import Ask
from listhub.spool import bodies

#: Octets of a source that a page shows.
SHOWN = 256 * 1024
_MOST_FIELDS = 200
_LONGEST_FIELD = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The post that waits, ready to be shown."""

    shown: Rendered
    #: Name and readable value of each field, from top to bottom.
    fields: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
    #: What it goes on from, None where it begins something.
    conversation: Conversation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that is shown of one request."""

    request: Request
    why: Why
    #: Who looks at it, who has claimed it, and whose decision is on its way.
    standing: Change
    #: None where there is no list.
    sender: Sender | None
    history: tuple[Event, ...]
    #: None where it is no post.
    mail: Mail | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A mail as it came, as far as a page shows it."""

    text: str
    size: int  #: octets of the whole
    cut: bool


def show(
    conn: "psycopg.Connection[Any]",
    request_id: int,
    *,
    settings: Settings,
    view: View,
    remote_images: bool = False,
    ask: Ask | None = None,
) -> Shown | None:
    """Return what is shown of a request, decided or not; None if there is none.

    `view.html` chooses HTML where there is text as well; `remote_images` lets it load
    what is elsewhere, which tells its author that somebody has looked.
    """
    request = requests.load(conn, request_id)
    if request is None:
        return None
    [standing] = watching.changes(conn, ids=[request_id]).requests or ()
    mail = None
    if request.body_id is not None:
        raw = bodies.load(conn, request.body_id)
        mail = _mail(conn, request, raw, settings=settings, view=view, ask=ask)
        if remote_images:
            mail = _with_remote_images(mail)
    return Shown(
        request=request,
        why=why.of_request(request),
        standing=standing,
        sender=past.of_sender(conn, request),
        history=past.of_request(conn, request),
        mail=mail,
    )


def source(
    conn: "psycopg.Connection[Any]", request: Request, *, limit: int = SHOWN
) -> Source | None:
    """Return a post as it came, cut at so many octets; None for what is no post."""
    if request.body_id is None:
        return None
    raw = bodies.load(conn, request.body_id)
    text = raw[:limit].decode("utf-8", "replace").replace("\0", "\ufffd")
    return Source(text=text, size=len(raw), cut=len(raw) > limit)


def file(
    conn: "psycopg.Connection[Any]", request: Request, number: int
) -> tuple[File, bytes] | None:
    """Return a file of a post by its number and what it holds, None without one."""
    if request.body_id is None:
        return None
    return render.file(bodies.load(conn, request.body_id), number)


def _mail(
    conn: "psycopg.Connection[Any]",
    request: Request,
    raw: bytes,
    *,
    settings: Settings,
    view: View,
    ask: Ask | None,
) -> Mail:
    headers = Headers.parse(raw)
    if ask is None:
        found = authentication.read(headers, origin.trust(settings))
    else:
        found = origin.authenticate(raw, ask, settings)
    talk = None
    if request.list_id is not None:
        own = request.message_id or ""
        talk = conversation.of_post(conn, request.list_id, headers, own=own)
    return Mail(
        shown=render.render(raw, view, received_at=request.created_at),
        fields=_fields(headers),
        checks=checks.in_words(found, author=request.author),
        conversation=talk,
    )


def _with_remote_images(mail: Mail) -> Mail:
    body = render.with_remote_images(mail.shown.body)
    return replace(mail, shown=replace(mail.shown, body=body))


def _fields(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_name(field.raw), _value(field.value))
        for field in headers.fields[:_MOST_FIELDS]
    )


def _name(raw: bytes) -> str:
    """Return the name of a field as it is written."""
    return encoded_words.plain(raw.partition(b":")[0][:200]).strip()


def _value(value: bytes) -> str:
    cut = value[: _LONGEST_FIELD + 1]
    text = encoded_words.safe(encoded_words.decode(cut)).strip()
    return f"{text[:_LONGEST_FIELD]} …" if len(cut) > _LONGEST_FIELD else text
