"""Connections, engines and migrations: the only place that makes them.

Two ways in: `connect` for the spool and everything hot (psycopg), `engine` for the
domain (SQLAlchemy).  No session state is relied on, so a PgBouncer in transaction
mode may stand between; the time-outs are settings of the role in the database, made
by `upgrade`.
"""

import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from listhub.config import Database
from listhub.errors import TemporaryError

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig
    from sqlalchemy import Engine


def connect(database: Database, *, autocommit: bool = False) -> "psycopg.Connection":
    """Open a connection, writable side of a cluster first; TemporaryError if none."""
    try:
        return psycopg.connect(
            database.url,
            autocommit=autocommit,
            connect_timeout=5,
            application_name="listhub",
            target_session_attrs="read-write",
            # Behind a transaction-mode pooler a prepared statement may be elsewhere.
            prepare_threshold=None if database.pooled else 5,
        )
    except psycopg.OperationalError as error:
        raise TemporaryError(
            "The database does not answer; try again later.", reason=str(error)
        ) from error


@contextmanager
def transaction(database: Database) -> Iterator["psycopg.Connection"]:
    """Open a connection for one transaction: committed at the end, or rolled back."""
    with connect(database) as connection:
        yield connection


def engine(url: str) -> "Engine":
    """Make an engine for a libpq URL; every part of it reaches libpq unchanged."""
    import sqlalchemy  # noqa: PLC0415 - costs 0.3 s, which most commands can spare

    return sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(url, application_name="listhub"),
        pool_pre_ping=True,
    )


def migrations_directory() -> Path:
    """Return where the migrations are: beside the package, or installed with it."""
    beside = Path(__file__).resolve().parent.parent / "migrations"
    installed = Path(sysconfig.get_path("data")) / "share" / "listhub" / "migrations"
    return beside if (beside / "env.py").exists() else installed


def alembic_config(url: str) -> "AlembicConfig":
    """Return Alembic's configuration for this database; no file is read."""
    from alembic.config import Config  # noqa: PLC0415 - see `engine`

    config = Config()
    config.set_main_option("script_location", str(migrations_directory()))
    config.attributes["url"] = url
    return config


def upgrade(url: str, *, revision: str = "head") -> None:
    """Bring the schema up to `revision`; safe to call from many hosts at once."""
    from alembic import command  # noqa: PLC0415 - see `engine`

    command.upgrade(alembic_config(url), revision)


def set_role_timeouts(database: Database) -> None:
    """Give the connecting role its time-outs in this database, for good.

    Stored with the role and not set per session, so that they hold behind a pooler;
    an open transaction must not stop vacuum for ever.
    """
    limits = {
        "statement_timeout": database.statement_timeout,
        "lock_timeout": database.lock_timeout,
        "idle_in_transaction_session_timeout": database.idle_timeout,
    }
    with connect(database) as connection:
        for name, seconds in limits.items():
            connection.execute(
                sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                    sql.Identifier(connection.info.dbname),
                    sql.Identifier(name),
                    sql.Literal(f"{int(seconds * 1000)}ms"),
                )
            )


def without_password(url: str) -> str:
    """Return a database URL or conninfo string fit for logs and screens."""
    parts = conninfo_to_dict(url)
    parts.pop("password", None)
    return " ".join(
        f"{key}={quote(str(value), safe='/,:.')}" for key, value in parts.items()
    )
