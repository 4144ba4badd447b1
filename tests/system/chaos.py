"""Rounds of chaos: mail flows, and at random moments a random process is killed.

A kill is SIGKILL, and what was killed is started again as an init system would.  The
kind `freeze` stops all workers of a host for longer than a lease and wakes them again.
What may be doubled is added up at each kill: the connections to the relay that the
killed had open, times the recipients of a transaction.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.system import kinds
from tests.system.kinds import KINDS
from tests.system.poster import Mta
from tests.system.site import Site


@dataclass(slots=True)
class Kill:
    """One blow: what it hit, and how many copies it may double."""

    kind: str
    pid: int
    host: str
    connections: int
    at: float


@dataclass(slots=True)
class Chaos:
    """Kills processes of a site, a round each; seeded."""

    site: Site
    mta: Mta
    chance: random.Random
    kinds: Sequence[str] = KINDS
    kills: list[Kill] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)
    _frozen: list[tuple[float, list[int]]] = field(default_factory=list)
    _bag: list[str] = field(default_factory=list)

    def round(self, *, pause: float) -> Kill | None:
        """Wait a moment, kill one process, and have what ended started again."""
        time.sleep(self.chance.uniform(0, 2 * pause))  # sleep: a random moment
        self._thaw()
        kind = self._next_kind()
        kill = self._strike(kind)
        if kill is None:
            self.missed[kind] += 1
        else:
            self.kills.append(kill)
        self.site.tend()
        return kill

    def finish(self) -> None:
        """Wake what sleeps; have everything running again."""
        self._thaw(all_=True)
        self.site.tend(wait=True)

    @property
    def bound(self) -> int:
        """How many copies may be doubled at most: one transaction per connection."""
        return self.most * sum(kill.connections for kill in self.kills)

    @property
    def most(self) -> int:
        """How many recipients a transaction may have."""
        settings = self.site.environment
        most = int(settings["LISTHUB_PACKETS__RECIPIENTS"])
        if self.site.plan.xverp:
            most = max(most, int(settings["LISTHUB_PACKETS__VERP_RECIPIENTS"]))
        return most

    def _next_kind(self) -> str:
        # A shuffled bag, so that each kind has its turn in a short run too.
        if not self._bag:
            self._bag = list(self.kinds)
            self.chance.shuffle(self._bag)
        return self._bag.pop()

    def _strike(self, kind: str) -> Kill | None:
        if kind == "enqueue":
            pids = set(self.mta.running)
            hit = self.mta.kill_one(self.chance)
            return self._noted(kind, min(pids, default=0)) if hit else None
        servers: dict[str, Callable[[], None]] = {
            "postgres": self.site.postgres.kill,
            "relay": self.site.sink.kill,
        }
        if self.site.broker is not None:
            servers["broker"] = self.site.broker.kill
        if kind in servers:
            kill = self._noted(kind, 0, everybody=kind != "broker")
            servers[kind]()
            time.sleep(self.chance.uniform(0, 1.0))  # sleep: it is away for a while
            return kill
        return self._strike_program(kind)

    def _strike_program(self, kind: str) -> Kill | None:
        wanted = "supervisor" if kind == "freeze" else kind
        victims = kinds.find(self.site, wanted)
        if not victims:
            return None
        victim = self.chance.choice(victims)
        everybody = kind == "backend"
        kill = self._noted(
            kind, victim.pid, affected=victim.affected, everybody=everybody
        )
        kill.host = victim.host
        if kind == "freeze":
            family = list(victim.affected)
            kinds.send(family, signal.SIGSTOP)
            lease = float(self.site.environment["LISTHUB_SPOOL__LEASE"])
            thaw = time.monotonic() + lease * self.chance.uniform(1.2, 2.0)
            self._frozen.append((thaw, family))
        else:
            kinds.send([victim.pid], signal.SIGKILL)
            for daemon in self.site.daemons:
                if daemon.pid == victim.pid:
                    # Until it is gone it cannot be started again.
                    daemon.kill()
        return kill

    def _noted(
        self,
        kind: str,
        pid: int,
        *,
        affected: Sequence[int] = (),
        everybody: bool = False,
    ) -> Kill:
        open_ = kinds.connections(self.site) if affected or everybody else {}
        touched = open_.values() if everybody else [open_.get(p, 0) for p in affected]
        return Kill(kind, pid, "", sum(touched), time.time())

    def _thaw(self, *, all_: bool = False) -> None:
        now = time.monotonic()
        for frozen in list(self._frozen):
            if all_ or frozen[0] <= now:
                kinds.send(frozen[1], signal.SIGCONT)
                self._frozen.remove(frozen)
