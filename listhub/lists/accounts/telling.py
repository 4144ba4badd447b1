"""Mail to a person about their own account: put into the spool at once."""

import uuid
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg

from listhub.config import Settings
from listhub.lists.notices import place as places
from listhub.lists.notices.accounts import ACCOUNT_CHANGED, AccountChange, Change
from listhub.lists.notices.notice import Notice
from listhub.lists.notices.send import languages, send
from listhub.mail.address import key
from listhub.spool import store

V = TypeVar("V")

# Nothing of it is about a list, and a person may have to do with many domains: the one
# that the web pages are below speaks, else the oldest.
_DOMAIN = """
SELECT id, name FROM domain
 ORDER BY %(host)s = name DESC, %(host)s LIKE '%%.' || name DESC, id LIMIT 1
"""
_ADDRESS = "SELECT address FROM person WHERE id = %s"


def mail(
    conn: "psycopg.Connection[Any]",
    notice: Notice[V],
    values: V,
    *,
    to: str,
    settings: Settings,
    language: str | None = None,
) -> None:
    """Send a notice to an address, in its person's language or else in `language`."""
    _, name = home(conn, settings=settings)
    place = places.of_domain(conn, name=name, settings=settings)
    items = send(
        conn,
        notice,
        values,
        to=[to],
        place=place,
        settings=settings,
        trace=uuid.uuid4(),
        language=languages(conn, [to]).get(key(to)) or language,
    )
    store.put(conn, items)


def home(conn: "psycopg.Connection[Any]", *, settings: Settings) -> tuple[int, str]:
    """Return the domain that speaks where no list does: number and name, or 0 and ""."""
    host = urlsplit(settings.web.url).hostname or ""
    row = conn.execute(_DOMAIN, {"host": host}).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")


def changed(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    what: Change,
    *,
    settings: Settings,
    name: str = "",
) -> str:
    """Tell a person what was changed in how they get in; return their address."""
    address = address_of(conn, person_id)
    values = AccountChange(person=address, what=what, name=name)
    mail(conn, ACCOUNT_CHANGED, values, to=address, settings=settings)
    return address


def address_of(conn: "psycopg.Connection[Any]", person_id: int) -> str:
    """Return a person's address; LookupError if they are gone."""
    row = conn.execute(_ADDRESS, [person_id]).fetchone()
    if row is None:
        raise LookupError(f"person {person_id} is gone")
    return str(row[0])
