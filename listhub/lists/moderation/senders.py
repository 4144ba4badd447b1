"""Senders a list knows: those always let through, and those on its blocklist.

Both are files of search_filters/, which owners can edit too: one address on a line.
Here a line is only ever added, under the file's lock: of two moderators neither loses
one, nor does who writes the whole file (`files.write`, by the version that was seen).
"""

from typing import Any

import psycopg

from listhub import log
from listhub.lists import files
from listhub.mail.address import key, parse_addr_spec
from listhub.policy import filters

ALLOWED = "search_filters/allowed.txt"
BLOCKED = f"search_filters/{filters.BLOCKLIST}"

_logger = log.get(__name__)

_NAME = "SELECT address FROM mailing_list WHERE id = %s"


def is_allowed(conn: "psycopg.Connection[Any]", list_id: int, address: str) -> bool:
    """Tell whether a moderator has said that this sender's posts are never held.

    Of the sender's address alone: whoever asks has to know that it is theirs.
    """
    found = files.read_all(conn, ALLOWED, list_id=list_id)
    return filters.matches([each.content for each in found], [address])


def allow(
    conn: "psycopg.Connection[Any]", list_id: int, address: str, *, actor: str
) -> bool:
    """Let a sender through from now on; False where that was so, or cannot be."""
    return _add(conn, list_id, address, path=ALLOWED, actor=actor)


def block(
    conn: "psycopg.Connection[Any]", list_id: int, address: str, *, actor: str
) -> bool:
    """Put a sender on the list's blocklist; False where they were, or cannot be."""
    return _add(conn, list_id, address, path=BLOCKED, actor=actor)


def _add(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    address: str,
    *,
    path: str,
    actor: str,
) -> bool:
    # A `*` is a pattern there, and valid in addresses: the author of a held post must
    # not choose who else is let through.
    if parse_addr_spec(address) is None or "*" in address or address[0] in "#;":
        _logger.warning("sender fits in no file", path=path, address=address)
        return False
    row = conn.execute(_NAME, [list_id]).fetchone()
    level = files.Level(scope="list", list_id=list_id, name=row[0] if row else "")
    files.lock(conn, path, level=level)
    newest = next(iter(files.history(conn, path, level=level, limit=1)), None)
    lines = (newest.content or "").splitlines() if newest else []
    if key(address) in map(key, lines):
        return False
    files.write(conn, path, "\n".join([*lines, address, ""]), level=level, actor=actor)
    return True
