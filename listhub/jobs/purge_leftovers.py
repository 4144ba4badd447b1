"""Purge leftovers: what posts leave behind for members, once it is of no use any more.

Digests that went out and the bytes they name, topics of posts that nobody answers
now, attachments behind links, and rounds of reminders.
"""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.jobs.job import Job
from listhub.lists import reminding

#: Rows that one run takes out of a table; what is left goes with the next one.
_BATCH = 5000

# The newest issue of a list stays: the next one is numbered after it.
_ISSUES = """
DELETE FROM digest_issue WHERE id IN (
    SELECT id FROM digest_issue AS issue
     WHERE created_at < now() - %(age)s
       AND EXISTS (SELECT FROM digest_issue AS newer
                    WHERE newer.list_id = issue.list_id AND newer.number > issue.number)
     ORDER BY id LIMIT %(limit)s)
"""
# In an issue that stays, or waiting for one that nobody makes any more.
_ENTRIES = """
DELETE FROM digest_entry WHERE id IN (
    SELECT id FROM digest_entry WHERE created_at < now() - %(age)s
     ORDER BY id LIMIT %(limit)s)
"""
_TOPICS = """
DELETE FROM message_topic WHERE (list_id, message_id) IN (
    SELECT list_id, message_id FROM message_topic AS topic
     WHERE at < now() - %(age)s
       AND NOT EXISTS (SELECT FROM archive_message AS post
                        WHERE post.list_id = topic.list_id
                          AND post.message_id = topic.message_id)
     LIMIT %(limit)s)
"""
_ATTACHMENTS = """
DELETE FROM attachment WHERE id IN (
    SELECT id FROM attachment WHERE created_at < now() - %(age)s
     ORDER BY id LIMIT %(limit)s)
"""


def run(conn: "psycopg.Connection[Any]", settings: Settings) -> str:
    """Delete a batch of each; bodies go with the next vacuum."""
    kept = settings.retention
    sent = {"age": timedelta(days=kept.ledger_days), "limit": _BATCH}
    linked = {"age": timedelta(days=kept.attachments_days), "limit": _BATCH}
    issues = conn.execute(_ISSUES, sent).rowcount
    entries = conn.execute(_ENTRIES, sent).rowcount
    topics = conn.execute(_TOPICS, sent).rowcount
    files = conn.execute(_ATTACHMENTS, linked).rowcount
    rounds = reminding.purge(conn, days=kept.runs_days)
    return (
        f"{issues} digests, {entries} posts in digests, {topics} topics,"
        f" {files} attachments, {rounds} rounds of reminders deleted"
    )


JOB = Job(
    name="purge-leftovers",
    about=N_(
        "Deletes old digests, topics, attachments behind links, rounds of reminders."
    ),
    every=timedelta(hours=1),
    run=run,
)
