"""The reckoning: who should have got what, who got it, and what the system knows."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import psycopg

from tests.system.poster import Posted
from tests.system.site import Site

#: A message's copy for one recipient.
Copy = tuple[str, str]

_WAITING = """
SELECT count(*) FILTER (WHERE state IN ('ready', 'deferred') AND stage <> 'task'),
       count(*) FILTER (WHERE state IN ('parked', 'held', 'buried'))
  FROM spool_item
"""

_ASIDE = """
SELECT stage, state, attempts, split_part(coalesce(reason, ''), E'\n', 1)
  FROM spool_item WHERE state IN ('parked', 'held', 'buried')
"""

_POSSIBLE = """
SELECT outgoing.message_id, packet.recipients[place]
  FROM outcome JOIN packet ON packet.id = outcome.packet_id
  JOIN outgoing ON outgoing.id = packet.outgoing_id
 CROSS JOIN LATERAL generate_series(outcome.first::int, outcome.last) AS place
 WHERE outcome.state = 'possible_duplicate'
"""

_LEFT = """
SELECT outgoing.message_id, count(*) FROM outgoing GROUP BY 1 HAVING count(*) > 1
"""

_ARCHIVED = "SELECT message_id, count(*) FROM archive_message GROUP BY 1"

_PENDING = "SELECT count(*) FROM packet WHERE settled_at IS NULL"


@dataclass(kw_only=True, slots=True)
class Tally:
    """The figures of a run; `broken` says which promises did not hold."""

    accepted: int = 0
    tries: int = 0
    expected: int = 0
    copies: int = 0
    transactions: int = 0
    missing: int = 0
    unexpected: int = 0
    doubled: int = 0
    possible_duplicates: int = 0
    uncovered: int = 0
    bound: int = 0
    buried: int = 0
    broken: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def drained(site: Site, *, patience: float) -> bool:
    """Wait until no mail waits or is in work; False if some is after `patience` s."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        try:
            ((waiting, _),) = site.rows(_WAITING)
        except psycopg.OperationalError:
            waiting = -1
        if waiting == 0:
            return True
        time.sleep(0.2)  # sleep: between two looks
    return False


def reckon(site: Site, posted: Sequence[Posted], *, bound: int | None = None) -> Tally:
    """Compare what was accepted with what the relay got; None: nothing may be doubled."""
    accepted = [mail for mail in posted if mail.accepted]
    expected = {(mail.message_id, who) for mail in accepted for who in mail.list.people}
    transactions = site.transactions()
    got = Counter(
        (one["message_id"], who) for one in transactions for who in one["recipients"]
    )
    possible = {(_bare(mail), who) for mail, who in site.rows(_POSSIBLE)}
    twice = {copy for copy, count in got.items() if count > 1}
    tally = Tally(
        accepted=len(accepted),
        tries=sum(mail.tries for mail in posted),
        expected=len(expected),
        copies=got.total(),
        transactions=len(transactions),
        missing=len(expected - got.keys()),
        unexpected=len(got.keys() - _may_have(posted)),
        doubled=sum(got[copy] - 1 for copy in twice),
        possible_duplicates=len(possible),
        uncovered=len(twice - possible),
        bound=bound or 0,
    )
    _judge_copies(tally, expected - got.keys(), twice - possible)
    _judge_rooms(tally, site, accepted)
    tally.broken += [
        f"{mail.message_id} by {mail.door} was bounced: {mail.bounced}"
        for mail in posted
        if mail.bounced
    ]
    unaccepted = [m for m in posted if not m.accepted and not m.bounced]
    if unaccepted:
        tally.broken.append(f"{len(unaccepted)} mails were not accepted in time.")
    return tally


def most_doubled(site: Site) -> int:
    """Return what may be doubled if every sender is cut off once, at its worst.

    That is a transaction for each connection to the relay.
    """
    settings = site.environment
    senders = len(site.plan.hosts) * (site.plan.concurrency + 1)
    connections = int(settings["LISTHUB_DELIVERY__CONNECTIONS"])
    return senders * connections * int(settings["LISTHUB_PACKETS__RECIPIENTS"])


def _judge_copies(tally: Tally, missing: set[Copy], uncovered: set[Copy]) -> None:
    if missing:
        tally.broken.append(f"{len(missing)} copies are missing: {_some(missing)}")
    if tally.unexpected:
        tally.broken.append(f"{tally.unexpected} copies went to who should have none.")
    if uncovered:
        tally.broken.append(
            f"{len(uncovered)} doubled copies were not written down as possible"
            f" duplicates: {_some(uncovered)}"
        )
    if tally.doubled > tally.bound:
        tally.broken.append(
            f"{tally.doubled} copies were doubled; the bound is {tally.bound}."
        )


def _judge_rooms(tally: Tally, site: Site, accepted: Sequence[Posted]) -> None:
    ((waiting, aside),) = site.rows(_WAITING)
    tally.buried = aside
    if waiting:
        tally.broken.append(f"{waiting} items still wait.")
    if aside:
        tally.broken += [f"set aside: {row}" for row in site.rows(_ASIDE)[:10]]
    if left := site.rows(_LEFT):
        tally.broken.append(f"{len(left)} posts were distributed twice: {left[:3]}")
    ((pending,),) = site.rows(_PENDING)
    if pending:
        tally.broken.append(f"{pending} packets were never settled.")
    archived = {_bare(mail): count for mail, count in site.rows(_ARCHIVED)}
    wrong = [m.message_id for m in accepted if archived.get(m.message_id) != 1]
    if wrong:
        tally.broken.append(
            f"{len(wrong)} posts are not in the archive once: {wrong[:3]}"
        )


def _may_have(posted: Sequence[Posted]) -> set[Copy]:
    # One that was given up may have been committed all the same.
    return {(mail.message_id, who) for mail in posted for who in mail.list.people}


def _bare(message_id: str) -> str:
    return message_id.strip("<>")


def _some(copies: set[Copy]) -> str:
    return ", ".join(f"{who} of {mail}" for mail, who in sorted(copies)[:3])
