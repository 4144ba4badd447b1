"""A run from the first mail to the reckoning: with kills, or without."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.system.chaos import Chaos, Kill
from tests.system.kinds import KINDS
from tests.system.poster import DOORS, Mta, Posters
from tests.system.site import Site
from tests.system.tally import Tally, drained, reckon


@dataclass(frozen=True, kw_only=True, slots=True)
class Storm:
    """How wild it is to be."""

    seed: int
    rounds: int
    kinds: Sequence[str] = KINDS
    #: Mean seconds between two kills, and between two posts of a thread.
    pause: float = 0.5
    post_pause: float = 0.5
    posters: int = 3
    #: Longest wait for the rest to be delivered, in seconds.
    patience: float = 120.0


def _silent(_number: int, _kill: Kill | None) -> None:
    pass


def storm(
    site: Site, plan: Storm, *, say: Callable[[int, Kill | None], None] = _silent
) -> tuple[Tally, Chaos]:
    """Post and kill; wait until all is delivered; return the figures and the kills."""
    mta = Mta(site)
    chance = random.Random(plan.seed)
    posters = Posters(mta, seed=plan.seed, threads=plan.posters, pause=plan.post_pause)
    chaos = Chaos(site, mta, chance, kinds=plan.kinds)
    posters.start()
    try:
        for number in range(1, plan.rounds + 1):
            say(number, chaos.round(pause=plan.pause))
        chaos.finish()
        posters.finish(patience=60.0)
    finally:
        # Also where something went wrong: threads would go on for ever.
        posters.finish(patience=0.0)
    drained(site, patience=plan.patience)
    return reckon(site, mta.posted, bound=chaos.bound), chaos


def post_to_all(
    site: Site, mta: Mta, *, rounds: int, name: str, doors: Sequence[str] = DOORS
) -> None:
    """Post to every list `rounds` times, by each door; return once all is accepted."""
    threads = [
        threading.Thread(
            target=lambda door=door: [
                mta.post(to, door, number=f"{name}.{door}.{n}.{to.name}")
                for n in range(rounds)
                for to in site.plan.lists
            ]
        )
        for door in doors
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
