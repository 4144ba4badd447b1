"""Distribute: a post is judged, numbered, and turned into an archive item and packets.

Read `handle` like a table of contents.  Judging and changing are apart: what refuses
never edits, what edits never refuses.  Everything happens in one transaction: the
post either still waits, or it has become all of its outputs.
"""

from dataclasses import dataclass

from listhub.delivery.outgoing import NewOutgoing, send_out
from listhub.lists import policy, recipients, reports
from listhub.lists.posting import ListRow, Post, find_list, number, remember
from listhub.lists.list_settings import ListSettings
from listhub.lists.settings import load_list_settings
from listhub.mail import message_id, screening
from listhub.mail.headers import Headers
from listhub.mail.transforms import TransformContext, transform
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, NewItem, Verdict
from listhub.stages.stage import RoomStage, StageContext


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """All that judging and changing look at."""

    item: Item
    row: ListRow
    settings: ListSettings
    post: Post


def handle(item: Item, context: StageContext) -> Verdict:
    """Turn a post into its outputs, a report to its sender, or nothing."""
    case = _load(item, context)
    if case is None:
        return Bury(reason="The list of this post does not exist any more.")
    if dropped := _drop(case):
        return Done(verdict="dropped", note=dropped)
    if refusal := _refuse(case, context):
        return reports.refuse(
            context.conn,
            item,
            refusal,
            head=case.post.headers,
            list_address=case.row.address,
            settings=context.settings,
        )
    if not remember(context.conn, case.row, case.post):
        return Done(verdict="duplicate", note=case.post.message_id)
    return _distribute(case, context)


def _load(item: Item, context: StageContext) -> _Case | None:
    row = find_list(context.conn, item.list_id)
    if row is None or item.body_id is None:
        return None
    raw = bodies.load(context.conn, item.body_id)
    headers = Headers.parse(raw)
    return _Case(
        item=item,
        row=row,
        settings=load_list_settings(context.conn, row.id),
        post=Post(
            headers=headers,
            body_id=item.body_id,
            body_offset=headers.body_offset,
            size=len(raw),
            message_id=message_id.message_id(headers) or f"{item.trace}@{row.domain}",
            author=screening.author(headers) or item.reverse_path or "",
            reverse_path=item.reverse_path or "",
        ),
    )


def _drop(case: _Case) -> str | None:
    """Return why the post is dropped without an answer: answers would feed a loop."""
    headers = case.post.headers
    if loop := screening.loop(headers, case.row.address):
        return loop
    if case.settings.reject_automates:
        return screening.automatic(headers)
    return None


def _refuse(case: _Case, context: StageContext) -> policy.Refuse | None:
    """Return why the sender is told no, or None."""
    if case.post.size > case.settings.max_size:
        return policy.Refuse(
            enhanced="5.2.3",
            reason=f"The message has {case.post.size} bytes; {case.row.address} takes"
            f" at most {case.settings.max_size}.",
        )
    decision = policy.for_list(case.settings).judge(
        policy.Question(list_row=case.row, post=case.post), context.conn
    )
    return decision if isinstance(decision, policy.Refuse) else None


def _distribute(case: _Case, context: StageContext) -> Done:
    conn, row, post, settings = context.conn, case.row, case.post, case.settings
    expected = recipients.count(conn, list_id=row.id)
    chosen = recipients.split_verp(
        conn,
        list_id=row.id,
        author=post.author,
        expected=expected,
        rate=settings.verp_rate,
        sequence=row.sequence + 1,
    )
    numbered = number(conn, row, packets=chosen.packets(context.settings.packets))
    sent = send_out(
        conn,
        NewOutgoing(
            list_id=row.id,
            trace=case.item.trace,
            message_id=post.message_id,
            sequence=numbered.sequence,
            head=_head(case, numbered.sequence, context),
            body_id=post.body_id,
            body_offset=post.body_offset,
            bounce_address=f"{row.name}-owner@{row.domain}",
            author=post.author,
            priority=case.item.priority,
        ),
        plain=chosen.plain,
        verp=chosen.verp,
        verp_count=chosen.verp_count,
        rules=context.settings.packets,
        first_lag=numbered.lag,
    )
    archive = (_archive_item(case, numbered.sequence),) if settings.archive else ()
    return Done(
        note=f"post {numbered.sequence} to {sent.recipients} recipients",
        emit=(*archive, *sent.items),
    )


def _head(case: _Case, sequence: int, context: StageContext) -> bytes:
    """Return the header block that the recipients get."""
    row, settings = case.row, case.settings
    return transform(
        case.post.headers,
        TransformContext(
            name=row.name,
            domain=row.domain,
            sequence=sequence,
            message_id=case.post.message_id,
            author=case.post.author,
            command_address=f"sympa@{row.domain}",
            web_url=context.settings.web.url,
            archived=settings.archive,
            list_headers=bool(settings.rfc2369_headers),
            remove_headers=settings.remove_headers,
            reply_to=settings.reply_to
            if settings.reply_to in {"list", "all"}
            else "sender",
            custom_headers=settings.custom_headers,
        ),
    ).to_bytes()


def _archive_item(case: _Case, sequence: int) -> NewItem:
    return NewItem(
        stage="archive",
        trace=case.item.trace,
        list_id=case.row.id,
        body_id=case.post.body_id,
        message_id=case.post.message_id,
        reverse_path=case.post.reverse_path,
        recipient=case.row.address,
        meta={"sequence": sequence},
    )


STAGE = RoomStage(
    name="distribute",
    pool="distribution",
    about="Judges a post, numbers it, and turns it into an archive item and packets.",
    handle=handle,
)
