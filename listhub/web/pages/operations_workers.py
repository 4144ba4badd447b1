"""The processes of all hosts: who is there, at what, since when, how fast."""

from itertools import groupby

from listhub import clock
from listhub.spool import processes
from listhub.stages.table import STAGES
from listhub.web.door.answer import Answer
from listhub.web.door.need import Need
from listhub.web.door.page import Page
from listhub.web.door.visit import Visit
from listhub.web.pages.operations_frame import view


def show(visit: Visit) -> Answer:
    """Show the processes by host and pool."""
    found = processes.processes(visit.conn, [stage.name for stage in STAGES])
    hosts = sorted(found, key=lambda one: (one.host, one.kind, one.pool, one.pid))
    return view(
        visit,
        "workers.html.j2",
        hosts=[
            (host, list(each))
            for host, each in groupby(hosts, key=lambda one: one.host)
        ],
        silent=sum(not one.alive for one in found),
        total=len(found),
        now=clock.now(),
        renews=visit.asked.one("renew") != "off",
    )


PAGES = (Page(path="/workers", need=Need.SITE, get=show),)
