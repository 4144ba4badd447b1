"""A private PgBouncer in transaction mode: its own configuration and port, on loopback."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from typing_extensions import override

from listhub.embedded import process
from listhub.embedded.identity import hand_over, ordinary
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.private import write_private
from listhub.embedded.server import Server

_CONFIGURATION = """
[databases]
{databases}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {directory}/users
admin_users = {user}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 1000
server_login_retry = 1
server_lifetime = 60
"""


def find_pgbouncer() -> str | None:
    """Return where PgBouncer is, None if it is not installed."""
    return shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


def skip_without_pgbouncer() -> None:
    """Skip the test, with the reason, where there is no PgBouncer."""
    if find_pgbouncer() is None:
        pytest.skip("the Debian package pgbouncer is not installed")


class PgBouncer(Server):
    """PgBouncer in front of databases: `databases` gives each name its server's."""

    name = "pgbouncer"
    programs = frozenset({"pgbouncer"})
    ready_timeout = 20.0

    def __init__(
        self,
        directory: Path,
        databases: Mapping[str, tuple[PostgresServer, str]],
        *,
        pool_size: int = 5,
    ) -> None:
        super().__init__(directory)
        self._databases = dict(databases)
        self._pool_size = pool_size
        self._identity = ordinary()

    def url(self, database: str) -> str:
        """Return the libpq URL of a database as the clients of the pooler see it."""
        server, _ = next(iter(self._databases.values()))
        there = urlsplit(server.url())
        return (
            f"postgresql://{there.username}:{there.password}@127.0.0.1:{self.port}"
            f"/{quote(database, safe='')}"
        )

    def lead_to(self, name: str, server: PostgresServer, database: str) -> None:
        """Have a database's clients led to another server, by a reload."""
        self._databases[name] = (server, database)
        self._write()
        self.command("RELOAD")

    def command(self, command: str) -> list[tuple[str, ...]]:
        """Give a command of the administrator's console; return its rows."""
        url = self.url("pgbouncer")
        # The console understands simple queries only.
        with psycopg.connect(
            url, autocommit=True, cursor_factory=psycopg.ClientCursor
        ) as conn:
            cursor = conn.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    @override
    def _before(self) -> None:
        self._write()
        hand_over(self.directory, self._identity)

    @override
    def _command(self) -> process.Command:
        program = find_pgbouncer()
        assert program is not None
        return process.Command(
            name=self.name,
            argv=[program, str(self.directory / "pgbouncer.ini")],
            log=self.directory / "pgbouncer.log",
            cwd=self.directory,
            identity=self._identity,
        )

    @override
    def _answers(self) -> bool:
        try:
            return bool(self.command("SHOW VERSION"))
        except psycopg.OperationalError:
            return False

    def _write(self) -> None:
        lines = [
            f"{name} = host=127.0.0.1 port={server.port} dbname={database}"
            for name, (server, database) in self._databases.items()
        ]
        there = urlsplit(next(iter(self._databases.values()))[0].url())
        write_private(
            self.directory / "users", f'"{there.username}" "{there.password}"\n'
        )
        text = _CONFIGURATION.format(
            databases="\n".join(lines),
            port=self.port,
            directory=self.directory,
            user=there.username,
            pool_size=self._pool_size,
        )
        write_private(self.directory / "pgbouncer.ini", text)
        for name in ("users", "pgbouncer.ini"):
            if self._identity.kind == "other":
                os.chown(self.directory / name, *self._identity.owner())
