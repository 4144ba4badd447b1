"""Whom we never answer (RFC 3834 §2): programs, lists, and ourselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.lists import directory
from listhub.mail import address, encoded_words, screening
from listhub.mail.headers import Headers
from listhub.mail.recipient import AddressKind

_BULK = re.compile(r"\s*(?:bulk|list|junk)\s*", re.IGNORECASE)
_LIST_FIELDS = ("List-Id", "List-Post", "List-Unsubscribe")
# RFC 3834 §2, and the names that answer nobody.
_ROBOTS = re.compile(
    r"(?:owner-.*|.*-(?:request|owner|bounces?)|mailer-daemon|postmaster"
    r"|(?:no|do-?not)[._-]?reply|listserv|majordomo|sympa|mailman|listhub)"
)

# How many answers, or mails of another kind, an address gets on a day, for all hosts; the row is locked until the
# answer is committed with it.
_COUNT = """
INSERT INTO notice_count AS count (address_key, day, kind, answers)
SELECT key, (now() AT TIME ZONE 'UTC')::date, %(kind)s, 1
  FROM unnest(%(keys)s::text[]) AS key ORDER BY key
    ON CONFLICT (address_key, day, kind)
    DO UPDATE SET answers = count.answers + 1 WHERE count.answers < %(limit)s
RETURNING address_key
"""
_FORGET = "DELETE FROM notice_count WHERE day < (now() AT TIME ZONE 'UTC')::date - 7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The mail that is answered, or that a report is about."""

    #: "" is the null one; who sent it by the envelope.
    reverse_path: str
    headers: Headers
    #: Our address that it was sent to.
    recipient: str = ""
    message_id: str = ""


def silent(answered: Answered, *, report: bool) -> str | None:
    """Return why a mail is not answered, or None; reports look at the envelope only."""
    if not answered.reverse_path:
        return "null reverse-path"  # RFC 5321 §4.5.5, §6.1
    if report:
        return None
    headers = answered.headers
    if program := screening.automatic(headers):
        return program
    if any(_BULK.fullmatch(encoded_words.plain(v)) for v in headers.all("Precedence")):
        return "Precedence"
    return next((name for name in _LIST_FIELDS if headers.get(name)), None)


def is_robot(written: str) -> bool:
    """Say whether an address looks like a program's."""
    local, _, _ = address.key(written).rpartition("@")
    return _ROBOTS.fullmatch(local) is not None


def ours(conn: "psycopg.Connection[Any]", addresses: Sequence[str]) -> set[str]:
    """Return those that are addresses of our lists and programs."""
    asked = [directory.read(each) for each in addresses]
    known = directory.look_up(
        conn,
        lists={each.list_address for each in asked if each.list_address},
        domains={each.domain for each in asked},
    )
    return {
        each.recipient
        for each in asked
        if each.list_address in known.lists
        or (
            each.domain in known.domains
            and not each.list_address
            and each.kind is not AddressKind.POST
        )
    }


def within_limit(
    conn: "psycopg.Connection[Any]",
    addresses: Sequence[str],
    *,
    limit: int,
    kind: str = "answer",
) -> list[str]:
    """Count one mail of a kind to each, and return those who have not had `limit` today."""
    keys = {address.key(each) for each in addresses}
    wanted = {"keys": sorted(keys), "limit": limit, "kind": kind}
    rows = conn.execute(_COUNT, wanted).fetchall()
    allowed = {key for (key,) in rows}
    return [each for each in addresses if address.key(each) in allowed]


def forget(conn: "psycopg.Connection[Any]") -> int:
    """Delete counts of days past; return how many."""
    return conn.execute(_FORGET).rowcount
