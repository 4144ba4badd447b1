"""Reminders: moderators whose posts have waited too long get one mail for each list."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub import log
from listhub.config import Settings
from listhub.errors import PermanentError, TemporaryError
from listhub.lists.moderation import people, queue, request as requests, to_deciders
from listhub.lists.moderation.choosing import Filter
from listhub.lists.moderation.mailing import place_of
from listhub.lists.moderation.reach import EVERYTHING
from listhub.lists.moderation.request import POST
from listhub.lists.settings import load_list_settings
from listhub.spool.items import NewItem

#: Posts that a reminder names; it says how many there are.
NAMED = 20

_logger = log.get(__name__)

_LISTS = """
SELECT DISTINCT list_id FROM request JOIN mailing_list ON mailing_list.id = list_id
 WHERE state = 'waiting' AND waits_for = 'moderators' AND kind = 'post'
   AND spam IS DISTINCT FROM 'spam' AND status = 'open'
 ORDER BY list_id
"""
# One that is due brings the mail.  Only one of several schedulers finds it so: another
# one waits for the row, and then sees that it has been reminded of.
_DUE = """
SELECT id FROM request
 WHERE list_id = %(list_id)s AND state = 'waiting' AND waits_for = 'moderators'
   AND kind = 'post' AND spam IS DISTINCT FROM 'spam'
   AND coalesce(reminded_at, created_at) <= now() - %(after)s
 ORDER BY id LIMIT 1 FOR UPDATE
"""
# It takes all others along: what is named today is not named again tomorrow morning.
_REMINDED = """
UPDATE request SET reminded_at = now()
 WHERE list_id = %s AND state = 'waiting' AND waits_for = 'moderators' AND kind = 'post'
"""


def remind(
    conn: "psycopg.Connection[Any]", *, settings: Settings
) -> tuple[int, tuple[NewItem, ...]]:
    """Remind the moderators of each list that is due; return how many lists, and mail.

    What a filter takes for spam reminds nobody by itself, nor does what waits on a
    closed list.  A list whose settings cannot be used waits until they are mended.
    """
    lists = 0
    items: list[NewItem] = []
    for (list_id,) in conn.execute(_LISTS).fetchall():
        hours = _hours(conn, list_id)
        if not hours:
            continue
        wanted = {"list_id": list_id, "after": timedelta(hours=hours)}
        due = conn.execute(_DUE, wanted).fetchone()
        if due is None:
            continue
        conn.execute(_REMINDED, [list_id])
        lists += 1
        items += _mail(conn, due[0], settings=settings)
    return lists, tuple(items)


def _hours(conn: "psycopg.Connection[Any]", list_id: int) -> int:
    try:
        return load_list_settings(conn, list_id).moderation_reminder
    except (TemporaryError, PermanentError) as error:
        _logger.warning("nobody reminded", list=list_id, reason=error.reason)
        return 0


def _mail(
    conn: "psycopg.Connection[Any]", request_id: int, *, settings: Settings
) -> tuple[NewItem, ...]:
    request = requests.load(conn, request_id)
    if request is None:
        return ()
    moderators = people.deciders(
        conn,
        waits_for="moderators",
        list_id=request.list_id,
        domain_id=request.domain_id,
        site_listmaster=settings.site.listmaster,
    )
    posts = Filter(lists=(request.list_id or 0,), kinds=(POST,))
    waiting = queue.counts(conn, EVERYTHING, posts)
    return to_deciders.remind(
        conn,
        place_of(conn, request, settings=settings),
        moderators,
        waiting=queue.page(conn, EVERYTHING, posts, limit=NAMED).entries,
        total=waiting.total,
        until=waiting.until or request.expires_at,
        settings=settings,
    )
