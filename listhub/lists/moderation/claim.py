"""Claims: who is looking at a request now, so that others need not.

A claim is a courtesy with an end: others see it and may take over, and whoever decides
without one is told whose it was.  Only the database's clock counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from listhub.lists.moderation import request as requests
from listhub.lists.moderation.outcomes import AlreadyDecided, Gone

LEASE = timedelta(minutes=10)

_CLAIM = """
UPDATE request SET claimed_by = %(by)s, claimed_until = clock_timestamp() + %(lease)s
 WHERE id = %(id)s AND state = 'waiting'
   AND (%(force)s OR claimed_by IS NULL OR claimed_by = %(by)s
        OR claimed_until < clock_timestamp())
RETURNING claimed_until
"""
_GIVE_BACK = """
UPDATE request SET claimed_by = NULL, claimed_until = NULL
 WHERE id = %s AND claimed_by = %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """It is yours until then; `before` had it, "" if nobody had."""

    until: datetime
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedByOther:
    """Somebody else is at it until then."""

    by: str
    until: datetime


def claim(
    conn: "psycopg.Connection[Any]",
    request_id: int,
    *,
    by: str,
    lease: timedelta = LEASE,
) -> Claimed | ClaimedByOther | AlreadyDecided | Gone:
    """Claim a request, or renew the own claim; another's holds until its end."""
    return _claim(conn, request_id, by=by, lease=lease, force=False)


def take_over(
    conn: "psycopg.Connection[Any]",
    request_id: int,
    *,
    by: str,
    lease: timedelta = LEASE,
) -> Claimed | ClaimedByOther | AlreadyDecided | Gone:
    """Claim a request whoever has it; the answer says who had."""
    return _claim(conn, request_id, by=by, lease=lease, force=True)


def give_back(conn: "psycopg.Connection[Any]", request_id: int, *, by: str) -> bool:
    """End one's own claim; False if there is none."""
    return conn.execute(_GIVE_BACK, [request_id, by]).rowcount == 1


def _claim(
    conn: "psycopg.Connection[Any]",
    request_id: int,
    *,
    by: str,
    lease: timedelta,
    force: bool,
) -> Claimed | ClaimedByOther | AlreadyDecided | Gone:
    request = requests.lock(conn, request_id)
    if request is None:
        return Gone()
    if request.state != "waiting":
        return AlreadyDecided(request=request)
    wanted = {"id": request_id, "by": by, "lease": lease, "force": force}
    row = conn.execute(_CLAIM, wanted).fetchone()
    other = request.claimed_by if request.claimed_by != by else None
    if row is None:
        # Locked above: the claim that stood in the way is the one that was read.
        assert other is not None  # noqa: S101
        assert request.claimed_until is not None  # noqa: S101
        return ClaimedByOther(by=other, until=request.claimed_until)
    return Claimed(until=row[0], before=other or "")
