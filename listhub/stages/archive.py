"""Archive: a distributed post is filed, findable by list, date, thread and word."""

from listhub.lists import archiving
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, Verdict
from listhub.stages.stage import RoomStage, StageContext


def handle(item: Item, context: StageContext) -> Verdict:
    """File the post once, however often its item is worked on."""
    if item.body_id is None or item.list_id is None or not item.message_id:
        return Bury(reason="An archive item needs a list, a body and a Message-ID.")
    sequence = item.meta.get("sequence")
    done = archiving.archive(
        context.conn,
        archiving.Arrival(
            list_id=item.list_id,
            body_id=item.body_id,
            raw=bodies.load(context.conn, item.body_id),
            message_id=item.message_id,
            sequence=sequence if isinstance(sequence, int) else None,
            received_at=item.created_at,
            trace=item.trace,
        ),
        settings=context.settings,
    )
    return Done(verdict=done.verdict, note=done.note, emit=done.emit)


STAGE = RoomStage(
    name="archive",
    pool="archive",
    about="Files a distributed post in the archive.",
    # Not several in one transaction: each waits for the others of its list.
    handle=handle,
)
