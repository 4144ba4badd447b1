"""A full spool: items in every state, made by one statement."""

from typing import Any

import psycopg

#: Of the items that `fill` makes, of each hundred.
BURIED, HELD, PARKED, DEFERRED, LEASED = 20, 10, 10, 20, 1

_LISTS = """
INSERT INTO mailing_list (domain_id, name, address)
SELECT domain.id, 'many' || n, 'many' || n || '@' || domain.name
  FROM domain, generate_series(1, %(lists)s) AS n
"""

# A traceback of ten lines, as the runner writes it: error, empty line, the rest.
_ITEMS = """
INSERT INTO spool_item (stage, state, priority, rank, list_id, trace, message_id,
                        reverse_path, recipient, attempts, reason, error, owner,
                        lease_until, token, since, created_at, due_at)
SELECT (ARRAY['distribute', 'archive', 'send', 'send', 'send'])[1 + n %% 5],
       state, 5, now() - n * interval '1 ms', lists.ids[1 + n %% cardinality(lists.ids)],
       gen_random_uuid(), 'm' || n || '@a.example',
       'author' || n %% 1000 || '@a.example', 'many' || n %% 500 || '@lists.example',
       n %% 6,
       CASE WHEN state IN ('buried', 'deferred') THEN
            'ValueError: mail ' || n || ' is broken at place ' || n %% 40 || E'\\n\\n'
            || repeat(E'  File "/srv/listhub/stages/runner.py", line 210, in _work\\n', 30)
       END,
       CASE WHEN state = 'buried'
            THEN (ARRAY['ValueError: mail # is broken', 'KeyError: it is not there',
                        'DataError: too long'])[1 + n %% 3] END,
       CASE WHEN n %% 100 = 99 THEN 'host' || n %% 7 || '/' || n %% 50 END,
       CASE WHEN n %% 100 = 99 THEN now() + interval '1 min' END,
       CASE WHEN n %% 100 = 99 THEN gen_random_uuid() END,
       now() - n * interval '10 ms', now() - n * interval '20 ms',
       CASE WHEN state = 'deferred' THEN now() + interval '1 hour' END
  FROM (SELECT n, CASE WHEN n %% 100 < 20 THEN 'buried' WHEN n %% 100 < 30 THEN 'held'
                       WHEN n %% 100 < 40 THEN 'parked' WHEN n %% 100 < 60 THEN 'deferred'
                       ELSE 'ready' END AS state
          FROM generate_series(0, %(items)s - 1) AS n) AS made,
       (SELECT array_agg(id) AS ids FROM mailing_list) AS lists
"""


def fill(conn: "psycopg.Connection[Any]", *, items: int, lists: int = 500) -> None:
    """Make lists and items of every state in three rooms, and commit."""
    conn.execute(
        "INSERT INTO domain (name) VALUES ('lists.example') ON CONFLICT DO NOTHING"
    )
    conn.execute(_LISTS, {"lists": lists})
    conn.execute(_ITEMS, {"items": items})
    conn.commit()
    conn.execute("ANALYZE spool_item")
    conn.commit()
