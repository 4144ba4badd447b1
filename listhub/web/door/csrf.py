"""That a form comes from a page of ours: a token bound to who fills it in.

The token is an HMAC of the session's identifier, or of a visitor's random cookie; a
page of another site knows neither.  Beside it Sec-Fetch-Site and Origin are believed
where a browser sends them, so a stolen token is of no use elsewhere.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from listhub.web.door.asked import Asked

COOKIE = "listhub-visitor"
FIELD = "csrf"
HEADER = "x-csrf"
PURPOSE = "csrf"


def new_visitor() -> str:
    """Return an identifier for a visitor who has none: 128 bits."""
    return secrets.token_urlsafe(16)


def token(bound_to: str, *, key: bytes) -> str:
    """Return the token of a session's or a visitor's forms."""
    return hmac.new(key, bound_to.encode(), "sha256").hexdigest()


def genuine(asked: Asked, expected: str, *, host: str) -> bool:
    """Tell whether a POST comes from a page of ours; `host` is that of the site."""
    site = asked.headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"}:
        return False
    origin = asked.headers.get("origin", "")
    ours = {host, asked.headers.get("host", "")} - {""}
    if origin and urlsplit(origin).netloc not in ours:
        return False
    given = asked.one(FIELD) or asked.headers.get(HEADER, "")
    return hmac.compare_digest(given.encode(), expected.encode())
