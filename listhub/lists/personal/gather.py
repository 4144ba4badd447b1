"""What is gathered about a person before anything is shown or erased."""

from collections.abc import Mapping
from typing import Any

import psycopg

from listhub.lists.personal.own import ENVELOPE

# These statements read whole tables: there is no index for "names somebody".
_PATIENCE = """
SET LOCAL statement_timeout = '1h';
SET LOCAL lock_timeout = '2min';
SET LOCAL idle_in_transaction_session_timeout = '10min'
"""
_TABLES = """
DROP TABLE IF EXISTS pg_temp.erased_post, pg_temp.erased_body, pg_temp.erased_trace;
CREATE TEMPORARY TABLE erased_post (
    list_id bigint NOT NULL, message_id text NOT NULL,
    PRIMARY KEY (list_id, message_id)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE erased_body (id bigint PRIMARY KEY) ON COMMIT DROP;
CREATE TEMPORARY TABLE erased_trace (trace uuid PRIMARY KEY) ON COMMIT DROP
"""
_POSTS_OF = """
INSERT INTO erased_post
SELECT list_id, message_id FROM archive_message WHERE lower(author) = ANY (%(forms)s)
 UNION
SELECT list_id, message_id FROM digest_entry WHERE lower(author) = ANY (%(forms)s)
 UNION
SELECT list_id, message_id FROM outgoing
 WHERE lower(author) = ANY (%(forms)s) AND list_id IS NOT NULL
 UNION
SELECT list_id, message_id FROM request
 WHERE lower(author) = ANY (%(forms)s) AND kind = 'post'
   AND list_id IS NOT NULL AND message_id IS NOT NULL
"""
_CHOSEN = """
INSERT INTO erased_post
SELECT list_id, message_id FROM archive_message
 WHERE (message_id = %(message_id)s OR lower(author) = %(author)s)
   AND list_id = coalesce(%(list_id)s, list_id)
 UNION
SELECT list_id, message_id FROM digest_entry
 WHERE (message_id = %(message_id)s OR lower(author) = %(author)s)
   AND list_id = coalesce(%(list_id)s, list_id)
"""
# What was made of a post: its bytes, those of its attachments, and on its trace the
# copies, the notices that carry it, the digests that it went into.
_OF_POSTS = """
INSERT INTO erased_body
SELECT body_id FROM archive_message JOIN erased_post USING (list_id, message_id)
 UNION
SELECT body_id FROM digest_entry JOIN erased_post USING (list_id, message_id)
 UNION
SELECT body_id FROM attachment JOIN erased_post USING (list_id, message_id)
 UNION
SELECT body_id FROM request JOIN erased_post USING (list_id, message_id)
 WHERE body_id IS NOT NULL;

INSERT INTO erased_trace
SELECT trace FROM archive_message JOIN erased_post USING (list_id, message_id)
 UNION
SELECT trace FROM outgoing JOIN erased_post USING (list_id, message_id)
 UNION
SELECT trace FROM request JOIN erased_post USING (list_id, message_id)
 UNION
SELECT issue.trace FROM digest_issue AS issue
  JOIN digest_entry AS entry ON entry.issue_id = issue.id
  JOIN erased_post ON erased_post.list_id = entry.list_id
   AND erased_post.message_id = entry.message_id;

INSERT INTO erased_body
SELECT body_id FROM outgoing JOIN erased_trace USING (trace)
 WHERE body_id IS NOT NULL
    ON CONFLICT DO NOTHING
"""
_BODIES_OF = f"""
INSERT INTO erased_body
SELECT body_id FROM (
    SELECT body_id FROM outgoing WHERE lower(author) = ANY (%(forms)s)
     UNION
    SELECT body_id FROM bounce_event WHERE lower(address) = ANY (%(forms)s)
     UNION
    SELECT body_id FROM request
     WHERE lower(author) = ANY (%(forms)s) OR lower(person) = ANY (%(forms)s)
     UNION
    SELECT body_id FROM spool_item WHERE {ENVELOPE}
     UNION
    SELECT body_id FROM spool_history WHERE {ENVELOPE}
) AS named WHERE body_id IN (SELECT id FROM body)
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - no values in it
_ANALYZE = "ANALYZE erased_post, erased_body, erased_trace"


def person(conn: "psycopg.Connection[Any]", values: Mapping[str, object]) -> None:
    """Fill `erased_post`, `erased_body` and `erased_trace` for `Subject.values`.

    They end with the transaction.
    """
    _begin(conn)
    conn.execute(_POSTS_OF, values)
    conn.execute(_OF_POSTS)
    conn.execute(_BODIES_OF, values)
    conn.execute(_ANALYZE)


def posts(
    conn: "psycopg.Connection[Any]",
    *,
    message_id: str | None,
    author: str | None,
    list_id: int | None,
) -> None:
    """Fill the same tables for posts: one by Message-ID, or all of an author's key."""
    _begin(conn)
    values = {"message_id": message_id, "author": author, "list_id": list_id}
    conn.execute(_CHOSEN, values)
    conn.execute(_OF_POSTS)
    conn.execute(_ANALYZE)


def _begin(conn: "psycopg.Connection[Any]") -> None:
    conn.execute(_PATIENCE)
    conn.execute(_TABLES)
