"""Archives that have grown too old: months go by on lists without posts as well.

A list whose posts come in loses its old months with them (see archiving.py); a quiet
or closed one is looked for here.
"""

from typing import Any

import psycopg

from listhub import clock
from listhub.lists import archiving
from listhub.lists.by_setting import having
from listhub.lists.settings import load_list_settings

#: Posts go a thousand at a time, and so many times in one transaction.
_TIMES = 5

# Roughly: months begin at other moments in other time zones, and the list's own function
# says which posts are meant.
DUE = f"""
SELECT list.id, list.address AS name
  FROM ({having("archive_max_months")}) AS list
 CROSS JOIN LATERAL (
       SELECT CASE jsonb_typeof(list.value) WHEN 'number'
              THEN (list.value #>> '{{}}')::numeric::int END AS months) AS kept
 WHERE kept.months > 0
   AND EXISTS (SELECT FROM archive_message AS post
                WHERE post.list_id = list.id
                  AND post.sent_at < date_trunc('month', now(), 'UTC')
                                     - make_interval(months => kept.months - 1)
                                     + interval '14 hours')
"""  # noqa: S608 - put together from constants


def purge(conn: "psycopg.Connection[Any]", list_id: int) -> int:
    """Take out months of one list that it does not keep; return how many posts went.

    At most some thousand at once: what is left goes next time.
    """
    wanted = load_list_settings(conn, list_id)
    removed = 0
    for _ in range(_TIMES):
        gone = archiving.purge(conn, list_id, wanted, now=clock.now())
        removed += gone
        if not gone:
            break
    return removed
