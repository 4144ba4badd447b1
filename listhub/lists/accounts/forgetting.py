"""What has ended is forgotten: sessions, links, tokens, half-made second factors."""

from datetime import timedelta
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists.accounts import idempotency, limits

#: Who comes back to a page gets to know why it no longer works; after this, no more.
_LINK = timedelta(days=1)
#: Revoked and expired tokens are shown for so long; the audit keeps who ended them.
_TOKEN = timedelta(days=90)
_HALF_MADE = timedelta(days=1)

_SESSIONS = "DELETE FROM web_session WHERE expires_at < now() OR seen_at < now() - %s"
_LINKS = "DELETE FROM sign_in_link WHERE expires_at < now() - %s"
_TOKENS = """
DELETE FROM api_token WHERE least(revoked_at, expires_at) < now() - %s
"""
_FACTORS = """
DELETE FROM second_factor WHERE confirmed_at IS NULL AND created_at < now() - %s
"""


def forget(conn: "psycopg.Connection[Any]", *, settings: Settings) -> dict[str, int]:
    """Delete what has ended; return how many of each."""
    idle = timedelta(seconds=settings.sign_in.session_idle)
    return {
        "sessions": conn.execute(_SESSIONS, [idle]).rowcount,
        "links": conn.execute(_LINKS, [_LINK]).rowcount,
        "tokens": conn.execute(_TOKENS, [_TOKEN]).rowcount,
        "second factors": conn.execute(_FACTORS, [_HALF_MADE]).rowcount,
        "limits": limits.forget(conn),
        "answers": idempotency.forget(conn),
    }
