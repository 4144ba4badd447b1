"""Daily partitions of what only grows: history and the ledger.

Made ahead and dropped whole, so that retention is neither a storm of deletes nor
bloat.  A default partition catches rows of a day that nobody prepared.
"""

from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg import sql

#: Partitioned table → its time column.
TABLES = {"spool_history": "settled_at", "outcome": "at"}

#: How many days are prepared, today included.
AHEAD = 4


def prepare(conn: "psycopg.Connection[Any]") -> list[str]:
    """Make the partitions of today and the next days; return the names of new ones."""
    today = _today(conn)
    made: list[str] = []
    for table, column in TABLES.items():
        for offset in range(AHEAD):
            day = today + timedelta(days=offset)
            name = f"{table}_p{day:%Y%m%d}"
            if not _exists(conn, name) and not _in_default(conn, table, column, day):
                _create(conn, table, name, day)
                made.append(name)
    return made


def drop_before(conn: "psycopg.Connection[Any]", table: str, *, days: int) -> list[str]:
    """Drop the partitions of `table` older than `days`, and old rows in the default."""
    first_kept = _today(conn) - timedelta(days=days)
    rows = conn.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = %s::regclass",
        [table],
    ).fetchall()
    old = [
        name
        for (name,) in rows
        if "_p" in name and name.rsplit("_p", 1)[1] < f"{first_kept:%Y%m%d}"
    ]
    for name in old:
        conn.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
    conn.execute(
        sql.SQL("DELETE FROM {} WHERE {} < %s").format(
            sql.Identifier(f"{table}_default"), sql.Identifier(TABLES[table])
        ),
        [first_kept],
    )
    return old


def _today(conn: "psycopg.Connection[Any]") -> date:
    row = conn.execute("SELECT (now() AT TIME ZONE 'UTC')::date").fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return row[0]  # type: ignore[no-any-return]


def _exists(conn: "psycopg.Connection[Any]", name: str) -> bool:
    row = conn.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone()
    return bool(row and row[0])


def _in_default(
    conn: "psycopg.Connection[Any]", table: str, column: str, day: date
) -> bool:
    """Tell whether rows of that day lie in the default: then they stay there."""
    row = conn.execute(
        sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {} >= {} AND {} < {})").format(
            sql.Identifier(f"{table}_default"),
            sql.Identifier(column),
            sql.Literal(f"{day} 00:00+00"),
            sql.Identifier(column),
            sql.Literal(f"{day + timedelta(days=1)} 00:00+00"),
        )
    ).fetchone()
    return bool(row and row[0])


def _create(conn: "psycopg.Connection[Any]", table: str, name: str, day: date) -> None:
    conn.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})"
        ).format(
            sql.Identifier(name),
            sql.Identifier(table),
            sql.Literal(f"{day} 00:00+00"),
            sql.Literal(f"{day + timedelta(days=1)} 00:00+00"),
        )
    )
