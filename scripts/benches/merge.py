"""Copies that all differ: fanout-merge, and how long such a post takes to be accepted."""

import multiprocessing
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

from listhub.delivery import keys
from listhub.delivery.copies import Copies, Means
from listhub.delivery.treatment import Treatment
from listhub.mail.added_text import Text, Texts
from listhub.mail.draft import Draft
from listhub.mail.personal import Reader
from listhub.mail.signing.dkim import Signer
from listhub.mail.signing.keys import KeyType, SigningKey, new_key
from scripts.benches import mail
from scripts.benches.fanout import MEMBERS, POSTS, PROCESSES, fan_out
from scripts.benches.figures import Figure, ratio
from scripts.benches.processes import load_average
from scripts.benches.site import Lab, Site, site

FOOTER = (
    "You get this as {{ user.email }}, member of {{ list.address }}.\n"
    "To leave: mailto:sympa@{{ domain }}?subject=SIG%20{{ listname }}\n"
)
KINDS: tuple[KeyType, ...] = ("rsa", "ed25519")
_LARGE = 100_000

_PERSONAL = """
UPDATE setting_version
   SET values = values || '{"personalization": "footer", "footer_type": "append"}'
 WHERE list_id = (SELECT id FROM mailing_list WHERE address = %s)
"""
_FOOTER = """
INSERT INTO custom_file (scope, list_id, path, content, changed_by)
SELECT 'list', id, 'message_footer', %s, 'bench' FROM mailing_list WHERE address = %s
"""


def merge(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """A footer and a DKIM signature of their own for everybody, with either kind of key."""
    return [_measure(lab, kind, scale=scale, runs=runs) for kind in KINDS]


def accept(lab: Lab, *, scale: float, runs: int) -> list[Figure]:
    """From a post to a large personalised list until all its packets wait."""
    members = max(int(_LARGE * scale), 1000)
    seconds: list[float] = []
    with site(lab) as running:
        address = _list(running, "large", members)
        memory = running.memory()
        author = running.member("large")
        for _ in range(runs):
            client = running.lmtp()
            with memory.watched():
                start = time.monotonic()
                client.send(address, author, mail.post(address, author))
                end = running.wait_empty("distribute")
            seconds.append(end - start)
            client.close()
            running.wait_empty()
        _check(running)
    return [
        Figure(
            workload="personalised-accept",
            unit="seconds",
            rates=seconds,
            goal="seconds, not minutes",
            met=max(seconds) < 10,
            memory=memory.peaks,
            note=f"{members:,} members; copies were sent meanwhile; load average"
            f" {load_average()}",
        )
    ]


def _measure(lab: Lab, kind: KeyType, *, scale: float, runs: int) -> Figure:
    members = max(int(MEMBERS * scale), 100)
    directory = lab.place("keys")
    key = new_key(kind, domain="lists.example", selector="bench")
    keys.write_key(directory, key)
    rates, limits = [], []
    with site(lab, environment={"LISTHUB_DKIM__DIRECTORY": str(directory)}) as running:
        address = _list(running, "fan", members)
        memory = running.memory()
        used = dict.fromkeys(running.cpu(), 0.0)
        for _ in range(runs):
            limits.append(_bare_loop(directory, members * POSTS))
            before = running.cpu()
            with memory.watched():
                rates.append(members * POSTS / fan_out(running, address, members))
            after = running.cpu()
            used = {name: used[name] + after[name] - before[name] for name in used}
        _check(running)
    copies = members * POSTS * runs
    return Figure(
        workload="fanout-merge",
        case=kind,
        unit="copies/s",
        rates=rates,
        limits=limits,
        goal="ratio >= 0.6",
        met=ratio(rates, limits) >= 0.6,
        cpu={name: seconds / copies * 1000 for name, seconds in used.items()},
        memory=memory.peaks,
        note=f"{members:,} members x {POSTS}, VERP, own footer and signature; each copy"
        f" came once; load average {load_average()}",
    )


def _list(running: Site, name: str, members: int) -> str:
    """Make a list whose footer is filled in for each member; return its address."""
    address = running.make_list(name, members)
    running.conn.execute(_PERSONAL, [address])
    running.conn.execute(_FOOTER, [FOOTER, address])
    running.analyze()
    return address


def _check(running: Site) -> None:
    """Raise RuntimeError unless what was sent was personalised and signed."""
    treatment = running.value("SELECT treatment FROM outgoing ORDER BY id DESC LIMIT 1")
    if treatment.get("personalise") != "footer" or not treatment.get("sign"):
        raise RuntimeError(f"the copies were all alike: {treatment}")


def _bare_loop(directory: Path, copies: int) -> float:
    """Return the copies per second that as many processes render and sign, and no more."""
    [path] = keys.key_files(directory, "lists.example")
    key = keys.read_key(path, domain="lists.example")
    context = multiprocessing.get_context("fork")
    barrier: Barrier = context.Barrier(PROCESSES + 1)
    share = copies // PROCESSES
    processes = [
        context.Process(target=_render_and_sign, args=(key, share, barrier))
        for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    barrier.wait(60)
    start = time.monotonic()
    for process in processes:
        process.join()
    return share * PROCESSES / (time.monotonic() - start)


def _render_and_sign(key: SigningKey, copies: int, barrier: Barrier) -> None:
    treatment = Treatment(
        personalise="footer",
        texts=Texts(footer=Text(text=FOOTER)),
        footer_type="append",
        list_address="fan@lists.example",
    )
    draft = Draft.parse(mail.post("fan@lists.example", "fan.1@d1.example"))
    made = Copies(draft, treatment, Means(signer=Signer(keys=(key,))))
    barrier.wait(60)
    for number in range(copies):
        made.of(Reader(address=f"fan.{number}@d{number % 200}.example"), number + 1)
