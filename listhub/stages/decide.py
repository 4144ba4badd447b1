"""Decide: decisions about many requests are carried out, once they can't be undone.

An item is up to a hundred requests of one decision, and each of them is a transaction
of its own.  A transaction for all would hold the locks of a hundred requests, of their
lists' files and of their authors' counts in whatever order they come, and two such
workers would stop each other; so a moderator who decides one of them by hand waits for
one decision at most, and the progress is seen as it is made.  What makes a request
happen once is not the item but the row that ties it to the decision (see `carrying`):
a worker that is killed leaves the rest as it was, for the next one.

What fails is done again alone, later each time, and then written down as failed: it
keeps none of its neighbours waiting.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from listhub import db, log
from listhub.lists.moderation import carrying, delayed
from listhub.lists.moderation.carrying import Order
from listhub.spool import store
from listhub.spool.items import Done, Item, Retry, Verdict
from listhub.stages.stage import RoomStage, StageContext

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """What came of going through an item's requests."""

    order: Order
    decided: int = 0
    left: tuple[int, ...] = ()
    #: The last thing that went wrong.
    error: Exception | None = None
    #: One of them may have killed a worker.
    suspect: bool = False


@contextmanager
def _fetch(item: Item, context: StageContext) -> Iterator[_Round | None]:
    """Go through the requests, each in a transaction of its own."""
    order = carrying.load(context.conn, item.ref or 0)
    context.conn.commit()
    yield _go_through(item, context, order) if order else None


def _go_through(item: Item, context: StageContext, order: Order) -> _Round:
    first, last = int(str(item.meta["first"])), int(str(item.meta["last"]))
    conn = context.conn
    waiting = carrying.left(conn, order, first=first, last=last)
    conn.commit()
    if order.wait:
        return _Round(order=order, left=tuple(waiting))
    if item.attempts > 1 and first != last:
        return _Round(order=order, left=tuple(waiting), suspect=True)
    decided, failed = 0, []
    error: Exception | None = None
    for n, request_id in enumerate(waiting):
        if context.host.stopping():
            failed += waiting[n:]
            break
        try:
            _carry_out(context, order, request_id)
            decided += 1
        except Exception as problem:
            if db.useless(conn, problem):
                raise
            conn.rollback()
            _log.warning("not decided", request=request_id, exc_info=problem)
            error = problem
            failed.append(request_id)
    return _Round(order=order, decided=decided, left=tuple(failed), error=error)


def _carry_out(context: StageContext, order: Order, request_id: int) -> None:
    conn = context.conn
    items = carrying.carry_out(conn, order, request_id, settings=context.settings)
    store.put(conn, items)
    conn.commit()
    for stage in {each.stage for each in items}:
        context.host.nudge(stage)


def handle(item: Item, context: StageContext) -> Verdict:
    """End an item, or leave for later what is not due or did not work."""
    done: _Round | None = context.fetched
    if done is None:
        return Done(verdict="dropped", note="the decision is forgotten")
    if not done.left:
        return Done(note=f"decision {done.order.id}: {done.decided} carried out")
    if done.order.wait:
        return Retry(
            after=done.order.wait, reason="It can be undone until then.", planned=True
        )
    if done.error is None and not done.suspect:
        return Retry(after=timedelta(0), reason="The host stops.", planned=True)
    if len(done.left) == 1 and item.meta["first"] == item.meta["last"]:
        return _alone(item, context, done)
    return Done(
        note=f"decision {done.order.id}: {done.decided} carried out,"
        f" {len(done.left)} again",
        emit=tuple(
            delayed.item(done.order.id, first=each, last=each, trace=item.trace)
            for each in done.left
        ),
    )


def _alone(item: Item, context: StageContext, done: _Round) -> Verdict:
    """Try a request that makes trouble again, or give it back to people."""
    error = done.error or RuntimeError("nothing was said")
    if item.attempts < context.settings.spool.max_attempts:
        raise error
    reason = f"{type(error).__name__}: {error}".replace("\0", "")[:500]
    carrying.fail(context.conn, done.order, done.left[0], reason=reason)
    return Done(verdict="failed", note=reason)


STAGE = RoomStage(
    name=delayed.STAGE,
    # Not with the posts, which would stand behind ten thousand rejections, nor with
    # the sources, some of which keep a worker waiting for minutes.
    about="Carries out decisions about many requests, or that could be undone.",
    handle=handle,
    fetch=_fetch,
    # The next chunk is for another worker.
    batch=1,
)
