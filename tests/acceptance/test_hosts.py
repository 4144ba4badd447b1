"""Hosts come and go: cut off and back late, or told to stop in the midst of sending."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from listhub.embedded.process import wait_until
from tests.system import kinds
from tests.system.poster import Mta, Posters
from tests.system.site import Site, SitePlan
from tests.system.storm import Storm, post_to_all, storm
from tests.system.tally import drained, reckon

_LEASED = (
    "SELECT count(*) FROM spool_item WHERE lease_until > now() AND state = 'ready'"
)


@contextmanager
def mail_flows(site: Site, mta: Mta) -> Iterator[None]:
    """Post without a pause until the block ends, and what was begun then."""
    posters = Posters(mta, seed=1, threads=2, pause=0.4)
    posters.start()
    try:
        yield
    finally:
        posters.finish(patience=60.0)


def _await_sending(site: Site) -> None:
    """Wait until the relay has got some more."""
    wanted = len(site.transactions()) + 50
    assert wait_until(lambda: len(site.transactions()) >= wanted, timeout=60)


@pytest.mark.timeout(400)
def test_a_host_comes_back_late(server_directory: Path):
    """All processes of a host stop for longer than the lease, and then go on.

    What they had is done by others; only what was under way may be doubled, and that
    is known.
    """
    plan = SitePlan(
        directory=server_directory / "site", settings={"spool.lease": "3"}, pace=0.05
    )
    late = Storm(seed=3, rounds=5, kinds=("freeze",), pause=2.0, posters=2)
    with Site(plan) as site:
        tally, chaos = storm(site, late)

    assert tally.broken == []
    assert len(chaos.kills) == 5


@pytest.mark.timeout(400)
def test_told_to_stop_in_the_midst_of_sending(server_directory: Path):
    """Within ten seconds every process has ended and every claim is given back."""
    plan = SitePlan(directory=server_directory / "site", pace=0.05)
    with Site(plan) as site:
        mta = Mta(site)
        with mail_flows(site, mta):
            for _ in range(2):
                _await_sending(site)
                began = time.monotonic()
                assert site.stop_workers(timeout=15.0)
                took = time.monotonic() - began
                leased = site.rows(_LEASED)
                assert (leased, site.ours()) == ([(0,)], [site.intake_pid])
                assert took < 12.0
                for daemon in site.workers.values():
                    daemon.start()
        drained(site, patience=120.0)
        tally = reckon(site, mta.posted)

    assert tally.broken == []
    assert tally.possible_duplicates == 0


@pytest.mark.timeout(300)
def test_intake_without_a_database(server_directory: Path):
    """While the database is away mail is put off, by every door, and then taken.

    No process has to be restarted for that.
    """
    plan = SitePlan(directory=server_directory / "site", pace=0.0, hosts=("alpha",))
    with Site(plan) as site:
        before = [daemon.pid for daemon in site.daemons]
        site.postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            site.rows("SELECT 1")
        mta = Mta(site)
        mails = [
            mta.try_once(to, door, number=f"away.{door}")
            for door in ("pipe", "direct", "lmtp")
            for to in plan.lists[:1]
        ]
        assert [(mail.accepted, mail.bounced) for mail in mails] == [(False, "")] * 3

        site.postgres.start()
        post_to_all(site, mta, rounds=1, name="back")
        drained(site, patience=60.0)
        tally = reckon(site, [mail for mail in mta.posted if mail not in mails])

        assert tally.broken == []
        assert [daemon.pid for daemon in site.daemons] == before


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_one_pool_ends_in_the_midst_of_sending(
    server_directory: Path, number: signal.Signals
):
    """Its children give back what they have; it comes back and works when woken.

    Neither waits for a lease (here a minute) nor for the pump (here ten minutes).
    """
    plan = SitePlan(
        directory=server_directory / "site",
        pace=0.05,
        hosts=("alpha",),
        settings={"spool.lease": "60", "worker.poll": "600"},
    )
    with Site(plan) as site:
        mta = Mta(site)
        with mail_flows(site, mta):
            _await_sending(site)
            (parent,) = kinds.find(site, "bulk parent")
            kinds.send([parent.pid], number)
            gone = wait_until(lambda: _gone(parent.affected), timeout=12.0)
            _await_sending(site)
        # A post by the direct door wakes nobody; the last one may have been such.
        more = Mta(site)
        while not drained(site, patience=3.0) and len(more.posted) < 20:
            more.post(plan.lists[0], "pipe", number=f"more{len(more.posted)}")
        tally = reckon(site, mta.posted + more.posted)

    assert gone
    assert tally.broken == []
    assert tally.possible_duplicates == 0


def _gone(pids: tuple[int, ...]) -> bool:
    return not any(psutil.pid_exists(pid) for pid in pids)
