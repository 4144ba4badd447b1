"""One item of the spool, shown: all its facts, and what comes next."""

from listhub.cli.context import Context, clean
from listhub.spool import stats
from listhub.spool.browse import Past, Waiting
from listhub.stages.table import by_name

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
