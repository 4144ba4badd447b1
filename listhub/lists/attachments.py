"""Attachments that members of reception `urlize` get as links: kept, and found again.

The link is all that is needed to fetch one, so nobody can guess it.  It follows from
the post, the part and the key of the site: a post that is published anew gets the same
links, and the database has only their digests.  They go when their list goes, or
after retention.attachments_days.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.rows import class_row

from listhub.config import Settings
from listhub.config.reading import derived_key
from listhub.errors import PermanentError
from listhub.mail.attachments import Attachment
from listhub.spool import bodies

#: Of the digest that a token is; 128 bits are not guessed.
_OCTETS = 16
_TOKEN = re.compile(r"[a-z2-7]{26}")

_KEEP = """
INSERT INTO attachment
       (token_digest, list_id, message_id, name, media_type, size, body_id)
VALUES (%(digest)s, %(list_id)s, %(message_id)s, %(name)s, %(media_type)s, %(size)s,
        %(body_id)s)
    ON CONFLICT (token_digest) DO NOTHING
"""
_FIND = """
SELECT name, media_type, size, body_id FROM attachment WHERE token_digest = %s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An attachment that is kept; `size` in bytes, the bytes are a body's."""

    name: str
    media_type: str
    size: int
    body_id: int


def store(
    conn: "psycopg.Connection[Any]",
    attachment: Attachment,
    *,
    list_id: int,
    message_id: str,
    settings: Settings,
) -> str:
    """Keep an attachment of a post and return the address of it; once, however often.

    PermanentError where the site has no web pages: nobody could fetch it.
    """
    if not settings.web.url:
        raise PermanentError(
            "Attachments cannot be kept for members: the site has no web address.",
            reason="web.url is empty",
        )
    content = attachment.content
    digest = bodies.digest(content)
    # Hostile mail chooses both; the database takes neither NUL nor halves of letters.
    name = attachment.name.encode("utf-8", "replace").decode()
    media_type = attachment.media_type.replace("\0", "")[:200]
    token = _token(settings, list_id, message_id, name, digest)
    conn.execute(
        _KEEP,
        {
            "digest": _digest(token),
            "list_id": list_id,
            "message_id": message_id,
            "name": name,
            "media_type": media_type,
            "size": len(content),
            "body_id": bodies.store(conn, [(digest, content)])[digest],
        },
    )
    base = settings.web.url.rstrip("/")
    return f"{base}/attachments/{token}/{quote(name, safe='')}"


def find(conn: "psycopg.Connection[Any]", token: str) -> Kept | None:
    """Return what a link stands for, or None."""
    if not _TOKEN.fullmatch(token):
        return None
    cursor = conn.cursor(row_factory=class_row(Kept))
    return cursor.execute(_FIND, [_digest(token)]).fetchone()


def _token(
    settings: Settings, list_id: int, message_id: str, name: str, digest: bytes
) -> str:
    key = derived_key(settings, "attachment")
    meant = "\0".join((str(list_id), message_id, name, digest.hex()))
    code = hmac.digest(key, meant.encode("utf-8", "replace"), "sha256")[:_OCTETS]
    return base64.b32encode(code).decode().rstrip("=").lower()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
