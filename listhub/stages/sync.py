"""Sync: a role of a list is brought in step with its sources.

Every source is read without a transaction, while the lease is renewed; then all is
compared, brought about and settled in one.  Only who holds the claim gets so far: two
hosts never do one list at once, and if one dies, another begins anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from listhub.lists.sources import fetch, round as rounds
from listhub.lists.sources.fetch import Fetched
from listhub.lists.sources.round import Round
from listhub.lists.sources.sealing import Sealing
from listhub.spool.items import Done, Item, Verdict
from listhub.stages.renewing import renewing
from listhub.stages.stage import RoomStage, StageContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A round, and what its sources gave."""

    round: Round
    fetched: Fetched


@contextmanager
def _fetch(item: Item, context: StageContext) -> Iterator[Brought | None]:
    """Read all sources of the round; None if there is nothing to be done any more."""
    begun = rounds.begin(context.conn, item.ref or 0)
    context.conn.commit()
    if begun is None:
        yield None
        return
    # A source may take all of its time before its first row comes.
    longest = fetch.SECONDS * (len(begun.sources) + 1)
    with renewing(item, context.settings, longest=longest) as lease:
        reading = fetch.fetched(
            context.conn,
            begun.sources,
            address=begun.row.address,
            sealing=Sealing(settings=context.settings),
            beat=lease.check,
        )
        with reading as found:
            # From here on the claim is locked, and nobody takes it.
            lease.end()
            yield Brought(round=begun, fetched=found)


def handle(item: Item, context: StageContext) -> Verdict:
    """Bring the role in step with what was read."""
    brought: Brought | None = context.fetched
    if brought is None:
        return Done(verdict="dropped", note="the list is gone or closed")
    said, items = rounds.end(
        context.conn,
        brought.round,
        brought.fetched,
        settings=context.settings,
        trace=item.trace,
    )
    return Done(note=f"{brought.round.sync.role}s: {said}", emit=items)


STAGE = RoomStage(
    name="sync",
    about="Brings members, owners and moderators in step with their sources.",
    handle=handle,
    fetch=_fetch,
    # Reading takes as long as others let us wait: the next one is for another worker.
    batch=1,
)
