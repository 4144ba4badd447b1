"""What pages of operators cost over 100,000 rows: a statement each, and no whole table."""

from typing import Any

import psycopg
import pytest

from listhub.lists.operators import copies, recipients, search
from listhub.lists.operators.recipients import State
from listhub.lists.operators.search import Wanted
from tests.spool.stages.test_statements import noting

# Of five items one came from outside, four are packets.
_HISTORY = """
INSERT INTO spool_history (item_id, settled_at, stage, verdict, note, owner, attempts,
                           priority, trace, message_id, reverse_path, recipient, meta,
                           created_at)
SELECT n, now() - n * interval '1 s', CASE WHEN n % 5 = 0 THEN 'distribute' ELSE 'send' END,
       'done', '', 'mx1/7', 1, 5, gen_random_uuid(), 'm' || n || '@a.example',
       'author' || n % 1000 || '@a.example', 'dev@lists.example',
       CASE WHEN n % 5 = 0 THEN jsonb_build_object(
           'via', 'lmtp', 'author', 'author' || n % 1000 || '@a.example',
           'subject', 'Subject number ' || n) ELSE '{}' END,
       now() - n * interval '1 s' - interval '1 s'
  FROM generate_series(1, 100000) AS n
"""

_POST = """
WITH post AS (
    INSERT INTO outgoing (trace, message_id, head, bounce_address, recipients)
    VALUES (gen_random_uuid(), 'post@a.example', 'Subject: x', '', 100000) RETURNING id
), packet AS (
    INSERT INTO packet (id, outgoing_id, n, verp, recipients, subscriptions, first_key,
                        last_key, settled_at)
    SELECT nextval(pg_get_serial_sequence('packet', 'id')), post.id, p, true,
           (SELECT array_agg('m' || lpad((p * 100 + k)::text, 6, '0') || '@d.example'
                             ORDER BY k) FROM generate_series(0, 99) AS k), '{}',
           'd.example m' || lpad((p * 100)::text, 6, '0'),
           'd.example m' || lpad((p * 100 + 99)::text, 6, '0'), now()
      FROM post, generate_series(0, 999) AS p RETURNING id, n, outgoing_id
), answers AS (
    INSERT INTO outcome (packet_id, first, last, state, attempt, relay, code, enhanced,
                         reply, host)
    SELECT id, k, k, CASE WHEN k = 50 AND n % 10 = 0 THEN 'refused' ELSE 'delivered' END,
           1, 'relay', 250, '', '', 'mx1/7'
      FROM packet, generate_series(1, 100) AS k
)
SELECT id FROM post
"""


@pytest.fixture
def full(database_url: str) -> Any:
    """Return a connection to a site with much history and one large post."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(_HISTORY)
        conn.execute(_POST)
        for table in ("spool_history", "outgoing", "packet", "outcome"):
            conn.execute(f"VACUUM ANALYZE {table}".encode())
        yield conn


def test_a_search_wades_through_no_packets(full: Any) -> None:
    """However many packets were sent: a page is one statement over what came in."""
    asked: list[str] = []
    full.cursor_factory = noting(asked)
    for wanted, rows in (
        (Wanted(), 50),
        (Wanted(sender="author5@a.example"), 50),
        (Wanted(subject="NUMBER 99995"), 1),
        (Wanted(message_id="<m500@a.example>"), 1),
        (Wanted(sender="nobody@"), 0),
    ):
        asked.clear()
        assert len(search.search(full, wanted).rows) == rows
        assert len(asked) == 1


def test_recipients_of_a_large_post_are_opened_as_needed(full: Any) -> None:
    """A page of 100,000 recipients opens the packets that it shows, not all 1,000."""
    asked: list[str] = []
    [(post,)] = full.execute("SELECT id FROM outgoing").fetchall()
    full.cursor_factory = noting(asked)
    expected: dict[State | None, int] = {
        None: 50,
        "delivered": 50,
        "refused": 50,
        "expired": 0,
    }
    for state, rows in expected.items():
        before = _read(full)
        asked.clear()
        page = recipients.page(full, post, state=state)
        assert len(page.rows) == rows
        assert len(asked) == 1
        # Of the ledger's 100,000 rows.
        assert _read(full) - before < 12_000
    asked.clear()
    assert len(copies.page(full, "m050042@d.example").rows) == 1
    assert len(asked) == 2


def _read(conn: Any) -> int:
    """Return how many rows of the ledger this session has read so far."""
    conn.execute("SELECT pg_stat_force_next_flush()")
    [(number,)] = conn.execute(
        "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::bigint"
        " FROM pg_stat_user_tables WHERE relname LIKE 'outcome%'"
    ).fetchall()
    return int(number)
