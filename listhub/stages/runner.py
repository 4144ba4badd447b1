"""The loop of every room: claim a batch, handle each item, settle, until empty.

    T1  claim: short, committed at once; the attempt is counted
    (fetch: what a stage needs from outside, without a transaction)
    T2  lock the item by token → handle → settle with all outputs → commit
        (a failure: T2 is rolled back and T3 settles as Retry or Bury; a question to
        the outside: T2 is rolled back, the answer is found, and T2 is done anew)

An item that was claimed before without being settled is a suspect: it may have
killed its worker.  Suspects are worked on alone, and what was claimed beside them is
given back uncounted, so a poison item takes nobody with it.
"""

import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import structlog

from listhub import db, log
from listhub.errors import StaleClaim, TemporaryError
from listhub.spool import store
from listhub.spool.horizon import Horizon
from listhub.spool.items import Bury, Done, Item, NewItem, Retry, Verdict
from listhub.spool.tally import BURIED, PARKED, RETRIED, SETTLED
from listhub.stages.stage import Host, RoomStage, StageContext

_log = log.get(__name__)


def drain(stage: RoomStage, host: Host, *, seconds: float) -> int:
    """Empty the room, or work for `seconds`; return how many items were settled.

    Raises TemporaryError when the database does not answer.
    """
    conn = host.connection()
    try:
        # Of a drain that was broken off: nobody is to wait for these leases to run out.
        _give_back(conn, host.unbegun)
        host.unbegun.clear()
        return _drain(stage, host, conn, seconds=seconds)
    except psycopg.Error as error:
        away = db.away(conn, error)
        host.hang_up()
        if not away:
            raise
        raise TemporaryError(
            "The database went away; try again later.", reason=str(error)
        ) from error
    except BaseException:
        host.hang_up()
        raise


def _drain(
    stage: RoomStage, host: Host, conn: "psycopg.Connection[Any]", *, seconds: float
) -> int:
    horizon = Horizon()
    settled = 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not host.stopping():
        items = _claim(stage, host, conn, horizon)
        if not items:
            break
        for n, item in enumerate(items):
            if host.stopping() or time.monotonic() >= ends:
                _give_back(conn, items[n:])
                host.unbegun.clear()
                break
            if stage.together and n == 0 and item.attempts == 1:
                settled += _work_together(stage, host, conn, items)
                if horizon.exhausted:
                    # What came meanwhile has a wake, and costs less with what follows.
                    return settled
                break
            host.unbegun[:] = items[n + 1 :]
            settled += _work(stage, host, conn, item)
    return settled


def claim_batch(
    stage: str,
    host: Host,
    conn: "psycopg.Connection[Any]",
    horizon: Horizon,
    *,
    limit: int,
) -> list[Item]:
    """Claim up to `limit` items in a transaction of their own; bury the poisonous."""
    spool = host.settings.spool
    claimed = store.claim(
        conn,
        stage=stage,
        limit=limit,
        lease=timedelta(seconds=spool.lease),
        owner=host.name,
        after=horizon.bound(),
    )
    horizon.note(last=claimed[-1][1] if claimed else None, full=len(claimed) == limit)
    conn.commit()
    items = [item for item, _rank in claimed]
    poison = [item for item in items if item.attempts > spool.max_attempts]
    for item in poison:
        reason = f"Its worker died {item.attempts - 1} times without settling it."
        store.settle(conn, item, Bury(reason=reason))
        _say(host, item, Bury(reason=reason))
    if poison:
        conn.commit()
    return [item for item in items if item not in poison]


def _claim(
    stage: RoomStage, host: Host, conn: "psycopg.Connection[Any]", horizon: Horizon
) -> list[Item]:
    limit = stage.batch or host.settings.spool.batch
    items = claim_batch(stage.name, host, conn, horizon, limit=limit)
    suspects = [item for item in items if item.attempts > 1]
    if not suspects:
        return items
    _give_back(conn, [item for item in items if item is not suspects[0]])
    horizon.forget()
    return suspects[:1]


def _give_back(conn: "psycopg.Connection[Any]", items: Sequence[Item]) -> None:
    if items:
        store.release(conn, items)
        conn.commit()


def _work(
    stage: RoomStage, host: Host, conn: "psycopg.Connection[Any]", item: Item
) -> int:
    """Handle one item in a transaction of its own; return 1 if it was settled."""
    with structlog.contextvars.bound_contextvars(**_context(item)):
        try:
            with _fetched(stage, StageContext(conn=conn, host=host), item) as context:
                verdict = host.answers.settled(
                    conn, lambda _ask: _handle(stage, context, item)
                )
                conn.commit()
        except StaleClaim:
            conn.rollback()
            _log.warning("claim lost")
            return 0
        except Exception as error:
            if db.useless(conn, error):
                # The connection, not the item: the lease runs out by itself.
                raise
            conn.rollback()
            verdict = failure(item, error, host)
            try:
                store.settle(conn, item, verdict)
            except StaleClaim:
                conn.rollback()
                _log.warning("claim lost")
                return 0
            conn.commit()
        _say(host, item, verdict)
        _wake(host, verdict)
    return 1


@contextmanager
def _fetched(
    stage: RoomStage, context: StageContext, item: Item
) -> Iterator[StageContext]:
    """Fetch from outside what the stage needs of there, without a transaction."""
    if stage.fetch is None:
        yield context
        return
    with stage.fetch(item, context) as brought:
        # Whatever it asked of the database is over.
        context.conn.rollback()
        yield replace(context, fetched=brought)


def _handle(stage: RoomStage, context: StageContext, item: Item) -> Verdict:
    """Lock, handle and settle one item; the caller commits."""
    store.open_claim(context.conn, item)
    verdict = stage.handle(item, context)
    store.settle(context.conn, item, verdict)
    return verdict


def _work_together(
    stage: RoomStage, host: Host, conn: "psycopg.Connection[Any]", items: list[Item]
) -> int:
    """Handle a batch in one transaction; items that fail are done again alone."""
    context = StageContext(conn=conn, host=host)
    try:
        ended = _all_done(stage, context, items)
    except Exception as error:
        if db.useless(conn, error):
            raise
        # One of them is bad: with a savepoint for each, which costs as much as the
        # work itself, the others are done all the same.
        conn.rollback()
        ended, alone = _one_by_one(stage, context, items)
    else:
        alone = []
    conn.commit()
    for item, verdict in ended:
        with structlog.contextvars.bound_contextvars(**_context(item)):
            _say(host, item, verdict)
    for stage_name in {new.stage for _, done in ended for new in done.emit}:
        host.nudge(stage_name)
    return len(ended) + sum(_work(stage, host, conn, item) for item in alone)


def _all_done(
    stage: RoomStage, context: StageContext, items: Sequence[Item]
) -> list[tuple[Item, Done]]:
    """Handle and settle items that all end as Done; raise where one does not."""
    opened = store.open_claims(context.conn, items)
    ours = [item for item in items if item.id in opened]
    ended: list[tuple[Item, Done]] = []
    for item, verdict in zip(ours, _verdicts(stage, context, ours), strict=True):
        if not isinstance(verdict, Done):
            raise _NotDone
        ended.append((item, verdict))
    store.finish(context.conn, ended)
    return ended


def _verdicts(
    stage: RoomStage, context: StageContext, items: Sequence[Item]
) -> Iterable[Verdict]:
    if stage.handle_all:
        return stage.handle_all(items, context)
    return (_alone(stage, context, item) for item in items)


def _alone(stage: RoomStage, context: StageContext, item: Item) -> Verdict:
    with structlog.contextvars.bound_contextvars(**_context(item)):
        return stage.handle(item, context)


def _one_by_one(
    stage: RoomStage, context: StageContext, items: Sequence[Item]
) -> tuple[list[tuple[Item, Done]], list[Item]]:
    """Handle items with a savepoint for each; return what is done, and what is not."""
    ended: list[tuple[Item, Done]] = []
    alone: list[Item] = []
    ours = store.open_claims(context.conn, items)
    for item in items:
        if item.id not in ours:
            continue
        try:
            with context.conn.transaction():
                ended += _all_done(stage, context, [item])
        except Exception as error:
            if db.useless(context.conn, error):
                raise
            alone.append(item)
    return ended, alone


class _NotDone(Exception):
    """An item of a batch is to be retried, parked or buried."""


def failure(item: Item, error: Exception, host: Host) -> Verdict:
    """Return what becomes of an item whose handler raised: again later, or buried."""
    spool = host.settings.spool
    # The first line is for people, the rest for us.
    said = (str(error).strip() or "no text").splitlines()[0]
    trace = "".join(traceback.format_exception(error))
    reason = f"{type(error).__name__}: {said}\n\n{trace}".replace("\0", "")
    if item.attempts >= spool.max_attempts:
        return Bury(reason=reason)
    wait = spool.retry_base * 4 ** (item.attempts - 1)
    return Retry(after=timedelta(seconds=wait), reason=reason)


def _wake(host: Host, verdict: Verdict) -> None:
    emitted: tuple[NewItem, ...] = verdict.emit if isinstance(verdict, Done) else ()
    for stage in {item.stage for item in emitted}:
        host.nudge(stage)


def _context(item: Item) -> dict[str, object]:
    return {
        "trace": str(item.trace),
        "item": item.id,
        "stage": item.stage,
        "list_id": item.list_id,
    }


def _say(host: Host, item: Item, verdict: Verdict) -> None:
    """Log the one line of a verdict, and count it."""
    match verdict:
        case Done(verdict=how, note=note):
            host.tally.count(item.stage, SETTLED)
            _log.info("settled", verdict=how, note=note)
        case Retry(after=after, reason=reason):
            host.tally.count(item.stage, RETRIED)
            _log.warning(
                "deferred",
                seconds=after.total_seconds(),
                attempts=item.attempts,
                reason=reason.partition("\n")[0],
            )
        case _:
            aside = BURIED if isinstance(verdict, Bury) else PARKED
            host.tally.count(item.stage, aside)
            _log.error(
                type(verdict).__name__.lower(),
                attempts=item.attempts,
                reason=verdict.reason.partition("\n")[0],
            )
