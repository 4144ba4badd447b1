"""A whole site behind PgBouncer in transaction mode, with few server connections."""

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typing_extensions import override

from listhub import db
from listhub.config import Database
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.process import wait_until
from tests.pgbouncer import PgBouncer, skip_without_pgbouncer
from tests.rooms import DOMAIN, post_bytes
from tests.servers import SETTINGS
from tests.standby import StandbyServer, skip_without_basebackup
from tests.system.poster import DOORS, Mta, Posters
from tests.system.site import Site, SitePlan
from tests.system.tally import drained, most_doubled, reckon

#: Server connections that all processes share.
POOL = 4


class PooledSite(Site):
    """A site whose programs know the database by PgBouncer's name for it only."""

    pooler: PgBouncer | None = None

    @override
    def _environment(self) -> dict[str, str]:
        self.pooler = PgBouncer(
            self.directory / "pgbouncer",
            {"pooled": (self.postgres, "site")},
            pool_size=POOL,
        )
        self.pooler.start()
        return {
            **super()._environment(),
            "LISTHUB_DATABASE__URL": self.pooler.url("pooled"),
            "LISTHUB_DATABASE__POOLED": "true",
        }

    @override
    def end(self) -> None:
        super().end()
        if self.pooler is not None:
            self.pooler.kill()

    def listhub(self, *arguments: str) -> str:
        """Run a command of the operator's; return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "listhub.cli.main", *arguments],
            env=self.environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def site(server_directory: Path) -> Iterator[PooledSite]:
    skip_without_pgbouncer()
    with PooledSite(SitePlan(directory=server_directory, pace=0.01)) as site:
        yield site


@pytest.mark.timeout(400)
def test_everything_works_through_a_transaction_pooler(site: PooledSite) -> None:
    """Posts, sending, archive, bounces, jobs, members; the pooler started again."""
    assert site.pooler is not None
    site.listhub("db", "upgrade")
    mta = Mta(site)
    for n, to in enumerate([*site.plan.lists, *site.plan.lists]):
        mta.post(to, DOORS[n % len(DOORS)], number=f"first.{n}")
    assert drained(site, patience=90)
    _manage_members(site)
    _bounce(site)
    _run_a_job(site)

    # Many at once, and in the midst of it every connection is cut.
    posters = Posters(mta, seed=5, threads=4, pause=0.1)
    posters.start()
    assert wait_until(lambda: len(mta.posted) > 20, timeout=60)
    assert _clients(site) > POOL >= _servers(site)
    site.pooler.kill()
    site.pooler.start()
    there = len(mta.posted)
    assert wait_until(lambda: len(mta.posted) > there + 10, timeout=60)
    posters.finish(patience=60)
    assert drained(site, patience=90)

    tally = reckon(site, mta.posted, bound=most_doubled(site))
    assert tally.broken == []
    assert {mail.door for mail in mta.posted if mail.accepted} == set(DOORS)
    assert _complaints(site) == []


@pytest.mark.parametrize("name", ["moved", "stale"])
def test_a_fail_over_behind_the_pooler(server_directory: Path, name: str) -> None:
    """The promoted server is used whatever the pooler remembers of the one before.

    `moved`: the pooler was led to the primary first.  `stale`: it has met the server
    as a standby, and tells its clients so for ever; libpq believes it.
    """
    skip_without_pgbouncer()
    skip_without_basebackup()
    with PostgresServer(server_directory / "primary", settings=SETTINGS) as primary:
        standby = StandbyServer(server_directory / "standby", primary)
        with (
            standby,
            PgBouncer(
                server_directory / "pooler",
                {"moved": (primary, "postgres"), "stale": (standby, "postgres")},
            ) as pooler,
        ):
            target = Database(url=pooler.url(name), pooled=True)
            with psycopg.connect(target.url) as conn:
                conn.execute("SELECT 1")

            primary.kill()
            standby.promote()
            pooler.lead_to("moved", standby, "postgres")

            with db.connect(target) as conn:
                conn.execute("CREATE TABLE taken ()")


def _manage_members(site: PooledSite) -> None:
    """Import by COPY into a temporary table, export by COPY, in transactions."""
    people = site.directory / "people.csv"
    people.write_text("".join(f"new{n}@n.example\n" for n in range(500)))
    address = f"fresh@{DOMAIN}"
    site.listhub("list", "create", address)
    site.listhub("member", "import", address, str(people))
    assert len(site.listhub("member", "export", address).splitlines()) >= 500
    assert json.loads(site.listhub("member", "ls", address, "--limit", "3", "--json"))
    site.listhub("list", "close", address)


def _bounce(site: PooledSite) -> None:
    """Send a copy back to the reverse-path that it came with."""
    copy = next(one for one in site.transactions() if "+" in one["from"])
    raw = post_bytes(author="MAILER-DAEMON@mx.example", to=copy["from"])
    with smtplib.LMTP("127.0.0.1", site.lmtp_port, timeout=60) as client:
        client.sendmail("", [copy["from"]], raw)
    assert wait_until(lambda: bool(site.rows("SELECT 1 FROM bounce_event")), timeout=60)
    assert site.rows("SELECT address FROM bounce_event") == [(copy["recipients"][0],)]


def _run_a_job(site: PooledSite) -> None:
    site.listhub("job", "run", "sweep")
    ended = "SELECT 1 FROM job_run WHERE job = 'sweep' AND finished_at IS NOT NULL"
    assert wait_until(lambda: bool(site.rows(ended)), timeout=60)


def _clients(site: PooledSite) -> int:
    assert site.pooler is not None
    return len(
        [row for row in site.pooler.command("SHOW CLIENTS") if row[2] == "pooled"]
    )


def _servers(site: PooledSite) -> int:
    assert site.pooler is not None
    return len(site.pooler.command("SHOW SERVERS"))


def _complaints(site: PooledSite) -> list[str]:
    """Return lines of our programs' logs that name statements or cursors lost."""
    words = ("prepared statement", "cursor ", "Traceback", "InFailedSql")
    return [
        line
        for daemon in site.daemons
        for line in daemon.log.read_text("utf-8", "replace").splitlines()
        if any(word in line for word in words)
    ]
