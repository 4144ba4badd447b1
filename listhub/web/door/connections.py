"""The connections that all pages of a process share."""

from typing import Any, cast

import psycopg
from psycopg_pool import ConnectionPool
from typing_extensions import override

from listhub import db
from listhub.config import Database

#: Pages are short: so many at once keep two cores busy.
SIZE = 12

#: Seconds that a page waits for a connection before it says "later".
PATIENCE = 5.0


class _Opened(psycopg.Connection[Any]):
    """Lets the pool open connections as all of ListHub does: to the server that writes."""

    @classmethod
    @override
    def connect(cls, conninfo: str = "", **given: Any) -> "psycopg.Connection[Any]":  # type: ignore[override]
        return db.connect(cast("Database", given["database"]))


def pool(database: Database) -> "ConnectionPool[psycopg.Connection[Any]]":
    """Return a pool that is not open yet; each loan begins and ends a transaction."""
    return ConnectionPool(
        min_size=1,
        max_size=SIZE,
        timeout=PATIENCE,
        kwargs={"database": database},
        connection_class=_Opened,
        check=_check,
        open=False,
        name="web",
    )


def _check(conn: "psycopg.Connection[Any]") -> None:
    """Refuse a connection whose server is gone, or only reads since a fail-over."""
    answer = conn.execute("SHOW transaction_read_only").fetchone()
    conn.rollback()
    if answer != ("off",):
        raise psycopg.OperationalError("this server only reads")
