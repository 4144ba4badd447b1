"""Against loops: who sends commands faster than a person is not answered any more.

Sympa's numbers: a counter for each sender, halved every hour; from 200 on nothing is
answered, and the listmasters hear of it once a day.  Commands are done all the same.
It is kept in the database, for all hosts: a row for each sender and hour, locked until
the answer is committed with it.
"""

from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.mail.address import key

#: The most that is answered, and what is left of the counter after each hour.
MOST, DECREASE = 200, 0.5
#: Hours after which nothing is left of it, nearly.
_REMEMBERED = 12

_COUNT = """
INSERT INTO notice_count AS count (address_key, day, kind, answers)
VALUES (%(key)s, (now() AT TIME ZONE 'UTC')::date,
        to_char(now() AT TIME ZONE 'UTC', '"command "HH24'), 1)
    ON CONFLICT (address_key, day, kind) DO UPDATE SET answers = count.answers + 1
"""
_SUM = """
WITH hours AS (
    SELECT answers,
           extract(epoch FROM date_trunc('hour', now() AT TIME ZONE 'UTC')
                   - (day + make_interval(hours => right(kind, 2)::int))) / 3600 AS ago
      FROM notice_count
     WHERE address_key = %(key)s AND kind LIKE 'command %%'
       AND day >= (now() AT TIME ZONE 'UTC')::date - 1)
SELECT coalesce(sum(answers * %(decrease)s ^ ago), 0) FROM hours WHERE ago < %(hours)s
"""
_TELL = """
INSERT INTO notice_count (address_key, day, kind, answers)
VALUES (%s, (now() AT TIME ZONE 'UTC')::date, 'loop_command', 1) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a sender has sent commands lately, this time included."""

    count: int
    #: The listmasters have not heard of it today.
    tell: bool = False

    @property
    def answered(self) -> bool:
        """Whether the sender still gets answers."""
        return self.count <= MOST


def count(conn: "psycopg.Connection[Any]", sender: str) -> Rate:
    """Count a command mail and return the sender's rate."""
    wanted = {"key": key(sender), "decrease": DECREASE, "hours": _REMEMBERED}
    conn.execute(_COUNT, wanted)
    row = conn.execute(_SUM, wanted).fetchone()
    rate = int(row[0]) if row else 1
    loops = rate > MOST
    tell = loops and conn.execute(_TELL, [key(sender)]).rowcount == 1
    return Rate(count=rate, tell=tell)
