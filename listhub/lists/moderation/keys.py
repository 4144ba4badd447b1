"""Keys: whoever holds one may answer a request by mail, and is known by it.

A key has 128 bits, written as 32 hexadecimal digits: no mail program breaks them, and
case does not matter.  The database has its digest only.  Each is good for one request,
and so for one list, and for one action; each moderator gets one of their own.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from listhub.lists.moderation import request as requests
from listhub.lists.moderation.outcomes import AlreadyDecided, UnknownKey, WrongList
from listhub.lists.moderation.request import Request
from listhub.mail import encoded_words

#: `decide` is for people in charge, `confirm` for the person who asked.
KeyAction = Literal["decide", "confirm"]

_BYTES = 16
_KEY = re.compile(r"[0-9a-f]{32}")
#: What people and programs leave around a key that they copy.
_AROUND = " \t\r\n<>[](){}\"'`.,;:"

_INSERT = """
INSERT INTO request_key (digest, request_id, action, holder)
SELECT digest, %(request_id)s, %(action)s, holder
  FROM unnest(%(digests)s::bytea[], %(holders)s::text[]) AS new (digest, holder)
"""
_FIND = "SELECT request_id, action, holder FROM request_key WHERE digest = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A key that opens a waiting request, and to whom it was mailed."""

    request: Request
    action: KeyAction
    holder: str


def issue(
    conn: "psycopg.Connection[Any]",
    request_id: int,
    holders: Iterable[str],
    *,
    action: KeyAction,
) -> dict[str, str]:
    """Make a key for each holder; return the keys by holder, told nowhere else."""
    keys = {holder: secrets.token_hex(_BYTES) for holder in holders}
    if keys:
        row = {
            "request_id": request_id,
            "action": action,
            "digests": [digest(key) for key in keys.values()],
            "holders": list(keys),
        }
        conn.execute(_INSERT, row)
    return keys


def find(
    conn: "psycopg.Connection[Any]",
    key: str,
    *,
    action: KeyAction | None = None,
    list_address: str | None = None,
) -> Found | AlreadyDecided | UnknownKey | WrongList:
    """Return what a key opens, for this action and list only if they are given."""
    row = conn.execute(_FIND, [digest(key)]).fetchone()
    if row is None or action not in {None, row[1]}:
        return UnknownKey()
    request = requests.load(conn, row[0])
    if request is None:
        return UnknownKey()
    if list_address is not None and not _is_of(request, list_address):
        return WrongList(list_address=encoded_words.safe(list_address))
    if request.state != "waiting":
        return AlreadyDecided(request=request)
    return Found(request=request, action=row[1], holder=row[2])


def _is_of(request: Request, list_address: str) -> bool:
    """Whether a list as people name it, with its domain or without, is the key's."""
    return list_address.strip().lower() in {request.address, request.list_name}


def clean(written: str) -> str:
    """Return a key as it was mailed, "" if the text cannot be one."""
    key = written.strip(_AROUND).lower()
    return key if _KEY.fullmatch(key) else ""


def digest(key: str) -> bytes:
    """Return what the database has of a key."""
    return hashlib.sha256(clean(key).encode()).digest()
