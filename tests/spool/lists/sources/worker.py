"""A worker of its own process: `python -m tests.spool.lists.sources.worker URL`."""

import sys

from listhub.config import Database, Settings, Site, Spool
from listhub.stages.drain import drain
from listhub.stages.stage import Host

LEASE = 1.0


def host(url: str, name: str) -> Host:
    """Return a worker's host, whose leases run out soon."""
    settings = Settings(
        database=Database(url=url),
        site=Site(secret="5e" * 16),
        spool=Spool(lease=LEASE),
    )
    return Host(settings=settings, name=name)


if __name__ == "__main__":
    drain("sync", host(sys.argv[1], "victim"), seconds=60)
