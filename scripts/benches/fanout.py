"""One list of many: fanout-verp and fanout-plain, and the bare loop beside them."""

import json
import subprocess
import sys
import time

from listhub.config import Packets
from listhub.delivery.outgoing import to_people
from listhub.delivery.packets import packets
from scripts.benches import mail
from scripts.benches.figures import Figure, ratio
from scripts.benches.places import ROOT
from scripts.benches.processes import load_average
from scripts.benches.site import Lab, Site, site

MEMBERS, POSTS = 10_000, 3
#: As `listhub worker` has it: two processes of 50 connections each.
PROCESSES, CONNECTIONS = 2, 50


def verp(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """One reverse-path for each copy."""
    return [
        _measure(
            lab,
            workload="fanout-verp",
            case="",
            goal=0.7,
            scale=scale,
            runs=runs,
            verp_rate=100,
        )
    ]


def plain(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """One reverse-path for all: packets of 25, as the default is, and of 100."""
    return [
        _measure(
            lab,
            workload="fanout-plain",
            case=str(size),
            goal=0.4,
            scale=scale,
            runs=runs,
            verp_rate=0,
            packet=size,
        )
        for size in (25, 100)
    ]


def _measure(
    lab: Lab,
    *,
    workload: str,
    case: str,
    goal: float,
    scale: float,
    runs: int,
    verp_rate: int,
    packet: int = 25,
) -> Figure:
    members = max(int(MEMBERS * scale), 100)
    environment = {"LISTHUB_PACKETS__RECIPIENTS": str(packet)}
    if packet > 25:
        # 100 recipients fill a transaction only if they may be of as many domains.
        environment["LISTHUB_PACKETS__DOMAINS"] = str(packet)
    rates, limits = [], []
    with site(lab, environment=environment) as running:
        address = running.make_list("fan", members, verp_rate=verp_rate)
        running.analyze()
        each = 1.0 if verp_rate else transaction_size(running, members, packet)
        memory = running.memory()
        before = running.cpu()
        used = dict.fromkeys(before, 0.0)
        for _ in range(runs):
            limits.append(bare_loop(running, members * POSTS, each))
            before = running.cpu()
            with memory.watched():
                rates.append(members * POSTS / fan_out(running, address, members))
            after = running.cpu()
            used = {name: used[name] + after[name] - before[name] for name in used}
    copies = members * POSTS * runs
    return Figure(
        workload=workload,
        case=case,
        unit="copies/s",
        rates=rates,
        limits=limits,
        goal=f"ratio >= {goal}",
        met=ratio(rates, limits) >= goal,
        cpu={name: seconds / copies * 1000 for name, seconds in used.items()},
        memory=memory.peaks,
        note=f"{members:,} members x {POSTS}; {each:.0f} per transaction;"
        f" each copy came once; load average {load_average()}",
    )


def fan_out(
    running: Site, address: str, members: int, *, arrived: bool = True
) -> float:
    """Post POSTS mails, wait for the last copy's outcome; return the seconds.

    Raise RuntimeError unless each copy came exactly once and has its outcome; unless
    `arrived`, copies may still be on their way behind the relay.
    """
    before, recorded = running.sink.totals(), running.delivered()
    author = running.member(address.partition("@")[0])
    posts = [mail.post(address, author) for _ in range(POSTS)]
    client = running.lmtp()
    start = time.monotonic()
    for one in posts:
        client.send(address, author, one)
    end = running.wait_empty()
    client.close()
    after = running.sink.totals()
    came = after["recipients"] - before["recipients"]
    twice = after["doubled"] - before["doubled"]
    noted = running.delivered() - recorded
    came = came if arrived else noted
    if (came, twice, noted) != (members * POSTS, 0, members * POSTS):
        raise RuntimeError(
            f"of {members * POSTS} copies {came} came, {twice} of them twice, and"
            f" {noted} were recorded"
        )
    return end - start


def transaction_size(running: Site, members: int, packet: int) -> float:
    """Return how many recipients a transaction has by the packet rules of this site."""
    rules = Packets(recipients=packet, domains=10 if packet == 25 else packet)
    people = to_people([running.member("fan", n) for n in range(1, members + 1)])
    parts = packets(people, limit=rules.recipients, domains=rules.domains, caps={})
    sizes = [len(part) for part in parts]
    return sum(sizes) / len(sizes)


def bare_loop(running: Site, copies: int, each: float) -> float:
    """Return the copies per second of our client alone, on as many connections."""
    recipients = max(round(each), 1)
    transactions = max(round(copies / each), 1)
    argv = [sys.executable, str(ROOT / "scripts" / "bench_client.py"), "--json"]
    argv += ["--port", str(running.sink.port), "--processes", str(PROCESSES)]
    argv += ["--connections", str(CONNECTIONS), "--transactions", str(transactions)]
    argv += ["--recipients", str(recipients)]
    run = subprocess.run(
        argv, check=True, capture_output=True, env=running.environment, timeout=600
    )
    figures = json.loads(run.stdout)
    return float(figures["recipients_per_second"])
