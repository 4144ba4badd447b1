"""Sign in by a link: whoever reads an address's mail is that person.

Any address may ask for one.  The answer is the same for all, so nobody learns who is
known here, and a stranger can subscribe on the web as they can by mail; a person is made
only when the link is used.  A link is good once and for a quarter of an hour.  Looking
at it (GET) changes nothing, for programs follow links in mail; using it is a POST.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.config.fields import one_line
from listhub.i18n.text import N_
from listhub.lists import persons
from listhub.lists.accounts import limits, secret, telling
from listhub.lists.accounts.next_path import local
from listhub.lists.notices.accounts import SIGN_IN_LINK, SignInLink
from listhub.lists.said import SaidError
from listhub.mail.address import key, parse_addr_spec

LIFE = timedelta(minutes=15)

NO_ADDRESS = N_("This is not an e-mail address: %(written)s")

_SHOWN = 100

_MAKE = """
INSERT INTO sign_in_link (digest, address, next_path, expires_at)
VALUES (%(digest)s, %(address)s, %(next_path)s, now() + %(life)s)
RETURNING expires_at
"""
_PEEK = """
SELECT address, next_path, CASE WHEN used_at IS NOT NULL THEN 'used'
                                WHEN expires_at <= now() THEN 'expired'
                                ELSE 'good' END
  FROM sign_in_link WHERE digest = %s
"""
# Two uses at once: the second waits here for the first, and finds it used.
_USE = """
UPDATE sign_in_link SET used_at = now()
 WHERE digest = %s AND used_at IS NULL AND expires_at > now()
RETURNING address, next_path
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as it is before anybody uses it."""

    address: str
    next_path: str
    state: Literal["good", "used", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Who has just shown to read an address's mail, and where they want to go."""

    person_id: int
    address: str
    next_path: str


def ask(
    conn: "psycopg.Connection[Any]",
    written: str,
    *,
    settings: Settings,
    next_path: str = "",
    came_from: str = "",
    language: str | None = None,
) -> float:
    """Mail a link to an address; return the seconds to wait if it is asked too often.

    `came_from` is the browser's network address, `language` its language.  SaidError if
    the text is no address.
    """
    address = _parsed(written)
    network = limits.network(came_from)
    wait = limits.take(
        conn,
        (limits.LINK_NETWORK, network),
        (limits.LINK_ADDRESS, key(address)),
    )
    if wait:
        return wait
    token, until = make(conn, address, next_path=next_path)
    values = SignInLink(
        person=address,
        link=url(token, settings),
        until=until,
        came_from="" if network == limits.UNKNOWN else came_from,
    )
    telling.mail(
        conn, SIGN_IN_LINK, values, to=address, settings=settings, language=language
    )
    return 0.0


def make(
    conn: "psycopg.Connection[Any]",
    written: str,
    *,
    next_path: str = "",
    life: timedelta = LIFE,
) -> tuple[str, datetime]:
    """Make a link without mailing it; return its token, told only here, and its end.

    SaidError if the text is no address.
    """
    token = secret.make()
    values = {
        "digest": secret.digest(token),
        "address": _parsed(written),
        "next_path": local(next_path),
        "life": life,
    }
    ((until,),) = conn.execute(_MAKE, values).fetchall()
    return token, until


def url(token: str, settings: Settings) -> str:
    """Return the address of a link's page."""
    return f"{site_url(settings)}/sign-in/{token}"


def site_url(settings: Settings) -> str:
    """Return the address of the pages, without a slash at its end."""
    web = settings.web
    return web.url.rstrip("/") or f"http://{web.host}:{web.port}"


def peek(conn: "psycopg.Connection[Any]", token: str) -> Link | None:
    """Return a link without using it, None if there is none (any more)."""
    row = conn.execute(_PEEK, [secret.digest(token)]).fetchone()
    return Link(address=row[0], next_path=row[1], state=row[2]) if row else None


def use(conn: "psycopg.Connection[Any]", token: str) -> Used | None:
    """Use a link up; return whose it is, the person made if need be, or None.

    None is for links that were used, ended or never were; `peek` tells which.
    """
    row = conn.execute(_USE, [secret.digest(token)]).fetchone()
    if row is None:
        return None
    person_id = persons.find_or_make(conn, row[0])
    return Used(person_id=person_id, address=row[0], next_path=row[1])


def _parsed(written: str) -> str:
    found = parse_addr_spec(written.strip())
    if found is None:
        raise SaidError(NO_ADDRESS, written=one_line(written)[:_SHOWN])
    return found.text
