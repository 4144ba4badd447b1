"""Archive: a distributed post is filed, findable by list, date and Message-ID."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from listhub.archive import store
from listhub.mail import screening
from listhub.mail.headers import Headers
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, Verdict
from listhub.stages.stage import RoomStage, StageContext


def handle(item: Item, context: StageContext) -> Verdict:
    """File the post once, however often its item is worked on."""
    if item.body_id is None or item.list_id is None or not item.message_id:
        return Bury(reason="An archive item needs a list, a body and a Message-ID.")
    headers = Headers.parse(bodies.load(context.conn, item.body_id))
    filed = store.file(
        context.conn,
        store.Filing(
            list_id=item.list_id,
            message_id=item.message_id,
            sequence=_sequence(item),
            sent_at=_sent_at(headers, item.created_at),
            author=screening.author(headers) or "",
            subject=headers.text("Subject"),
            body_id=item.body_id,
            trace=item.trace,
        ),
    )
    return Done(verdict="done" if filed else "duplicate", note=item.message_id)


def _sequence(item: Item) -> int | None:
    sequence = item.meta.get("sequence")
    return sequence if isinstance(sequence, int) else None


def _sent_at(headers: Headers, fallback: datetime) -> datetime:
    """Return the Date of the message, or when it came if that says nothing sane."""
    try:
        date = parsedate_to_datetime(headers.text("Date"))
        # "-0000" gives a naive value: UTC by RFC 5322 §3.3.
        sent = (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return fallback
    return min(sent, fallback)


STAGE = RoomStage(
    name="archive",
    pool="archive",
    about="Files a distributed post in the archive.",
    handle=handle,
    together=True,
)
