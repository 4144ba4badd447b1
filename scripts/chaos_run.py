#!/usr/bin/env python3
"""What scripts/chaos runs; see there."""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.system.chaos import Chaos, Kill
from tests.system.kinds import KINDS
from tests.system.site import Site, SitePlan
from tests.system.storm import Storm, storm
from tests.system.tally import Tally


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--broker", choices=("valkey", "rabbit"), default="valkey")
    parser.add_argument("--kinds", default="")
    parser.add_argument("--pause", type=float, default=0.5)
    parser.add_argument("--pace", type=float, default=0.02)
    parser.add_argument("--patience", type=float, default=180.0)
    parser.add_argument("--posters", type=int, default=3)
    parser.add_argument("--post-pause", type=float, default=0.5)
    parser.add_argument("--xverp", action="store_true")
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(chosen: argparse.Namespace, seed: int, directory: Path) -> tuple[Tally, Chaos]:
    plan = SitePlan(
        directory=directory,
        broker=chosen.broker,
        pace=chosen.pace,
        xverp=chosen.xverp,
    )
    wild = Storm(
        seed=seed,
        rounds=chosen.rounds,
        kinds=tuple(filter(None, chosen.kinds.split(","))) or KINDS,
        pause=chosen.pause,
        post_pause=chosen.post_pause,
        posters=chosen.posters,
        patience=chosen.patience,
    )
    with Site(plan) as site:
        tally, chaos = storm(site, wild, say=report)
        if not site.stop_workers():
            tally.broken.append(
                "The workers did not stop within 12 seconds of SIGTERM."
            )
        return tally, chaos


def report(number: int, kill: Kill | None) -> None:
    what = f"{kill.kind} {kill.pid or ''} {kill.host}" if kill else "nobody"
    say(f"{number:4d} {time.strftime('%H:%M:%S')} killed {what}")


def table(tally: Tally, chaos: Chaos, *, seed: int, seconds: float) -> str:
    kills = Counter(kill.kind for kill in chaos.kills)
    open_ = Counter[str]()
    for kill in chaos.kills:
        open_[kill.kind] += kill.connections
    lines = [f"{'killed':<24}{'times':>8}{'connections':>14}{'may double':>14}"]
    lines += [
        f"{kind:<24}{n:>8}{open_[kind]:>14}{open_[kind] * chaos.most:>14}"
        for kind, n in sorted(kills.items())
    ]
    lines += ["", f"{'seed':<24}{seed:>8}", f"{'seconds':<24}{seconds:>8.0f}"]
    figures = tally.as_dict()
    figures.pop("broken")
    lines += [
        f"{name.replace('_', ' '):<24}{value:>8}" for name, value in figures.items()
    ]
    lines += [f"BROKEN: {one}" for one in tally.broken]
    return "\n".join(lines)


def main() -> int:
    chosen = options()
    seed = (
        random.SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    )
    memory = Path("/dev/shm")  # noqa: S108  a private directory is made there
    directory = chosen.dir or Path(
        tempfile.mkdtemp(
            prefix="listhub-chaos-", dir=memory if memory.exists() else None
        )
    )
    say(f"seed {seed}, in {directory}")
    began = time.monotonic()
    tally, chaos = run(chosen, seed, directory)
    seconds = time.monotonic() - began
    if chosen.json:
        kills = Counter(kill.kind for kill in chaos.kills)
        print(json.dumps({"seed": seed, "kills": kills, **tally.as_dict()}))
    else:
        print(table(tally, chaos, seed=seed, seconds=seconds))
    if not chosen.keep and not tally.broken:
        shutil.rmtree(directory)
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
