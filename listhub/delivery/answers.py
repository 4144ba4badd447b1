"""From a relay's replies to outcomes: runs of positions with the same answer."""

import itertools
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from listhub import log
from listhub.delivery.classify import classify, next_try
from listhub.delivery.clerk import Failure
from listhub.delivery.ledger import Outcome, runs
from listhub.delivery.load import Load
from listhub.delivery.transaction import Reply, Transaction
from listhub.spool.items import Done, Retry

_log = log.get(__name__)

#: A copy that could not be made or converted: the message's fault, not the member's.
_NOT_CONVERTED = "5.6.5"

#: Characters of a reply worth keeping.
_LONGEST_REPLY = 500


def tag_of(transaction: Transaction) -> tuple[Load, tuple[int, ...]]:
    """Return the load and the positions that a transaction was made for."""
    return cast("tuple[Load, tuple[int, ...]]", transaction.tag)


def read(
    load: Load, positions: Sequence[int], replies: Sequence[Reply], *, relay: str
) -> tuple[list[Outcome], list[Failure]]:
    """Return outcomes and failures of one transaction; note deferrals on the load."""
    if len(positions) == 1 and 200 <= replies[0].code < 300:
        return [_delivered(load, positions[0], replies[0], relay=relay)], []
    outcomes: list[Outcome] = []
    failures: list[Failure] = []
    answered = zip(positions, replies, strict=True)
    for reply, group in itertools.groupby(answered, key=lambda pair: pair[1]):
        same = [position for position, _ in group]
        classified = classify(reply)
        text = clean(reply.text)
        outcomes += (
            Outcome(
                packet_id=load.parcel.id,
                first=first,
                last=last,
                state=classified.outcome,
                attempt=load.parcel.tries + 1,
                relay=relay,
                code=reply.code,
                enhanced=reply.enhanced,
                reply=text,
            )
            for first, last in runs(same)
        )
        match classified.outcome:
            case "deferred":
                wait = next_try(
                    classified.reply_class, load.parcel.tries, random.SystemRandom()
                )
                load.deferrals.append(wait.total_seconds())
            case "refused" if reply.enhanced != _NOT_CONVERTED:
                failures += (
                    Failure(
                        parcel=load.parcel,
                        position=position,
                        source="smtp",
                        status=reply.enhanced or f"{reply.code // 100}.0.0",
                        diagnostic=f"{reply.code} {text}",
                        reply_class=classified.reply_class,
                    )
                    for position in same
                )
            case _:
                pass
    return outcomes, failures


def _delivered(load: Load, position: int, reply: Reply, *, relay: str) -> Outcome:
    """Return what `read` does for nearly every copy under VERP, at a third of the cost."""
    parcel = load.parcel
    return Outcome(
        parcel.id,
        position,
        position,
        "delivered",
        parcel.tries + 1,
        relay,
        reply.code,
        reply.enhanced,
        clean(reply.text),
    )


def possible_duplicates(
    load: Load, positions: Sequence[int], *, why: str = "no answer to the content"
) -> list[Outcome]:
    """Return rows that say: these may have had a copy already."""
    return [
        Outcome(
            packet_id=load.parcel.id,
            first=first,
            last=last,
            state="possible_duplicate",
            attempt=load.parcel.tries + 1,
            relay="",
            code=0,
            enhanced="",
            reply=why,
        )
        for first, last in runs(sorted(positions))
    ]


def verdict(load: Load) -> Done | Retry:
    """Return how a packet ends whose recipients all have an answer for this try."""
    if load.deferrals:
        return Retry(
            after=timedelta(seconds=min(load.deferrals)),
            reason=f"{len(load.deferrals)} answers were temporary",
            planned=True,
        )
    return Done(note=f"{len(load.parcel.recipients)} recipients answered for")


def say(load: Load, how: Done | Retry) -> None:
    """Log the one line of a packet's verdict."""
    keys = {
        "trace": str(load.parcel.trace),
        "item": load.item.id,
        "stage": load.item.stage,
        "list_id": load.parcel.list_id,
        "packet": load.parcel.id,
    }
    if isinstance(how, Retry):
        _log.info("deferred", seconds=how.after.total_seconds(), **keys)
    else:
        _log.info("settled", verdict=how.verdict, note=how.note, **keys)


def clean(text: str) -> str:
    """Return a reply's text as the database takes it: no NUL, no lone surrogates."""
    plain = text[:_LONGEST_REPLY].replace("\0", "")
    if plain.isascii():
        return plain
    return plain.encode("utf-8", "replace").decode("utf-8")
