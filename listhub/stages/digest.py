"""Digest: the posts that wait for a list's issue become its digests, in every form.

The issue is unique by list and slot and takes its posts in the transaction that makes
its mails: whoever makes the same slot again finds it made.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import format_datetime

import psycopg

from listhub import clock, log
from listhub.delivery import copies
from listhub.delivery.outgoing import NewOutgoing, Sent, send_out
from listhub.delivery.treatment import Treatment
from listhub.lists import composing, digests, recipients, texts
from listhub.lists.composing import Plan
from listhub.lists.posting import find_list
from listhub.lists.recipients import Audience
from listhub.lists.settings import load_list_settings
from listhub.mail import digest, mailbox
from listhub.mail.digest import Entry, Issue
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.owner_text import OwnerTextError
from listhub.mail.transforms import list_headers, list_id, list_marks
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, Verdict
from listhub.stages.stage import RoomStage, StageContext

_log = log.get(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Work:
    """An issue in the making: its list, its posts, and how many have each reception."""

    item: Item
    context: StageContext
    plan: Plan
    issue: digests.Issue
    parts: tuple[tuple[digests.Entry, ...], ...]
    counts: dict[str, int]


def handle(item: Item, context: StageContext) -> Verdict:
    """Make the issue of a slot, or find that it has been made."""
    slot = item.meta.get("slot")
    row = find_list(context.conn, item.list_id)
    if row is None or not isinstance(slot, str):
        return Bury(reason="A digest item needs a list and a slot.")
    issue = digests.open_issue(
        context.conn, list_id=row.id, slot=slot, trace=item.trace
    )
    if issue is None:
        return Done(verdict="duplicate", note=f"the issue of {slot} has been made")
    if not issue.entries:
        return Done(note="nothing waits any more")
    settings = load_list_settings(context.conn, row.id)
    plan = Plan(
        row=row,
        settings=settings,
        site=context.settings,
        message_id="",
        author="",
        sequence=issue.number,
        texts=texts.load(context.conn, row),
    )
    work = _Work(
        item=item,
        context=context,
        plan=plan,
        issue=issue,
        parts=tuple(
            _parts(
                issue.entries,
                most=settings.digest_max_size,
                octets=settings.max_size,
            )
        ),
        counts=recipients.count(context.conn, list_id=row.id),
    )
    sent = list(_sent(work))
    return Done(
        note=f"digest {issue.number}: {len(issue.entries)} posts to"
        f" {sum(each.recipients for each in sent)} recipients",
        emit=tuple(new for each in sent for new in each.items),
    )


def _parts(
    entries: Iterable[digests.Entry], *, most: int, octets: int
) -> Iterator[tuple[digests.Entry, ...]]:
    """Cut an issue into mails of at most so many posts, and about so many octets."""
    part: list[digests.Entry] = []
    size = 0
    for entry in entries:
        if part and (len(part) >= most or size + entry.size > octets):
            yield tuple(part)
            part, size = [], 0
        part.append(entry)
        size += entry.size
    yield tuple(part)


def _sent(work: _Work) -> Iterator[Sent]:
    """Make the mails of each form that somebody gets, with one part in memory."""
    wanted = [each for each in digests.RECEPTIONS if work.counts.get(each)]
    for number, part in enumerate(work.parts if wanted else (), start=1):
        entries = tuple(_loaded(work.context.conn, entry) for entry in part)
        for reception in wanted:
            yield _send(work, reception, number, entries)


def _loaded(conn: "psycopg.Connection[object]", entry: digests.Entry) -> Entry:
    headers = Headers.parse(entry.head)
    return Entry(
        headers=headers,
        body=bodies.load(conn, entry.body_id)[entry.body_offset :],
        sequence=entry.sequence,
        # The last one is ours (RFC 5064 allows several).
        permalink=(headers.all("Archived-At") or (b"",))[-1]
        .decode(errors="replace")
        .strip("<> "),
    )


def _send(work: _Work, reception: str, number: int, entries: tuple[Entry, ...]) -> Sent:
    plan, row = work.plan, work.plan.row
    written = digest.WRITERS[reception](_issue(work, number, entries))
    name = f"digest.{work.issue.id}.{number}.{reception}.{work.item.trace.hex[:12]}"
    message_id = f"{name}@{row.domain}"
    _address(written, plan, message_id=message_id)
    key = bodies.digest(written.body)
    chosen = recipients.split_verp(
        work.context.conn,
        Audience(list_id=row.id, receptions=(reception,)),
        expected=work.counts[reception],
        rate=plan.settings.verp_rate,
        sequence=work.issue.number,
    )
    return send_out(
        work.context.conn,
        NewOutgoing(
            list_id=row.id,
            trace=work.item.trace,
            message_id=message_id,
            head=written.headers.to_bytes(),
            # Apart from the head, which is loaded with each packet.
            body_id=bodies.store(work.context.conn, [(key, written.body)])[key],
            bounce_address=f"{row.name}-owner@{row.domain}",
            mode=reception,
            priority=work.item.priority,
            treatment=_treatment(written, plan, reception),
        ),
        plain=chosen.plain,
        verp=chosen.verp,
        verp_count=chosen.verp_count,
        rules=plan.site.packets,
    )


def _issue(work: _Work, number: int, entries: tuple[Entry, ...]) -> Issue:
    plan, row, settings = work.plan, work.plan.row, work.plan.settings
    # A footer that is filled in for each member comes to each copy.
    footer = None if plan.personal else plan.texts.footer
    return Issue(
        list_name=row.name,
        number=work.issue.number,
        at=clock.now(),
        entries=entries,
        part=number,
        parts=len(work.parts),
        language=settings.language,
        post_address="" if settings.send == "closed" else row.address,
        footer=footer.text if footer else "",
    )


def _treatment(written: Draft, plan: Plan, reception: str) -> Treatment:
    """Return what is done to each copy; without a footer that cannot be filled in."""
    treatment = composing.digest_treatment(plan, reception)
    try:
        copies.rehearse(written, treatment)
    except OwnerTextError as error:
        # Its authors are told with their posts; readers need not wait for that.
        _log.warning("digest without its footer", list=plan.row.name, reason=str(error))
        return composing.treatment(plan, "notice")
    return treatment


def _address(written: Draft, plan: Plan, *, message_id: str) -> None:
    """Say who a digest is from and to, and give it the marks of the list."""
    row, headers = plan.row, written.headers
    owners = f"{row.name}-request@{row.domain}"
    headers.prepend("Message-ID", f"<{message_id}>")
    headers.prepend("Date", format_datetime(clock.now()))
    headers.prepend("To", row.address)
    headers.prepend("From", mailbox.write(f"{row.name} digest", owners))
    for mark in (list_marks, list_id, list_headers):
        mark.apply(written, plan.context)
    # It numbers posts, and this is none.
    headers.remove("X-Sequence")


STAGE = RoomStage(
    name="digest",
    about="Makes the digests of a list whose issue is due.",
    handle=handle,
)
