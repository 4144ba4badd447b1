"""Archive: distributed posts are filed, findable by list, date, thread and word."""

from collections.abc import Sequence

from listhub.lists import archiving
from listhub.lists.archiving import Arrival
from listhub.spool.items import Bury, Item, Verdict
from listhub.stages.stage import RoomStage, StageContext


def handle(item: Item, context: StageContext) -> Verdict:
    """File one post."""
    return handle_all([item], context)[0]


def handle_all(items: Sequence[Item], context: StageContext) -> list[Verdict]:
    """File each post once, however often its item is worked on."""
    arrivals = {item.id: _arrival(item) for item in items}
    known = [each for each in arrivals.values() if each]
    done = iter(archiving.archive(context.conn, known, settings=context.settings))
    return [next(done) if arrivals[item.id] else _NOTHING for item in items]


def _arrival(item: Item) -> Arrival | None:
    if item.body_id is None or item.list_id is None or not item.message_id:
        return None
    sequence = item.meta.get("sequence")
    return Arrival(
        list_id=item.list_id,
        body_id=item.body_id,
        message_id=item.message_id,
        sequence=sequence if isinstance(sequence, int) else None,
        received_at=item.created_at,
        trace=item.trace,
    )


_NOTHING = Bury(reason="An archive item needs a list, a body and a Message-ID.")

STAGE = RoomStage(
    name="archive",
    about="Files a distributed post in the archive.",
    handle=handle,
    handle_all=handle_all,
    together=True,
    batch=50,
)
