"""PostgreSQL's primary goes away mid-burst and its standby takes over: a pause."""

import smtplib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from typing_extensions import override

from listhub import db
from listhub.config import Database
from listhub.embedded.postgres import PostgresServer
from listhub.embedded.process import wait_until
from listhub.errors import TemporaryError
from tests.rooms import open_rooms, post_bytes
from tests.servers import SETTINGS
from tests.standby import (
    StandbyServer,
    skip_without_basebackup,
    stop_writes,
    url_of_both,
)
from tests.system.poster import Mta, Posters
from tests.system.site import ListPlan, Site, SitePlan
from tests.system.tally import drained, reckon

#: For how long, in seconds, nobody takes writes; how many posts come after that.
AWAY, AFTER = 3.0, 15

ONE = ListPlan(name="one", members=1, verp=True)


class PairedSite(Site):
    """A site whose PostgreSQL has a synchronous standby; its programs know of both."""

    standby: StandbyServer | None = None

    @override
    def start_servers(self) -> None:
        super().start_servers()
        self.standby = StandbyServer(self.directory / "standby", self.postgres)
        self.standby.start()
        self.standby.follow_synchronously()

    @override
    def _environment(self) -> dict[str, str]:
        assert self.standby is not None
        both = url_of_both(self.postgres, self.standby, database="site")
        # For the test's own looks; what runs must find the right host by itself.
        self.url = f"{both}?target_session_attrs=read-write"
        return {**super()._environment(), "LISTHUB_DATABASE__URL": both}

    @override
    def end(self) -> None:
        super().end()
        if self.standby is not None:
            self.standby.kill()


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "take_away", [PostgresServer.kill, stop_writes], ids=["killed", "only reads"]
)
def test_a_fail_over_mid_burst_is_a_pause(
    server_directory: Path,
    take_away: Callable[[PostgresServer], None],
) -> None:
    """Nothing accepted is lost, nothing is doubled, nobody restarts anything.

    So it is where the pause is shorter than the leases.  The primary is killed; or it lives on, keeps its connections and only reads, as in
    a switch-over.
    """
    skip_without_basebackup()
    plan = SitePlan(
        directory=server_directory, pace=0.05, settings={"spool.lease": "30"}
    )
    with PairedSite(plan) as site:
        assert site.standby is not None
        pids = {daemon.name: daemon.pid for daemon in site.daemons}
        mta = Mta(site)
        posters = Posters(mta, seed=11, threads=4, pause=0.15)
        posters.start()
        assert wait_until(lambda: len(site.transactions()) >= 40, timeout=60)

        take_away(site.postgres)
        before = _accepted(mta)
        replies = _ask(site, seconds=AWAY)
        site.standby.promote()
        promoted = time.monotonic()

        assert wait_until(lambda: _accepted(mta) >= before + AFTER, timeout=90)
        again = time.monotonic() - promoted
        posters.finish(patience=60)
        assert drained(site, patience=90)
        empty = time.monotonic() - promoted
        tally = reckon(site, mta.posted, bound=0)
        # Shown by `pytest -rP`, and where it fails.
        print(f"seconds: {again:.1f} {empty:.1f}", tally.as_dict())  # noqa: T201

        assert tally.broken == []
        assert before > 0
        # Later, never "no": whoever asked while nobody took writes.
        assert replies == {451}
        assert max(mail.tries for mail in mta.posted) > 1
        assert {daemon.name: daemon.pid for daemon in site.daemons} == pids
        assert _ended(site) == []
        assert site.rows("SELECT inet_server_port()") == [(site.standby.port,)]


@pytest.fixture
def pair(server_directory: Path) -> Iterator[tuple[PostgresServer, StandbyServer]]:
    """Return a primary and its standby."""
    skip_without_basebackup()
    with PostgresServer(server_directory / "primary", settings=SETTINGS) as primary:
        standby = StandbyServer(server_directory / "standby", primary)
        with standby:
            yield primary, standby


@pytest.mark.parametrize("pooled", [False, True])
def test_the_host_that_takes_writes_is_found(
    pair: tuple[PostgresServer, StandbyServer], *, pooled: bool
) -> None:
    """Whatever the order of the hosts, before a fail-over, during it and after it."""
    primary, standby = pair
    urls = [
        url_of_both(primary, standby, database="postgres"),
        url_of_both(standby, primary, database="postgres"),
    ]
    targets = [Database(url=url, pooled=pooled) for url in urls]

    assert [_port(target) for target in targets] == [primary.port] * 2
    primary.kill()
    for target in targets:
        with pytest.raises(TemporaryError) as caught:
            db.connect(target)
        assert "does not answer" in caught.value.public
    standby.promote()
    assert [_port(target) for target in targets] == [standby.port] * 2


@pytest.mark.parametrize("pooled", [False, True])
def test_a_host_that_says_nothing_holds_up_for_seconds_only(
    own_postgres: PostgresServer, *, pooled: bool
) -> None:
    """The next host of the URL is tried after `connect_timeout`, 5 s by default."""
    start, _, place = own_postgres.url().rpartition("@")
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:
        url = f"{start}@127.0.0.1:{deaf.getsockname()[1]},{place}"
        begun = time.monotonic()
        with db.connect(Database(url=url, pooled=pooled)) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
        assert time.monotonic() - begun < 15
        begun = time.monotonic()
        with db.connect(Database(url=f"{url}?connect_timeout=2", pooled=pooled)):
            assert time.monotonic() - begun < 5


def test_a_host_that_vanished_is_noticed(own_postgres: PostgresServer) -> None:
    """The kernel gives up on a silent peer after 20 s; a URL may say otherwise."""
    url = own_postgres.url()
    for given, expected in ((url, 20_000), (f"{url}?tcp_user_timeout=7000", 7000)):
        with (
            db.connect(Database(url=given)) as conn,
            socket.socket(fileno=conn.fileno()) as peer,
        ):
            options = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            idle = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            alive = peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            peer.detach()
        assert (options, idle, alive) == (expected, 10, 1)


def test_a_kept_connection_to_a_server_that_only_reads_is_dropped(
    pair: tuple[PostgresServer, StandbyServer],
) -> None:
    """A room puts the work off and finds the promoted server the next time."""
    primary, standby = pair
    primary.create_database("site")
    both = url_of_both(primary, standby, database="site")
    db.upgrade(both)
    with open_rooms(both) as rooms:
        rooms.add_list(members=["bob@b.example"], send="public")
        assert rooms.drain("distribute") == 0  # the host has its connection now
        rooms.put("distribute", post_bytes())

        stop_writes(primary)
        with pytest.raises(TemporaryError):
            rooms.drain("distribute")
        standby.promote()
        assert rooms.drain("distribute") == 1

    with psycopg.connect(standby.url("site")) as conn:
        rows = conn.execute("SELECT recipients FROM packet").fetchall()
    assert rows == [(["bob@b.example"],)]


def _port(database: Database) -> object:
    with db.connect(database) as conn:
        assert conn.execute("SHOW transaction_read_only").fetchone() == ("off",)
        return conn.info.port


def _ask(site: Site, *, seconds: float) -> set[int]:
    """Offer mail by LMTP all the time; return the codes of all final replies."""
    codes = set()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        raw = post_bytes(to=ONE.address, message_id=f"{ends}@asked.example")
        try:
            with smtplib.LMTP("127.0.0.1", site.lmtp_port, timeout=60) as client:
                client.sendmail("ann@a.example", [ONE.address], raw)
                codes.add(250)
        except smtplib.SMTPRecipientsRefused as error:
            codes |= {code for code, _ in error.recipients.values()}
        except smtplib.SMTPResponseException as error:
            codes.add(error.smtp_code)
        time.sleep(0.1)  # sleep: as an MTA between two tries
    return codes


def _accepted(mta: Mta) -> int:
    return sum(mail.accepted for mail in mta.posted)


def _ended(site: Site) -> list[str]:
    """Return what workers logged of processes that ended, or threads that failed."""
    bad = ('"process ended"', '"pump failed"', "Traceback")
    return [
        line
        for daemon in site.daemons
        for line in daemon.log.read_text("utf-8", "replace").splitlines()
        if any(word in line for word in bad)
    ]
