"""Reports of non-delivery that wait: bounces."""

import multiprocessing
import os
import statistics
import time
import uuid

from listhub.config import load_with_origins
from listhub.lists.bouncing import score
from listhub.lists.settings import load_list_settings
from listhub.mail import verp
from listhub.mail.bounce.recognise import recognise
from listhub.spool import bodies, store
from listhub.spool.items import NewItem
from listhub.worker.nudge import Nudger
from scripts.benches.figures import Figure
from scripts.benches.processes import load_average
from scripts.benches.site import Lab, Site, site

REPORTS = 20_000

_REPORT = """\
From: MAILER-DAEMON@mx.example\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
Message-ID: <{number}@mx.example>\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain; charset=us-ascii\r
\r
I'm sorry to have to inform you that your message could not be delivered.\r
\r
<{member}>: host mx.example said: 550 5.1.1 User unknown\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
X-Postfix-Queue-ID: 4F2B61C0\r
\r
Final-Recipient: rfc822; {member}\r
Original-Recipient: rfc822;{member}\r
Action: failed\r
Status: 5.1.1\r
Remote-MTA: dns; mx.example\r
Diagnostic-Code: smtp; 550 5.1.1 User unknown\r
\r
--b\r
Content-Type: message/rfc822\r
\r
From: list.1@d1.example\r
To: list@lists.example\r
Subject: bench\r
\r
{body}\r
--b--\r
"""


def bounces(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """Let the pools work through a heap of reports."""
    count = max(int(REPORTS * scale), 200)
    rates, limits = [], []
    with site(lab) as running:
        running.make_list("list", 1000)
        running.analyze()
        before = running.cpu()
        used = dict.fromkeys(before, 0.0)
        for _ in range(runs):
            reports = _put(running, count)
            limits.append(_parsed(reports))
            before = running.cpu()
            rates.append(count / _released(running, count))
            after = running.cpu()
            used = {name: used[name] + after[name] - before[name] for name in used}
    return [
        Figure(
            workload="bounces",
            unit="reports/s",
            rates=rates,
            limits=limits,
            goal=">= 1,000",
            met=statistics.median(rates) >= 1000,
            cpu={name: seconds / count / runs * 1000 for name, seconds in used.items()},
            note=f"{count:,} reports; the limit is parsing alone on all cores;"
            f" load average {load_average()}",
        )
    ]


def _put(running: Site, count: int) -> list[bytes]:
    """Store reports, held back for now; return them."""
    key = bytes.fromhex(running.environment["LISTHUB_SITE__SECRET"])
    list_id = running.value("SELECT id FROM mailing_list WHERE name = 'list'")
    members = running.conn.execute(
        "SELECT s.id, p.address FROM subscription s JOIN person p ON p.id = s.person_id"
        " WHERE list_id = %s",
        [list_id],
    ).fetchall()
    reports = []
    # As many posts as each member has reports, other ones in each run.
    first = 12_345 + running.value("SELECT count(*) FROM bounce_event")
    signers = [
        verp.Signer(key, list_id=list_id, outgoing_id=first + n)
        for n in range(-(-count // len(members)))
    ]
    for start in range(0, count, 1000):
        with running.conn.transaction():
            numbers = range(start, min(start + 1000, count))
            chosen = [members[n % len(members)] for n in numbers]
            to = [
                f"{signers[n // len(members)].token(member[0])}@lists.example"
                for n, member in zip(numbers, chosen, strict=True)
            ]
            raw = [
                _REPORT.format(
                    to=address, member=member, number=uuid.uuid4(), body="x" * 1000
                ).encode()
                for address, (_, member) in zip(to, chosen, strict=True)
            ]
            keyed = [(bodies.digest(one), one) for one in raw]
            stored = bodies.store(running.conn, keyed)
            items = [
                NewItem(
                    stage="bounce",
                    trace=uuid.uuid4(),
                    body_id=stored[digest],
                    reverse_path="",
                    recipient=address,
                    held=True,
                )
                for (digest, _), address in zip(keyed, to, strict=True)
            ]
            store.put(running.conn, items)
        reports += raw
    return reports


def _released(running: Site, count: int) -> float:
    """Let go of the reports and wake the pool; return the seconds until all are done."""
    known = running.value("SELECT count(*) FROM bounce_event")
    nudger = Nudger(load_with_origins(None, running.environment).settings)
    start = time.monotonic()
    running.conn.execute("UPDATE spool_item SET state = 'ready' WHERE stage = 'bounce'")
    nudger.nudge("bounce")
    end = running.wait_empty("bounce")
    new = running.value("SELECT count(*) FROM bounce_event") - known
    if new != count:
        raise RuntimeError(f"{new} events of {count} reports")
    _check(running)
    return end - start


def _check(running: Site) -> None:
    """Raise RuntimeError if a report counts twice, or a score is not what it must be."""
    events, items = running.conn.execute(
        "SELECT count(*), count(DISTINCT source_id) FROM bounce_event"
    ).fetchone() or (0, 0)
    if events != items:
        raise RuntimeError(f"{events} events of {items} reports")
    list_id = running.value("SELECT id FROM mailing_list WHERE name = 'list'")
    settings = load_list_settings(running.conn, list_id)
    scores = score.of_list(running.conn, list_id, settings=settings)
    expected: dict[int, int] = dict(
        running.conn.execute(
            "SELECT subscription_id, count(DISTINCT outgoing_id) FROM bounce_event"
            " GROUP BY subscription_id"
        ).fetchall()
    )
    if {each.subscription_id: each.reports for each in scores} != expected:
        raise RuntimeError("the scores do not count every report once")
    # One day is one day, however many copies came back; midnight may make it two.
    if wrong := {each.score for each in scores} - {score.DAY, 2 * score.DAY}:
        raise RuntimeError(f"scores of one day: {sorted(map(str, wrong))}")


def _parsed(reports: list[bytes]) -> float:
    """Return the reports per second of the parser alone, on all cores."""
    cores = os.cpu_count() or 1
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        pool.map(_parse, [reports[:10]] * cores)
        start = time.monotonic()
        pool.map(_parse, [reports[n::cores] for n in range(cores)])
        return len(reports) / (time.monotonic() - start)


def _parse(reports: list[bytes]) -> int:
    return sum(len(recognise(report).recipients) for report in reports)
