"""Many small posts, and one at a time: small-lists, latency, fairness."""

import statistics
import threading
import time
from collections import defaultdict

from scripts.benches import mail
from scripts.benches.figures import Figure
from scripts.benches.processes import load_average
from scripts.benches.site import Lab, Site, site

LISTS, MEMBERS, POSTS = 200, 20, 400
OFFERED = 50  # posts per second
DOORS = 8  # connections of the MTA


def small_lists(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Offer posts to many lists as fast as they are accepted, then at a steady rate."""
    lists, posts = max(int(LISTS * scale), 5), max(int(POSTS * scale), 20)
    with site(lab, record=True) as running:
        names = [f"small{n}" for n in range(lists)]
        for name in names:
            running.make_list(name, MEMBERS)
        running.analyze()
        memory, before = running.memory(), running.cpu()
        with memory.watched():
            rates = [posts / _burst(running, names, posts) for _ in range(runs)]
        after = running.cpu()
        slowest = [_steady(running, names, posts) for _ in range(runs)]
    copies = posts * MEMBERS * runs
    load = f"load average {load_average()}"
    return [
        Figure(
            workload="small-lists",
            case="burst",
            unit="posts/s",
            rates=rates,
            goal=">= 150",
            met=statistics.median(rates) >= 150,
            cpu={name: (after[name] - before[name]) / copies * 1000 for name in after},
            memory=memory.peaks,
            note=f"{lists} lists x {MEMBERS}, {posts} posts over {DOORS} connections;"
            f" CPU per 1,000 copies; {load}",
        ),
        Figure(
            workload="small-lists",
            case=f"at {OFFERED}/s",
            unit="s to the last copy, slowest post",
            rates=slowest,
            goal="< 1",
            met=statistics.median(slowest) < 1,
            note=load,
        ),
    ]


def latency(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Time one post at a time through an idle system, to its first copy."""
    times: list[float] = []
    lasts: list[float] = []
    with site(lab, record=True) as running:
        address = running.make_list("idle", MEMBERS)
        running.analyze()
        client = running.lmtp()
        sent: dict[str, int] = {}
        for n in range(max(int(200 * scale), 10) * runs):
            number = mail.message_id()
            author = running.member("idle")
            post = mail.post(address, author, number=number)
            sent[f"<{number}>"] = time.monotonic_ns()
            client.send(address, author, post)
            running.wait_empty("distribute", "send", "archive", limit=30)
            time.sleep(0.1 + n % 7 * 0.03)
        client.close()
        arrived = _arrivals(running)
    for number, start in sent.items():
        if len(arrived[number]) != MEMBERS:
            raise RuntimeError(f"{len(arrived[number])} of {MEMBERS} copies came")
        times.append((min(arrived[number]) - start) / 1e6)
        lasts.append((max(arrived[number]) - start) / 1e6)
    parts = statistics.quantiles(times, n=20)
    p50, p95 = statistics.median(times), parts[18]
    last = statistics.quantiles(lasts, n=20)
    return [
        Figure(
            workload="latency",
            case=case,
            unit="ms to the first copy",
            rates=[value],
            goal=f"< {goal}",
            met=value < goal,
            note=f"{len(times)} posts; to the last of {MEMBERS} copies p50"
            f" {statistics.median(lasts):.0f} ms, p95 {last[18]:.0f} ms;"
            f" load average {load_average()}"
            if case == "p50"
            else f"fastest {min(times):.0f} ms, slowest {max(times):.0f} ms",
        )
        for case, value, goal in (("p50", p50, 100), ("p95", p95, 300))
    ]


def fairness(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Post to 100 people while a newsletter is on its way."""
    large = max(int(100_000 * scale), 2000)
    waits, takes = [], []
    with site(lab, record=True) as running:
        letter = running.make_list("letter", large)
        small = running.make_list("small", 100)
        running.analyze()
        for _ in range(runs):
            wait, whole = _behind(running, letter, small, large)
            waits.append(wait)
            takes.append(whole)
    return [
        Figure(
            workload="fairness",
            unit="s to the last of 100",
            rates=waits,
            goal="<= 5",
            met=max(waits) <= 5,
            note=f"behind {large:,} copies in flight, which took"
            f" {statistics.median(takes):.1f} s; load average {load_average()}",
        )
    ]


def _behind(running: Site, letter: str, small: str, large: int) -> tuple[float, float]:
    """Return the seconds of the small post, and of the large one in whole."""
    running.sink.forget()
    came = running.sink.totals()["recipients"]
    client = running.lmtp()
    author, number = running.member("small"), mail.message_id()
    first = running.member("letter")
    start = time.monotonic()
    client.send(letter, first, mail.post(letter, first))
    while running.sink.totals()["recipients"] < came + large // 20:
        time.sleep(0.05)
    began = time.monotonic_ns()
    client.send(small, author, mail.post(small, author, number=number))
    end = running.wait_empty()
    client.close()
    arrived = _arrivals(running)
    behind = running.sink.totals()["recipients"] - came
    if len(arrived[f"<{number}>"]) != 100 or behind != large + 100:
        raise RuntimeError(f"{behind} copies came, not {large + 100}")
    return (max(arrived[f"<{number}>"]) - began) / 1e9, end - start


def _burst(running: Site, names: list[str], posts: int) -> float:
    """Offer posts over several connections at once; return the seconds it took."""
    before = running.sink.totals()
    work = iter([(names[n % len(names)]) for n in range(posts)])
    lock = threading.Lock()

    def door() -> None:
        client = running.lmtp()
        while True:
            with lock:
                name = next(work, None)
            if name is None:
                break
            _send(running, client, name, mail.message_id())
        client.close()

    threads = [threading.Thread(target=door) for _ in range(DOORS)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end = running.wait_empty()
    after = running.sink.totals()
    came = after["recipients"] - before["recipients"]
    twice = after["doubled"] - before["doubled"]
    if (came, twice) != (posts * MEMBERS, 0):
        raise RuntimeError(f"{came} of {posts * MEMBERS} copies came, {twice} twice")
    return end - start


def _steady(running: Site, names: list[str], posts: int) -> float:
    """Offer posts at a fixed rate; return the slowest one's seconds to its last copy."""
    running.sink.forget()
    client = running.lmtp()
    sent: dict[str, int] = {}
    start = time.monotonic()
    for n in range(posts):
        due = start + n / OFFERED
        time.sleep(max(due - time.monotonic(), 0))
        number = mail.message_id()
        # Counted from when it was due: what intake holds up counts as well.
        sent[f"<{number}>"] = int(due * 1e9)
        _send(running, client, names[n % len(names)], number)
    client.close()
    running.wait_empty()
    arrived = _arrivals(running)
    if any(len(arrived[number]) != MEMBERS for number in sent):
        raise RuntimeError("not every copy came exactly once")
    return max(max(arrived[number]) - due for number, due in sent.items()) / 1e9


def _send(running: Site, client: mail.Lmtp, name: str, number: str) -> None:
    address, author = f"{name}@lists.example", running.member(name)
    client.send(address, author, mail.post(address, author, number=number))


def _arrivals(running: Site) -> dict[str, list[int]]:
    """Return when copies came (monotonic ns), by Message-ID."""
    found: dict[str, list[int]] = defaultdict(list)
    for copy in running.sink.copies():
        found[copy.message_id].append(copy.ns)
    return found
