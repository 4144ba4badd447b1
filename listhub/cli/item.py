"""One item of the spool, shown: all its facts, what comes next, and its message."""

from typing import TYPE_CHECKING, Any

from listhub.cli.context import Context, clean
from listhub.delivery import ledger
from listhub.delivery.outgoing import SEND
from listhub.errors import PermanentError
from listhub.spool import bodies, stats
from listhub.spool.browse import Past, Waiting
from listhub.stages.table import by_name

if TYPE_CHECKING:
    import psycopg

_NEXT = {
    "ready": "A worker of the pool {pool} takes it when its turn comes.",
    "leased": "{owner} is working on it; if that fails without a word, it is taken"
    " again after {lease}.",
    "deferred": "It becomes ready at {due}; `listhub spool retry {id}` does so now.",
    "parked": "It waits for a person's decision; `listhub spool release {id}` lets it"
    " go on, `drop` ends it.",
    "held": "Nothing, until `listhub spool release {id}`.",
    "buried": "Nothing: it failed too often. Remove the cause, then `listhub spool"
    " exhume {id}`; or `edit` or `drop` it.",
}


def tell(context: Context, found: Waiting | Past) -> None:
    """Print every fact of an item, and what happens to it next."""
    reason = ""
    for name in found.__slots__:
        value = getattr(found, name)
        if name == "reason":
            reason = value or ""
        elif name == "age":
            context.text(f"age           {stats.duration(value)}")
        elif value is not None and value != {}:
            context.text(f"{name:<13} {clean(value)}")
    if isinstance(found, Waiting):
        context.text(f"next          {_next(found)}")
    if reason:
        context.text(f"\n{reason.rstrip()}")


def _next(item: Waiting) -> str:
    from listhub.cli.context import clean

    try:
        stage = by_name(item.stage)
    except KeyError:
        return "This release knows no such stage; it waits for one that does."
    said = _NEXT[item.state].format(
        id=item.id,
        pool=stage.pool,
        owner=item.owner,
        due=clean(item.due_at),
        lease=clean(item.lease_until),
    )
    return f"{said} The stage: {stage.about}"


def message(conn: "psycopg.Connection[Any]", found: Waiting | Past) -> bytes:
    """Return the bytes that an item is about; of a packet, what its recipients get."""
    body_id, head, offset = found.body_id, b"", 0
    if found.stage == SEND:
        for parcel in ledger.load(conn, [found.ref or 0]):
            body_id, head, offset = parcel.body_id, parcel.head, parcel.body_offset
    try:
        body = bodies.load(conn, body_id)[offset:] if body_id is not None else b""
    except LookupError as error:
        raise PermanentError(
            f"The message of item {found.id} is not kept any more."
        ) from error
    if not head and body_id is None:
        raise PermanentError(f"Item {found.id} has no message.")
    return head + body
