"""Hold: a post or a command becomes a request, and those who decide get their keys.

The request and the items of its mail belong to the caller's transaction: what waited
in the spool now waits here, or still there.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from listhub import log
from listhub.config import Settings
from listhub.lists.list_settings import ListSettings
from listhub.lists.moderation import (
    keys,
    people,
    request as requests,
    to_askers,
    to_deciders,
    traits,
)
from listhub.lists.moderation.request import POST, Request
from listhub.lists.moderation.traits import Traits
from listhub.lists.posting import ListRow, Post
from listhub.mail import encoded_words, mime
from listhub.mail.address import key
from listhub.spool import bodies
from listhub.spool.items import NewItem

#: Who asks again sooner than this gets no second mail.
RENEW_AFTER = timedelta(hours=1)

_logger = log.get(__name__)

# Two of the same at once: the second one finds the first one's row, locked, so that it
# still waits.
_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'request',
    %(list_id)s::bigint, %(domain_id)s::bigint, %(kind)s::text, %(same)s::text), 0))
"""
_SAME_POST = """
SELECT id FROM request
 WHERE state = 'waiting' AND list_id = %(list_id)s AND kind = %(kind)s
   AND waits_for = %(waits_for)s AND message_id = %(same)s
   FOR UPDATE
"""
_SAME_REQUEST = """
SELECT id FROM request
 WHERE state = 'waiting' AND list_id IS NOT DISTINCT FROM %(list_id)s::bigint
   AND domain_id = %(domain_id)s AND kind = %(kind)s AND waits_for = %(waits_for)s
   AND detail->>'person_key' = %(same)s
   AND coalesce(detail->>'confirmed_by', '') = %(confirmed_by)s
   AND (kind IN ('subscribe', 'signoff') OR detail->>'command' = %(command)s)
   FOR UPDATE
"""
_INSERT = """
INSERT INTO request (kind, waits_for, list_id, domain_id, subject, author, person,
                     detail, body_id, message_id, reverse_path, size, spam, topics,
                     why, trace, author_key, stem, relay, has_attachment, expires_at)
VALUES (%(kind)s, %(waits_for)s, %(list_id)s, %(domain_id)s, %(subject)s, %(author)s,
        %(person)s, %(detail)s, %(body_id)s, %(message_id)s, %(reverse_path)s,
        %(size)s, %(spam)s, %(topics)s, %(why)s, %(trace)s, %(author_key)s, %(stem)s,
        %(relay)s, %(has_attachment)s, now() + %(lasts)s)
RETURNING id
"""
_NEWEST_KEY = """
SELECT max(created_at) < now() - %s FROM request_key WHERE request_id = %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A request that waits; `fresh`: it did not before.  `items` are to be put."""

    request_id: int
    fresh: bool
    items: tuple[NewItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A command that needs somebody's word."""

    #: subscribe, signoff, add, del, invite, create_list ...
    kind: str
    waits_for: Literal["owners", "listmasters", "person"]
    #: Whom it is about.
    person: str
    #: Who sent the command, and who is told what becomes of it.
    author: str
    #: The command as it was written.
    command: str = ""
    why: str = ""
    #: Who confirms it, where that is not `person`.
    confirmed_by: str = ""
    trace: uuid.UUID = field(default_factory=uuid.uuid4)
    #: What else the command said: name, reception ...
    detail: Mapping[str, object] = field(default_factory=dict)


def hold_post(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    post: Post,
    *,
    waits_for: Literal["moderators", "person"],
    trace: uuid.UUID,
    list_settings: ListSettings,
    settings: Settings,
    why: str = "",
    spam: str | None = None,
    topics: Sequence[str] = (),
    topic_choices: Sequence[str] = (),
    quiet: bool = False,
) -> Held:
    """Keep a post, untouched, until moderators or its author say what to do with it.

    With `topic_choices` (`name: title`) its author is asked for topics, too.
    The same post again (by Message-ID) makes neither a second request nor mail.
    """
    days = (
        list_settings.confirmation_days
        if waits_for == "person"
        else list_settings.moderation_days
    )
    wanted: dict[str, object] = {
        "kind": POST,
        "waits_for": waits_for,
        "list_id": row.id,
        "domain_id": row.domain_id,
        "same": post.message_id,
        "subject": _subject(post),
        "author": encoded_words.safe(post.author),
        "person": encoded_words.safe(post.author),
        "detail": Jsonb(
            {
                "author_key": encoded_words.safe(key(post.author)),
                "topic_choices": list(topic_choices),
            }
        ),
        "body_id": post.body_id,
        "message_id": post.message_id,
        "reverse_path": post.reverse_path,
        "size": post.size,
        "spam": spam,
        "topics": list(topics),
        "why": encoded_words.safe(why),
        "trace": trace,
        "lasts": timedelta(days=days),
        **_traits(conn, post).columns(),
    }
    held = _put(conn, wanted, same=_SAME_POST)
    if not held.fresh:
        return held
    request = _load(conn, held.request_id)
    asked = _ask(conn, request, settings=settings)
    told: tuple[NewItem, ...] = ()
    if waits_for == "moderators" and not quiet and list_settings.tell_author_held:
        told = to_askers.held(conn, request, settings=settings)
    return Held(request_id=request.id, fresh=True, items=(*asked, *told))


def hold_request(
    conn: "psycopg.Connection[Any]",
    asking: Asking,
    *,
    list_id: int | None,
    domain_id: int,
    list_settings: ListSettings,
    settings: Settings,
) -> Held:
    """Keep a command until owners, listmasters or the person it is about decide.

    The same again, while it waits, mails new keys to the same people, at most once in
    an hour.  `list_id` is None for a list that is yet to be.
    """
    days = (
        list_settings.confirmation_days
        if asking.waits_for == "person"
        else list_settings.moderation_days
    )
    same = key(asking.person)
    detail = {
        **asking.detail,
        "command": encoded_words.safe(asking.command),
        "person_key": encoded_words.safe(same),
        "confirmed_by": asking.confirmed_by,
    }
    wanted: dict[str, object] = {
        "kind": asking.kind,
        "waits_for": asking.waits_for,
        "list_id": list_id,
        "domain_id": domain_id,
        "same": encoded_words.safe(same),
        "command": detail["command"],
        "confirmed_by": asking.confirmed_by,
        "subject": "",
        "author": encoded_words.safe(asking.author),
        "person": encoded_words.safe(asking.person),
        "detail": Jsonb(detail),
        "body_id": None,
        "message_id": None,
        "reverse_path": None,
        "size": None,
        "spam": None,
        "topics": [],
        "why": encoded_words.safe(asking.why),
        "trace": asking.trace,
        "lasts": timedelta(days=days),
        **traits.of_command(asking.author).columns(),
    }
    held = _put(conn, wanted, same=_SAME_REQUEST)
    if not held.fresh and not _may_renew(conn, held.request_id):
        return held
    request = _load(conn, held.request_id)
    items = _ask(conn, request, settings=settings)
    return Held(request_id=request.id, fresh=held.fresh, items=items)


def send_to_editors(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    post: Post,
    *,
    trace: uuid.UUID,
    settings: Settings,
) -> tuple[NewItem, ...]:
    """Send a post on to the moderators, who send it to the list themselves.

    Nothing is kept and there is no key: their own post is judged like any other.
    """
    editors = people.deciders(
        conn,
        waits_for="moderators",
        list_id=row.id,
        domain_id=row.domain_id,
        site_listmaster=settings.site.listmaster,
    )
    return to_deciders.to_editors(
        conn, row, post, editors=editors, trace=trace, settings=settings
    )


def _put(
    conn: "psycopg.Connection[Any]", wanted: Mapping[str, object], *, same: str
) -> Held:
    """Write a request, or find the one that asks the same and waits already."""
    conn.execute(_LOCK, wanted)
    found = conn.execute(same, wanted).fetchone()
    if found is not None:
        return Held(request_id=found[0], fresh=False)
    made = conn.execute(_INSERT, wanted).fetchone()
    assert made is not None  # noqa: S101 - INSERT … RETURNING one row
    return Held(request_id=made[0], fresh=True)


def _ask(
    conn: "psycopg.Connection[Any]", request: Request, *, settings: Settings
) -> tuple[NewItem, ...]:
    """Mail the request to those who decide, each with a key of their own."""
    if request.waits_for == "person":
        who = str(request.detail.get("confirmed_by") or request.person)
        issued = keys.issue(conn, request.id, [who], action="confirm")
        return to_askers.confirm(conn, request, keys=issued, settings=settings)
    asked = people.deciders(
        conn,
        waits_for=request.waits_for,
        list_id=request.list_id,
        domain_id=request.domain_id,
        site_listmaster=settings.site.listmaster,
    )
    if not asked:
        _logger.warning("nobody to ask", request=request.id, list=request.address)
    issued = keys.issue(conn, request.id, asked, action="decide")
    return to_deciders.ask(conn, request, keys=issued, settings=settings)


def _may_renew(conn: "psycopg.Connection[Any]", request_id: int) -> bool:
    row = conn.execute(_NEWEST_KEY, [RENEW_AFTER, request_id]).fetchone()
    return row is None or row[0] is not False


def _load(conn: "psycopg.Connection[Any]", request_id: int) -> Request:
    found = requests.load(conn, request_id)
    assert found is not None  # noqa: S101 - made or found in this transaction
    return found


def _traits(conn: "psycopg.Connection[Any]", post: Post) -> Traits:
    return traits.of_post(
        mime.parse(bodies.load(conn, post.body_id)),
        author=post.author,
        reverse_path=post.reverse_path,
        subject=_subject(post),
    )


def _subject(post: Post) -> str:
    return encoded_words.safe(
        encoded_words.decode(post.headers.get("Subject") or b"")
    ).strip()
