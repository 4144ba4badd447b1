"""Which process is what: the kinds that chaos kills."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from listhub.embedded import process
from listhub.stages.pools import POOLS
from tests.system.site import Site

#: Kinds found inside the worker trees.
TREE = (
    "supervisor",
    "pump",
    *(f"{pool} parent" for pool in POOLS),
    *(f"{pool} child" for pool in POOLS),
)
SERVERS = ("broker", "backend", "postgres", "relay")
KINDS = ("enqueue", "intake", *TREE, *SERVERS, "freeze")


@dataclass(frozen=True, kw_only=True, slots=True)
class Victim:
    """A process to be killed, and all whose deliveries its end may cut off."""

    kind: str
    pid: int
    host: str = ""
    affected: tuple[int, ...] = ()


def find(site: Site, kind: str) -> list[Victim]:
    """Return the processes of one kind that run at this moment."""
    if kind == "intake":
        pid = site.intake_pid
        return [Victim(kind=kind, pid=pid)] if pid else []
    if kind == "backend":
        return [Victim(kind=kind, pid=pid) for pid in backends(site)]
    return [victim for victim in _trees(site) if victim.kind == kind]


def backends(site: Site) -> list[int]:
    """Return the PostgreSQL processes that serve our programs."""
    found = []
    for pid in process.children(site.postgres.pid or 0):
        with contextlib.suppress(psutil.Error):
            if " site 127.0.0.1(" in " ".join(psutil.Process(pid).cmdline()):
                found.append(pid)
    return found


def connections(site: Site) -> dict[int, int]:
    """Return how many connections to the relay each process has open."""
    open_: dict[int, int] = {}
    for one in psutil.net_connections("tcp4"):
        if one.raddr and one.raddr.port == site.sink.port and one.pid:
            open_[one.pid] = open_.get(one.pid, 0) + 1
    open_.pop(site.sink.pid or 0, None)
    return open_


def tree(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    try:
        return [pid, *(one.pid for one in psutil.Process(pid).children(recursive=True))]
    except psutil.Error:
        return []


def send(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to processes; those that have ended are no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _trees(site: Site) -> Iterator[Victim]:
    for host, daemon in site.workers.items():
        if not daemon.pid:
            continue
        yield Victim(
            kind="supervisor",
            pid=daemon.pid,
            host=host,
            affected=tuple(tree(daemon.pid)),
        )
        names = _names(daemon.log.read_bytes())
        for pid in process.children(daemon.pid):
            name = names.get(pid, "")
            family = tuple(tree(pid))
            kind = "pump" if name == "pump" else f"{name} parent"
            yield Victim(kind=kind, pid=pid, host=host, affected=family)
            for child in family[1:]:
                yield Victim(
                    kind=f"{name} child", pid=child, host=host, affected=(child,)
                )


def _names(log: bytes) -> dict[int, str]:
    """Return what the supervisor has started, by process id: it says so in its log."""
    found: dict[int, str] = {}
    for line in log.splitlines():
        if b'"process started"' in line:
            with contextlib.suppress(ValueError, KeyError):
                entry = json.loads(line)
                found[entry["pid"]] = entry["name"]
    return found
