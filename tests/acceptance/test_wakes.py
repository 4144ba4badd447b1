"""Wakes carry no truth: lost or doubled, the same copies go out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from listhub.embedded.broker import ValkeyServer
from listhub.stages.pools import POOLS
from tests.system.poster import Mta
from tests.system.site import Site, SitePlan
from tests.system.storm import post_to_all
from tests.system.tally import Tally, drained, reckon
from tests.system.wake_proxy import WakeProxy


@contextmanager
def proxied(valkey: ValkeyServer) -> Iterator[WakeProxy]:
    """Put a proxy before the broker that drops half of the wakes and doubles half."""
    proxy = WakeProxy(valkey.port or 0, queues=POOLS, seed=1, drop=0.5, double=0.5)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


def deliver(site: Site) -> Tally:
    """Post to every list by every door and wait for all copies; none may be doubled."""
    mta = Mta(site)
    post_to_all(site, mta, rounds=2, name="wakes")
    drained(site, patience=120.0)
    return reckon(site, mta.posted)


@pytest.mark.timeout(300)
def test_half_of_the_wakes_dropped_half_doubled(
    server_directory: Path, valkey: ValkeyServer
):
    """Every copy goes out once all the same."""
    plan = SitePlan(directory=server_directory / "site", pace=0.0)
    with proxied(valkey) as proxy:
        url = valkey.url.replace(f":{valkey.port}/", f":{proxy.port}/")
        with Site(plan, broker=valkey, broker_url=url) as site:
            tally = deliver(site)

    assert tally.broken == []
    assert tally.accepted == 30
    assert tally.copies == tally.expected
    assert proxy.passed == 0
    assert min(proxy.dropped, proxy.doubled) > 5


@pytest.mark.timeout(300)
def test_no_broker_for_the_whole_run(server_directory: Path):
    """Without a broker every copy goes out once too: each host looks by itself."""
    plan = SitePlan(directory=server_directory / "site", broker="none", pace=0.0)
    with Site(plan) as site:
        tally = deliver(site)

    assert tally.broken == []
    assert tally.accepted == 30
    assert tally.copies == tally.expected
