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
DROP TABLE IF EXISTS pg_temp.erased_post, pg_temp.erased_body;
CREATE TEMPORARY TABLE erased_post (
    list_id bigint NOT NULL, message_id text NOT NULL,
    PRIMARY KEY (list_id, message_id)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE erased_body (id bigint PRIMARY KEY) ON COMMIT DROP
"""
_POSTS = """
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
_BODIES = f"""
INSERT INTO erased_body
SELECT body_id FROM (
    SELECT body_id FROM archive_message WHERE lower(author) = ANY (%(forms)s)
     UNION
    SELECT body_id FROM digest_entry WHERE lower(author) = ANY (%(forms)s)
     UNION
    SELECT body_id FROM attachment JOIN erased_post USING (list_id, message_id)
     UNION
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
"""  # noqa: S608 - no values in it


def gather(conn: "psycopg.Connection[Any]", values: Mapping[str, object]) -> None:
    """Fill `erased_post` and `erased_body`, which end with the transaction."""
    conn.execute(_PATIENCE)
    conn.execute(_TABLES)
    conn.execute(_POSTS, values)
    conn.execute(_BODIES, values)
    conn.execute("ANALYZE erased_post, erased_body")
