"""A hot standby of a PostgreSQL of ours: a copy that follows it and can take its place."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from typing_extensions import override

from listhub.embedded.binaries import find_postgres
from listhub.embedded.identity import LAUNCHER
from listhub.embedded.postgres import PostgresServer, _environment
from listhub.embedded.private import make_private, write_private
from listhub.embedded.process import wait_until
from tests.servers import SETTINGS


def skip_without_basebackup() -> None:
    """Skip the test, with the reason, where no standby can be made."""
    directory = find_postgres().directory
    if not (directory / "pg_basebackup").exists():
        pytest.skip(f"there is no pg_basebackup in {directory}")


class StandbyServer(PostgresServer):
    """Follows `primary` from its first start; `promote` makes it one itself."""

    def __init__(self, directory: Path, primary: PostgresServer) -> None:
        super().__init__(directory, settings=SETTINGS)
        self._primary = primary
        # One cluster: the roles and their passwords are the primary's.
        password = (primary.directory / "password").read_text(encoding="ascii")
        write_private(make_private(directory) / "password", password)

    @override
    def _make_data(self) -> None:
        if self._data_version() is not None:
            return
        source = make_conninfo(self._primary.url(), application_name="standby")
        argv = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())]
        argv += [str(int(signal.SIGKILL)), self._as().argument()]
        argv += [str(find_postgres().directory / "pg_basebackup"), "-d", source]
        argv += ["-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "--no-sync"]
        done = subprocess.run(
            argv, env=_environment(), capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def follow_synchronously(self) -> None:
        """From now on the primary acknowledges no commit that is not here as well."""
        with psycopg.connect(self._primary.url(), autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            conn.execute("SELECT pg_reload_conf()")
            assert wait_until(lambda: _synchronous(conn), timeout=60)

    def promote(self) -> None:
        """Take the primary's place; returns when writes are taken."""
        with psycopg.connect(self.url(), autocommit=True) as conn:
            row = conn.execute("SELECT pg_promote(wait_seconds => 60)").fetchone()
        assert row == (True,)


def url_of_both(*servers: PostgresServer, database: str) -> str:
    """Return one URL with all servers as its hosts, in that order."""
    start, _, _ = servers[0].url().rpartition("@")
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"{start}@{hosts}/{quote(database, safe='')}"


def stop_writes(server: PostgresServer) -> None:
    """Let a server only read from now on, and its standbys catch up: a switch-over."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        conn.execute("SELECT pg_reload_conf()")
        assert wait_until(lambda: not conn.execute(_WRITING).fetchall(), timeout=60)


_WRITING = """
SELECT pid::text FROM pg_stat_activity WHERE backend_xid IS NOT NULL
 UNION ALL
SELECT application_name FROM pg_stat_replication
 WHERE replay_lsn IS DISTINCT FROM pg_current_wal_lsn()
 UNION ALL
SELECT 'settings' FROM pg_settings
 WHERE name = 'default_transaction_read_only' AND setting = 'off'
"""


def _synchronous(conn: "psycopg.Connection") -> bool:
    states = conn.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
    return states == [("sync",)]
