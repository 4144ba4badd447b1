"""Bouncers: lists are looked through for members whose mail comes back.

One item is one list, so the work is spread over the hosts; two that meet on a list come
one after the other, and the second finds nothing to do.
"""

from listhub.lists.bouncing import complaints, evaluate
from listhub.spool.items import Bury, Done, Item, Verdict
from listhub.stages.stage import RoomStage, StageContext

BOUNCERS = "bouncers"


def handle(item: Item, context: StageContext) -> Verdict:
    """Evaluate a list, open its breakers, or end the membership of somebody who complained."""
    if item.list_id is None:
        return Bury(reason="A bouncers item needs a list.")
    settings = context.settings
    match item.meta.get("do"):
        case "evaluate" | "watch" as do:
            work = evaluate.evaluate if do == "evaluate" else evaluate.watch
            done = work(context.conn, item.list_id, site=settings, trace=item.trace)
            return Done(note=done.note, emit=done.items)
        case "complaint":
            note = complaints.end(context.conn, item.list_id, item.ref or 0)
            return Done(note=note)
        case other:
            return Bury(reason=f"There is no such work with bouncers: {other!r}")


STAGE = RoomStage(
    name=BOUNCERS,
    about="Acts on members whose mail comes back, and on complaints.",
    handle=handle,
)
