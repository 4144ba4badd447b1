"""What is done to a member because of bounces: written down with what undoing needs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from listhub.lists import audit, subscribing
from listhub.lists.posting import ListRow

Action = Literal["none", "notify", "suspend", "remove"]

#: Who did it, in the audit.
BY = "bounces"

# Held to the end of the transaction: who decides about a list's members does so alone.
_LOCK_LIST = """
SELECT pg_advisory_xact_lock(hashtextextended('bouncing/' || %s::bigint, 0))
"""
_LOCK = """
SELECT to_jsonb(subscription), person.address, person.address_key,
       EXISTS (SELECT FROM exclusion WHERE list_id = subscription.list_id
                  AND address_key = person.address_key)
  FROM subscription JOIN person ON person.id = subscription.person_id
 WHERE subscription.id = %s AND subscription.list_id = %s
   FOR UPDATE OF subscription
"""
_NOTE = """
INSERT INTO bounce_action (list_id, subscription_id, address, action, why, level, score,
                           before, outgoing_id, due_at)
VALUES (%(list_id)s, %(subscription_id)s, %(address)s, %(action)s, %(why)s, %(level)s,
        %(score)s, %(before)s, %(outgoing_id)s, now() + %(due)s)
RETURNING id
"""
_RESET = """
INSERT INTO bounce_action (list_id, subscription_id, address, action, why)
VALUES (%s, %s, %s, 'reset', %s)
"""
_SUSPEND = """
UPDATE subscription SET suspended_at = now(), suspended_until = NULL, changed_at = now()
 WHERE id = %s
   AND (suspended_at IS NULL OR suspended_until <= now() OR suspended_at > now())
"""
_EXCLUDE = """
INSERT INTO exclusion (list_id, address_key) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""
_SUPPRESS = """
INSERT INTO suppression (domain_id, address_key, why, action_id) VALUES (%s, %s, %s, %s)
    ON CONFLICT (domain_id, address_key) DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What an action is taken for: 'bounces', 'probe', 'complaint'; level and score."""

    why: str
    level: int = 0
    score: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A membership that nobody else changes now, with all its columns."""

    row: dict[str, Any]
    address: str
    address_key: str
    excluded: bool

    @property
    def id(self) -> int:
        return int(self.row["id"])

    def before(self) -> dict[str, Any]:
        """Return what is needed to make it as it is now."""
        return {"subscription": self.row, "excluded": self.excluded}


def lock_list(conn: "psycopg.Connection[Any]", list_id: int) -> None:
    """Wait until nobody else acts on the list's bouncing members, and be the one."""
    conn.execute(_LOCK_LIST, [list_id])


def lock(
    conn: "psycopg.Connection[Any]", list_id: int, subscription_id: int
) -> Locked | None:
    """Return a membership, locked; None if it has ended."""
    found = conn.execute(_LOCK, [subscription_id, list_id]).fetchone()
    if found is None:
        return None
    return Locked(
        row=found[0], address=found[1], address_key=found[2], excluded=found[3]
    )


def note(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    member: Locked,
    action: str,
    why: Why,
    *,
    outgoing_id: int | None = None,
    due: timedelta | None = None,
) -> int:
    """Write an action down and return its number."""
    row = conn.execute(
        _NOTE,
        {
            "list_id": list_id,
            "subscription_id": member.id,
            "address": member.address,
            "action": action,
            "why": why.why,
            "level": why.level,
            "score": why.score,
            "before": Jsonb(member.before()),
            "outgoing_id": outgoing_id,
            "due": due,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - an INSERT of one row returns one
    return int(row[0])


def reset(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    subscription_id: int,
    address: str,
    *,
    why: str,
) -> None:
    """Let what was reported of a member until now count no longer.

    `why` is 'probe', or who asked for it.
    """
    conn.execute(_RESET, [list_id, subscription_id, address, why])


def suspend(
    conn: "psycopg.Connection[Any]", row: ListRow, member: Locked, why: Why
) -> bool:
    """Send no more mail until the member or an owner says so; False if so already."""
    if not conn.execute(_SUSPEND, [member.id]).rowcount:
        return False
    number = note(conn, row.id, member, "suspend", why)
    audit.note(
        conn,
        actor=BY,
        action="member.suspend",
        subject=row.address,
        list_id=row.id,
        detail={"address": member.address, "why": why.why, "bounce_action": number},
    )
    return True


def remove(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    member: Locked,
    why: Why,
    *,
    from_domain: bool,
) -> int:
    """End a membership, and keep sources of members from bringing it back.

    With `from_domain` no list of the domain sends to the address any more.  Return the
    number of the action.
    """
    number = note(conn, row.id, member, "remove", why)
    conn.execute(_EXCLUDE, [row.id, member.address_key])
    if from_domain:
        what = "complaint" if why.why == "complaint" else "no_such_user"
        conn.execute(_SUPPRESS, [row.domain_id, member.address_key, what, number])
    subscribing.sign_off(conn, row, member.address, actor=BY, how="clock")
    return number
