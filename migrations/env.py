"""Run migrations: one at a time over all hosts, never waiting long for a lock.

Every migration is a transaction of its own with a lock time-out of 4 s: a migration
that cannot have its lock fails and is tried again, instead of stopping all mail
behind it in the lock queue.
"""

from alembic import context
from sqlalchemy import text

from listhub import db
from listhub.models import Base

#: Any number; it only has to be the same for every runner.
ADVISORY_LOCK = 7_465_001


DEFAULTS = {"spool_history_default", "outcome_default"}


def include_name(name, type_, _parent_names):
    """Leave partitions out of the drift check: the jobs make and drop them."""
    return type_ != "table" or not ("_p20" in (name or "") or name in DEFAULTS)


def run() -> None:
    engine = db.engine(context.config.attributes["url"])
    with engine.connect() as connection, connection.begin():
        # A transaction lock: it needs no session and ends with its transaction.
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        connection.execute(text("SET LOCAL lock_timeout = '4s'"))
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=include_name,
            compare_type=True,
            compare_server_default=False,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
