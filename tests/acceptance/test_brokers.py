"""Both brokers wake the pools, and do so again after they were killed."""

import os
import signal
import time
from pathlib import Path

import pytest

from listhub.embedded.broker import RabbitServer, ValkeyServer
from tests.system.poster import Mta
from tests.system.site import Broker, Site, SitePlan
from tests.system.storm import post_to_all
from tests.system.tally import drained, reckon


@pytest.fixture(params=["valkey", "rabbit"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Return each broker in turn, running."""
    server = request.getfixturevalue(request.param)
    assert isinstance(server, ValkeyServer | RabbitServer)
    return server


@pytest.mark.timeout(300)
def test_workers_wake_before_and_after_a_kill(server_directory: Path, broker: Broker):
    """Mail flows by wakes alone; after kill -9 and restart the workers listen again."""
    plan = SitePlan(
        directory=server_directory / "site",
        pace=0.0,
        # The pump sleeps through the test: what flows, flows by wakes.
        settings={"worker.poll": "600"},
    )
    with Site(plan, broker=broker) as site:
        mta = Mta(site)
        _post_until_drained(site, mta, name="before")
        for what in (broker.kill, broker.stop):
            what()
            _post_once(site, mta, name=f"without-{what.__name__}")
            broker.start()
            _post_until_drained(site, mta, name=f"after-{what.__name__}")
        tally = reckon(site, mta.posted)

    assert tally.broken == []
    assert tally.copies == tally.expected


def _post_once(site: Site, mta: Mta, *, name: str) -> None:
    # The third door, straight to the database, wakes nobody.
    post_to_all(site, mta, rounds=1, name=name, doors=("pipe", "lmtp"))


def _post_until_drained(site: Site, mta: Mta, *, name: str) -> None:
    """Post until a wake has come through; a worker comes back within half a minute."""
    ends = time.monotonic() + 60
    number = 0
    while time.monotonic() < ends:
        number += 1
        _post_once(site, mta, name=f"{name}{number}")
        if drained(site, patience=4.0):
            return
    pytest.fail(f"No worker was woken {name}.")


@pytest.mark.timeout(300)
def test_a_broker_that_hangs(server_directory: Path, valkey: ValkeyServer):
    """It takes connections and never answers: mail flows, and a stop is a stop."""
    plan = SitePlan(directory=server_directory / "site", pace=0.0, hosts=("alpha",))
    with Site(plan, broker=valkey) as site:
        mta = Mta(site)
        _post_until_drained(site, mta, name="before")
        assert valkey.pid is not None
        os.kill(valkey.pid, signal.SIGSTOP)
        try:
            _post_once(site, mta, name="hung")
            assert drained(site, patience=60.0)
            began = time.monotonic()
            assert site.stop_workers(timeout=15.0)
            assert time.monotonic() - began < 12.0
        finally:
            os.kill(valkey.pid, signal.SIGCONT)
        tally = reckon(site, mta.posted)

    assert tally.broken == []
