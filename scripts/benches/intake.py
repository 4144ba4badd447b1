"""The MTA's doors: intake-lmtp and intake-pipe."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from scripts.benches import mail
from scripts.benches.figures import Figure, ratio
from scripts.benches.places import ROOT
from scripts.benches.processes import load_average
from scripts.benches.site import Lab, Site, site

MAILS = {1: 1500, 8: 3000, 32: 4000}
PIPED = 80
PYTHON = ROOT / ".venv" / "bin" / "python3"
ENQUEUE = ROOT / "scripts" / "bin" / "listhub-enqueue"


def lmtp(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Count durable answers on 1, 8 and 32 connections."""
    figures = []
    with site(lab, workers=False) as running:
        address = running.make_list("door", 1)
        running.analyze()
        for connections, count in MAILS.items():
            mails = max(int(count * scale), connections * 5)
            rates, limits = [], []
            before = running.cpu()
            for _ in range(runs):
                limits.append(bare_inserts(running, mails, connections))
                rates.append(_offered(running, address, mails, connections))
            after = running.cpu()
            figures.append(
                Figure(
                    workload="intake-lmtp",
                    case=str(connections),
                    unit="mails/s",
                    rates=rates,
                    limits=limits,
                    goal="ratio >= 0.5",
                    met=ratio(rates, limits) >= 0.5,
                    cpu={
                        "ListHub": (after["ListHub"] - before["ListHub"])
                        / (mails * runs)
                        * 1000
                    },
                    note=f"load average {load_average()}",
                )
            )
    return figures


def _offered(running: Site, address: str, mails: int, connections: int) -> float:
    count = "SELECT count(*) FROM spool_item WHERE stage = 'distribute'"
    there = int(running.value(count))
    argv = [sys.executable, str(ROOT / "scripts" / "bench_lmtp.py"), "--to", address]
    argv += ["--port", str(running.port), "--mails", str(mails)]
    argv += ["--connections", str(connections)]
    run = subprocess.run(argv, check=True, capture_output=True, timeout=600)
    stored = int(running.value(count)) - there
    if stored != mails:
        raise RuntimeError(f"{stored} of {mails} mails were stored")
    return float(json.loads(run.stdout)["rate"])


def bare_inserts(running: Site, mails: int, connections: int) -> float:
    """Return how many bodies and items per second the database takes from Python."""
    processes = min(connections, os.cpu_count() or 1)
    argv = [sys.executable, "-m", "scripts.benches.intake", running.url]
    argv += [str(mails // processes), str(connections // processes)]
    children = [
        subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT)
        for _ in range(processes)
    ]
    spans = [json.loads(child.communicate(timeout=600)[0]) for child in children]
    # What they had in common: they do not start at the same instant.
    return sum(mails // processes / (end - start) for start, end in spans)


def _insert(url: str, mails: int, threads: int) -> tuple[float, float]:
    """Insert and commit mail by mail; return begin and end (monotonic seconds)."""
    body = mail.post("door@lists.example", "a@bench.example")

    def work() -> None:
        with psycopg.connect(url) as conn:
            for _ in range(mails // threads):
                content = os.urandom(8).hex().encode() + body
                row = conn.execute(
                    "INSERT INTO body (digest, size, content) VALUES (%b, %s, %b)"
                    " RETURNING id",
                    (hashlib.sha256(content).digest(), len(content), content),
                ).fetchone()
                assert row is not None
                conn.execute(
                    "INSERT INTO spool_item (stage, trace, body_id, recipient)"
                    " VALUES ('bare', %s, %s, 'door@lists.example')",
                    (uuid.uuid4(), row[0]),
                )
                conn.commit()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    start = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return start, time.monotonic()


def pipe(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Start listhub-enqueue again and again, beside a Python that does nothing."""
    count = max(int(PIPED * scale), 8)
    figures = []
    with site(lab, workers=False) as running:
        address = running.make_list("door", 1)
        running.analyze()
        nobody = {"LISTHUB_INTAKE__SOCKET": str(running.directory / "nobody")}
        cases: list[tuple[str, int, Mapping[str, str], bool]] = [
            ("one by one, daemon", 1, {}, True),
            ("8 at once, daemon", 8, {}, True),
            ("one by one, no daemon", 1, nobody, False),
            ("8 at once, no daemon", 8, nobody, False),
        ]
        for case, at_once, extra, judged in cases:
            env = {**running.environment, **extra}
            rates, limits = [], []
            for _ in range(runs):
                limits.append(_started(["-I", "-S", "-c", "pass"], count, at_once, env))
                argv = [address, "--sender", "a@bench.example"]
                rates.append(_started(argv, count, at_once, env, program=str(ENQUEUE)))
            figures.append(
                Figure(
                    workload="intake-pipe",
                    case=case,
                    unit="ms per mail",
                    rates=rates,
                    limits=limits,
                    goal="ratio <= 3" if judged else "",
                    met=ratio(rates, limits) <= 3 if judged else None,
                    note=f"load average {load_average()}",
                )
            )
    return figures


def _started(
    argv: list[str],
    count: int,
    at_once: int,
    env: Mapping[str, str],
    *,
    program: str = str(PYTHON),
) -> float:
    """Return the milliseconds per start, `at_once` of them side by side."""

    def work(share: int) -> None:
        for _ in range(share):
            content = mail.post("door@lists.example", "a@bench.example")
            subprocess.run(
                [program, *argv], input=content, env=env, check=True, timeout=60
            )

    shares = [count // at_once] * at_once
    start = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        # Whatever a start raises is raised here, and fails the workload.
        list(pool.map(work, shares))
    return (time.monotonic() - start) / (count // at_once * at_once) * 1000


if __name__ == "__main__":
    print(json.dumps(_insert(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
