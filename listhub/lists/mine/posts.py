"""Where are my messages?  A person's own posts of late, over all their lists."""

from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.lists import sent
from listhub.lists.sent import Own
from listhub.mail.address import key, parse_addr_spec

#: Lists that are looked through: those of a person, and those that hold a post of theirs.
_MOST_LISTS = 500

_LISTS = """
SELECT list.id, list.address FROM mailing_list AS list
 WHERE list.id IN (
       SELECT subscription.list_id FROM subscription
         JOIN person ON person.id = subscription.person_id
        WHERE person.address_key = %(key)s
        UNION
       SELECT role.list_id FROM role JOIN person ON person.id = role.person_id
        WHERE person.address_key = %(key)s
        UNION
       SELECT request.list_id FROM request
        WHERE request.list_id = ANY(ARRAY(SELECT id FROM mailing_list))
          AND request.author_key = %(key)s AND request.created_at >= now() - %(period)s)
 ORDER BY list.address LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message of somebody, to which list, and what became of it."""

    list_address: str
    own: Own


def of_person(conn: "psycopg.Connection[Any]", address: str) -> tuple[Posted, ...]:
    """Return a person's messages of the last 30 days, the newest first; six statements.

    Posts to open lists that they are not on are told as long as they are held.
    """
    if parse_addr_spec(address.strip()) is None:
        return ()
    values = {"key": key(address), "period": sent.OWN_PERIOD, "most": _MOST_LISTS}
    names = dict(conn.execute(_LISTS, values).fetchall())
    if not names:
        return ()
    found = sent.own_on(conn, list(names), address)
    return tuple(Posted(list_address=names[one.list_id], own=one) for one in found)
