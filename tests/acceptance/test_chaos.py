"""Kill -9 of every kind of process while mail flows; `scripts/chaos` does it for long."""

from pathlib import Path

import pytest

from tests.system.kinds import KINDS
from tests.system.site import Site, SitePlan
from tests.system.storm import Storm, storm


@pytest.mark.timeout(400)
def test_every_kind_of_process_may_be_killed(server_directory: Path):
    """Nothing accepted is lost; what is doubled is known, and within the bound."""
    with Site(SitePlan(directory=server_directory / "site")) as site:
        tally, chaos = storm(site, Storm(seed=20261121, rounds=len(KINDS) + 4))

        assert tally.broken == []
        assert {kill.kind for kill in chaos.kills} >= set(KINDS) - {"enqueue"}
        assert site.stop_workers()
        assert site.ours() == [site.intake_pid]


@pytest.mark.timeout(400)
def test_postgresql_restarts_in_a_burst(server_directory: Path):
    """Its sessions and itself may be killed in the midst of COPY, claim and commit."""
    wild = Storm(
        seed=1,
        rounds=8,
        kinds=("postgres", "backend", "bulk child"),
        pause=1.0,
        post_pause=0.2,
    )
    with Site(SitePlan(directory=server_directory / "site")) as site:
        tally, _ = storm(site, wild)

        assert tally.broken == []
        assert tally.accepted > 0


@pytest.mark.timeout(400)
def test_with_xverp_too(server_directory: Path):
    """Where the relay makes the reverse-paths, a whole packet is one transaction."""
    plan = SitePlan(directory=server_directory / "site", xverp=True)
    kinds = ("bulk child", "bulk parent", "relay", "pump")
    with Site(plan) as site:
        tally, _ = storm(site, Storm(seed=2, rounds=6, kinds=kinds))

        assert tally.broken == []
