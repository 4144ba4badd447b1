"""Distribute: a post is judged, numbered, and turned into an archive item and packets.

Read `handle` like a table of contents.  Judging and changing are apart: what refuses
never edits, what edits never refuses.  Everything happens in one transaction: the
post either still waits, or it has become all of its outputs.
"""

from dataclasses import dataclass

from listhub.lists import policy, reports, topics
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow, Post, find_list, remember
from listhub.lists.publishing import Publication, publish
from listhub.lists.settings import load_list_settings
from listhub.mail import message_id, screening
from listhub.mail.draft import Draft
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, Verdict
from listhub.stages.stage import RoomStage, StageContext


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """All that judging and changing look at."""

    item: Item
    row: ListRow
    settings: ListSettings
    post: Post
    draft: Draft


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
    return _publish(case, context)


def _load(item: Item, context: StageContext) -> _Case | None:
    row = find_list(context.conn, item.list_id)
    if row is None or item.body_id is None:
        return None
    raw = bodies.load(context.conn, item.body_id)
    draft = Draft.parse(raw)
    headers = draft.headers
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
        draft=draft,
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


def _publish(case: _Case, context: StageContext) -> Done:
    conn = context.conn
    publication = Publication(
        row=case.row,
        settings=case.settings,
        post=case.post,
        draft=case.draft,
        tag=topics.find(
            conn, case.settings, case.post, list_id=case.row.id, body=case.draft.body
        ),
        trace=case.item.trace,
        priority=case.item.priority,
    )
    return publish(conn, publication, context.settings)


STAGE = RoomStage(
    name="distribute",
    pool="distribution",
    about="Judges a post, numbers it, and turns it into an archive item and packets.",
    handle=handle,
)
