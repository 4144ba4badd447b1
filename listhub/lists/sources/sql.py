"""Kind `sql`: a statement asked of a PostgreSQL database elsewhere, read only.

The first column of its rows is the address, the second, if there is one, the name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from listhub import db
from listhub.config.fields import hide_passwords
from listhub.errors import UsageError
from listhub.lists.sources.kind import Field, Kind, number
from listhub.lists.sources.source import Found, Reader, SourceError

_CONNECT = 10  # seconds
#: Rows that come at a time.
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sql:
    """One statement, asked of one database."""

    statement: str
    seconds: int
    #: Not in logs: it may hold a password.
    url: str = field(repr=False)

    def read(self, _conn: "psycopg.Connection[Any]") -> Iterator[Found]:
        """Yield the people of the answer, some thousand rows at a time."""
        try:
            with psycopg.connect(**self._parameters) as conn:
                yield from self._rows(conn)
        except psycopg.Error as error:
            text = hide_passwords(" ".join(str(error).split()))[:300]
            raise SourceError(f"the database says: {text}") from error

    @property
    def _parameters(self) -> dict[str, Any]:
        # The server may be one that has gone to sleep, or answer row by row; a host
        # that is cut off is noticed by the signs of life that are asked of it.
        return {
            **db.parameters(self.url),
            "connect_timeout": _CONNECT,
            "options": "-c default_transaction_read_only=on"
            f" -c statement_timeout={self.seconds * 1000}",
        }

    def _rows(self, conn: "psycopg.Connection[Any]") -> Iterator[Found]:
        with conn.cursor(name="listhub_source") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(self.statement.encode())
            for address, *others in cursor:
                if address is not None:
                    name = others[0] if others else None
                    yield Found(str(address), "" if name is None else str(name))


def _make(fields: Mapping[str, str], _list_id: int) -> Reader:
    if not fields["url"].startswith(("postgresql://", "postgres://")):
        raise UsageError("url does not begin with postgresql://.")
    return Sql(
        statement=fields["statement"].rstrip("; \n"),
        seconds=number(fields, "seconds", most=600),
        url=fields["url"],
    )


KIND = Kind(
    name="sql",
    about="A statement asked of a PostgreSQL database elsewhere.",
    fields={
        "url": Field(
            about="the database, such as postgresql://reader@db.example.org/people.",
            required=True,
            secret=True,
        ),
        "statement": Field(
            about="a SELECT of addresses and, if there are any, names.", required=True
        ),
        "seconds": Field(
            about="the longest that a piece of the answer may take.", default="60"
        ),
    },
    make=_make,
)
