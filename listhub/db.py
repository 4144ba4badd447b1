"""Connections, engines and migrations: the only place that makes them.

Two ways in: `connect` for the spool and everything hot (psycopg), `engine` for the
domain (SQLAlchemy).  No session state is relied on, so a PgBouncer in transaction
mode may stand between; the time-outs are settings of the role in the database, made
by `upgrade`.

Of several servers the one that takes writes is found, at every connect.  A connection
that has become useless says so by `useless`: whoever keeps one drops it then, and the
next connect finds the server that has been promoted.
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


#: What a URL may say otherwise.  A host that is cut off closes nothing: without these
#: its clients would wait for hours.  Seconds, but the last in milliseconds.
_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

# Connection exceptions (a pooler's too), a transaction that may only read, one that was
# idle for too long, and the shutdowns: PostgreSQL's documentation, appendix A.
_USELESS = ("08", "25006", "25P03", "57P")

_AWAY = "The database does not answer; try again later."


def connect(database: Database, *, autocommit: bool = False) -> "psycopg.Connection":
    """Open a connection to the server that takes writes; TemporaryError if none does."""
    if not database.pooled:
        connection = _open(
            {**parameters(database.url), "target_session_attrs": "read-write"}
        )
    else:
        connection = _open_pooled(database.url)
    connection.autocommit = autocommit
    return connection


def useless(connection: "psycopg.Connection", error: Exception) -> bool:
    """Tell whether to drop this connection, after an error, and to try another one.

    It is broken, or about to be, or its server has become one that only reads.
    """
    if connection.closed:
        return True
    state = isinstance(error, psycopg.Error) and error.sqlstate
    return bool(state) and str(state).startswith(_USELESS)


def away(connection: "psycopg.Connection | None", error: Exception) -> bool:
    """Tell whether an error says that the database cannot do the work now."""
    if isinstance(error, TemporaryError | psycopg.OperationalError):
        return True
    return connection is not None and useless(connection, error)


def parameters(url: str) -> dict[str, "str | int | None"]:
    """Return what is given to libpq for a URL: its own parts, before our defaults."""
    return {"application_name": "listhub", **_PATIENCE, **conninfo_to_dict(url)}


def _open(given: dict[str, "str | int | None"]) -> "psycopg.Connection":
    try:
        return psycopg.connect(**given, autocommit=True)  # type: ignore[arg-type]
    except psycopg.OperationalError as error:
        raise TemporaryError(_AWAY, reason=str(error)) from error


def _open_pooled(url: str) -> "psycopg.Connection":
    """Open a connection through a pooler behind which there is a writable server.

    A pooler tells its clients of the server as it was when the pooler first met it, and
    libpq believes that: target_session_attrs would refuse it for ever after a fail-over.
    So the server itself is asked, through each host of the URL in turn.
    """
    reasons = []
    for given in _each_host({**parameters(url), "target_session_attrs": "any"}):
        try:
            connection = _open(given)
            # Behind a transaction-mode pooler a prepared statement may be elsewhere.
            connection.prepare_threshold = None
            answer = connection.execute("SHOW transaction_read_only").fetchone()
        except TemporaryError as error:
            reasons.append(error.reason)
        except psycopg.OperationalError as error:
            reasons.append(str(error))
        else:
            if answer == ("off",):
                return connection
            connection.close()
            reasons.append(f"{given.get('host')} leads to a server that only reads")
    raise TemporaryError(_AWAY, reason="; ".join(reasons))


def _each_host(
    given: dict[str, "str | int | None"],
) -> Iterator[dict[str, "str | int | None"]]:
    """Yield the parameters for each host; libpq counts them by commas, as here."""
    several = {
        name: str(given[name]).split(",")
        for name in ("host", "hostaddr", "port")
        if given.get(name)
    }
    count = max((len(values) for values in several.values()), default=1)
    for n in range(count):
        # One port stands for all hosts.
        one = {name: values[n % len(values)] for name, values in several.items()}
        yield {**given, **one}


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
        # Whether a pooler stands in between is not known here: this does either way.
        creator=lambda: connect(Database(url=url, pooled=True)),
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
        # Not what the connection says: a pooler may call the database otherwise.
        ((name_here,),) = connection.execute("SELECT current_database()").fetchall()
        for name, seconds in limits.items():
            connection.execute(
                sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                    sql.Identifier(name_here),
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
