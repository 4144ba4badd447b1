"""The audit, a page at a time: who did what to which object, how and when.

By actor, action, object, list or door the rows come from an index of its own; a page
without any of these goes along the numbers, which are the order of time.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.lists import paging
from listhub.lists.paging import Page

_PAGE = """
SELECT audit.id, audit.at, audit.actor, audit.action, audit.object, audit.list_id,
       list.address AS list, audit.detail,
       coalesce(audit.detail ->> 'how', CASE WHEN starts_with(audit.actor, 'cli:')
                                             THEN 'cli' ELSE '' END) AS how
  FROM (SELECT * FROM audit WHERE {condition} ORDER BY id {order} LIMIT %(limit)s) AS audit
  LEFT JOIN mailing_list AS list ON list.id = audit.list_id
 ORDER BY audit.id {order}
"""

# A prefix as LIKE: only so an index can be looked into.
_CONDITIONS: Mapping[str, str] = {
    "actor": "actor = %(actor)s",
    "action": "action LIKE %(action)s",
    "object": "object = %(object)s",
    "list_id": "list_id = %(list_id)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
    "how": "detail ->> 'how' = %(how)s",
}

# Older deeds of the command line say so by the actor's name alone.
_BY_CLI = "(detail ->> 'how' = 'cli' OR starts_with(actor, 'cli:'))"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which deeds; None and "" do not matter."""

    actor: str = ""
    #: What the action begins with: `member.`, `spool.drop`.
    action: str = ""
    #: What was changed, as it stands there: a list's address, `item 5`.
    object: str = ""
    list_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    #: cli, web, api, mail or clock.
    how: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """One row of the audit."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    list_id: int | None
    list: str | None
    #: cli, web, api, mail, clock, or "" where nobody noted it.
    how: str
    detail: Mapping[str, Any]


def page(
    conn: "psycopg.Connection[Any]",
    wanted: Wanted,
    *,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[Deed]:
    """Return a page of the audit, the newest first; one statement.

    SaidError for a wrong cursor.
    """
    at, size = paging.read(cursor, (int,)), paging.bounded(size)
    conditions = [
        _BY_CLI if (name, wanted.how) == ("how", "cli") else text
        for name, text in _CONDITIONS.items()
        if getattr(wanted, name) not in {None, ""}
    ]
    back = at is not None and at.back
    if at is not None:
        conditions.append("id > %(key)s" if back else "id < %(key)s")
    query = psycopg.sql.SQL(_PAGE).format(
        condition=psycopg.sql.SQL(" AND ".join(conditions) or "true"),
        order=psycopg.sql.SQL("ASC" if back else "DESC"),
    )
    values = {
        **{name: _clean(value) for name, value in asdict(wanted).items()},
        "action": f"{_escaped(wanted.action)}%",
        "key": at.key[0] if at else None,
        "limit": size + 1,
    }
    with conn.cursor(row_factory=class_row(Deed)) as rows:
        found = rows.execute(query, values).fetchall()
    return paging.cut(found, size=size, cursor=at, key=lambda deed: (deed.id,))


def _clean(value: object) -> object:
    return value.replace("\0", "") if isinstance(value, str) else value


def _escaped(prefix: str) -> str:
    """Return a text that LIKE takes as it stands."""
    plain = prefix.replace("\0", "").replace("\\", r"\\")
    return plain.replace("%", r"\%").replace("_", r"\_")
