"""Command: mail that asks for something is read, done, and answered with one report.

a mail      drop -> read -> do -> report; what a filter took for spam is not read
confirmed   what somebody has confirmed by key, judged anew with that
remind      the next members who are to be reminded
"""

from collections.abc import Sequence
from dataclasses import replace

from listhub.commands import inviting, limiter, parse, perform
from listhub.commands.command import Line
from listhub.commands.context import Context
from listhub.commands.parse import Misread, Parsed
from listhub.commands.table import VOCABULARY
from listhub.errors import PermanentError
from listhub.i18n.languages import best_language
from listhub.lists import forwarding, posting, spam
from listhub.lists.greetings import Desk
from listhub.lists.moderation import request as requests
from listhub.lists.moderation.answer import reply_to_us
from listhub.lists.notices import command_replies, group, place, reports
from listhub.lists.notices.guards import Answered
from listhub.lists.notices.notice import Nothing, Place
from listhub.lists.notices.send import languages, send
from listhub.lists.notices.to_listmasters import LOOP_COMMAND, CommandLoop
from listhub.mail import address, message_id, parts, screening
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.recipient import AddressKind, split
from listhub.spool import bodies
from listhub.spool.items import Bury, Done, Item, NewItem, Verdict
from listhub.stages.stage import RoomStage, StageContext

_IMPLIED = {AddressKind.SUBSCRIBE: "SUBSCRIBE", AddressKind.UNSUBSCRIBE: "SIGNOFF"}

# The numbers of domains are those of lists below zero: an address of commands has no
# list, and a post that went to a list as well was not seen here.
_REMEMBER = """
INSERT INTO seen (list_id, message_id)
SELECT -id, %(address)s || ' ' || %(message_id)s FROM domain WHERE id = %(domain_id)s
    ON CONFLICT DO NOTHING
"""


def handle(item: Item, context: StageContext) -> Verdict:
    """Do what a mail, or a confirmed request, asks for."""
    if "remind" in item.meta:
        return _remind(item, context)
    if "request" in item.meta:
        return _confirmed(item, context)
    if item.body_id is None or not item.recipient:
        return Bury(reason="A command item needs a body and a recipient.")
    return _mail(item, context, bodies.load(context.conn, item.body_id))


def _mail(item: Item, context: StageContext, raw: bytes) -> Done:
    headers = Headers.parse(raw)
    sender = screening.author(headers)
    if sender is None:
        return Done(verdict="dropped", note="no single author in From")
    if dropped := _drop(item, headers):
        return Done(verdict="dropped", note=dropped)
    working = _context(item, context, sender=sender, raw=raw)
    if _is_spam(working):
        return Done(verdict="dropped", note=spam.MARKED)
    if not _is_new(item, headers, working):
        return Done(verdict="duplicate", note=item.message_id or "")
    rate = limiter.count(working.conn, working.sender)
    done = _done(item, working, raw, headers, answered=rate.answered)
    told = _loop_notice(working, rate) if rate.tell else ()
    return replace(done, emit=(*done.emit, *told))


def _drop(item: Item, headers: Headers) -> str | None:
    """Return why nobody waits for an answer: it would feed a loop."""
    if not item.reverse_path:
        return "null reverse-path"
    kind, _ = parts.content_type(headers)
    if kind == "multipart/report":
        return kind
    return screening.automatic(headers) or screening.loop(headers, item.recipient or "")


def _is_spam(working: Context) -> bool:
    """Say whether a filter took it for spam: at -subscribe any mail is a command."""
    message = working.message
    if message is None or not spam.has_marks(message.headers):
        return False
    wanted = forwarding.of_domain(working.conn, working.domain_id)
    if wanted.spam == "ignore":
        return False
    found = spam.status(
        working.conn,
        working.ask,
        message,
        row=None,
        domain_id=working.domain_id,
        sender=working.sender,
        list_settings=wanted,
        settings=working.settings,
    )
    return found == "spam"


def _is_new(item: Item, headers: Headers, working: Context) -> bool:
    """Note the Message-ID for this address, for all hosts; a mail without one is new."""
    found = message_id.message_id(headers)
    if not found:
        return True
    values = {
        "domain_id": working.domain_id,
        "address": address.key(item.recipient or ""),
        "message_id": found,
    }
    return working.conn.execute(_REMEMBER, values).rowcount == 1


def _done(
    item: Item, working: Context, raw: bytes, headers: Headers, *, answered: bool
) -> Done:
    """Do the commands of a mail, or what it answers to a question of ours."""
    parsed = _from_header(item, raw)
    if parsed is None:
        replied = reply_to_us(
            working.conn,
            headers,
            raw[headers.body_offset :],
            by=working.sender,
            domain=working.domain,
            settings=working.settings,
            quiet=not answered,
        )
        if replied is not None:
            return Done(note=str(replied.sentence), emit=tuple(replied.items))
        parsed = parse.parse(raw, VOCABULARY)
    results, items = perform.perform(parsed.lines, working)
    if not parsed.recognised:
        why = str(parsed.misread.reason) if parsed.misread else ""
        report = _no_command(item, working, headers, why) if answered else ()
        return Done(verdict="refused", note="5.6.1 no command", emit=report)
    if parsed.misread:
        results.append(perform.misread(parsed.misread))
    note = ", ".join(line.command.name for line in parsed.lines) or "misread"
    if results and answered:
        items += _report(results, working, _answered(item, headers))
    return Done(note=note if answered else f"{note} (not answered)", emit=items)


def _from_header(item: Item, raw: bytes) -> Parsed | None:
    """Return the command that the address or the subject is; None without one."""
    name, kind = split((item.recipient or "").rpartition("@")[0])
    written = f"{_IMPLIED[kind]} {name}" if kind in _IMPLIED else None
    if kind is AddressKind.OWNER:
        written = parse.implied(raw, name)
    if written is None:
        found = parse.in_subject(raw, VOCABULARY)
        return Parsed(lines=(found,)) if found else None
    line = VOCABULARY.read(written)
    return Parsed(misread=line) if isinstance(line, Misread) else Parsed(lines=(line,))


def _answered(item: Item, headers: Headers) -> Answered:
    return Answered(
        reverse_path=item.reverse_path or "",
        headers=headers,
        recipient=item.recipient or "",
        message_id=item.message_id or "",
    )


def _no_command(
    item: Item, working: Context, headers: Headers, why: str
) -> tuple[NewItem, ...]:
    """Report that there was no command (RFC 3463: 5.6.1)."""
    return send(
        working.conn,
        reports.NO_COMMAND,
        Nothing(),
        to=[item.reverse_path or ""],
        place=_where(working),
        settings=working.settings,
        trace=working.trace,
        answered=_answered(item, headers),
        diagnostic=why,
    )


def _report(
    results: Sequence[command_replies.Result],
    working: Context,
    answered: Answered | None,
    *,
    to: str = "",
) -> tuple[NewItem, ...]:
    subject = answered.headers.text("Subject") if answered else ""
    return send(
        working.conn,
        command_replies.COMMAND_REPORT,
        command_replies.Report(results=tuple(results), subject=subject),
        to=[to or working.sender],
        place=_where(working),
        settings=working.settings,
        trace=working.trace,
        language=working.language,
        answered=answered,
    )


def _where(working: Context) -> Place:
    return place.of_domain(
        working.conn, domain_id=working.domain_id, settings=working.settings
    )


def _loop_notice(working: Context, rate: limiter.Rate) -> tuple[NewItem, ...]:
    values = CommandLoop(person=working.sender, count=rate.count, minutes=60)
    return group.tell(
        working.conn,
        LOOP_COMMAND,
        values,
        place=_where(working),
        settings=working.settings,
        trace=working.trace,
    )


def _context(item: Item, context: StageContext, *, sender: str, raw: bytes) -> Context:
    local, _, domain = (item.recipient or "").rpartition("@")
    where = place.of_domain(context.conn, name=domain, settings=context.settings)
    if where.domain_id is None:
        raise PermanentError(f"No lists live at {domain}.", reason="the domain is gone")
    chosen = languages(context.conn, [sender]).get(address.key(sender))
    draft = Draft.parse(raw)
    names = address.mailboxes(draft.headers.get("From") or b"")
    return Context(
        conn=context.conn,
        settings=context.settings,
        ask=context.ask,
        domain_id=where.domain_id,
        domain=where.domain,
        sender=sender,
        sender_name=names[0][0] if names else "",
        auth="smtp",
        language=best_language(chosen, where.language),
        trace=item.trace,
        message=draft,
        command=local if split(local)[1] is AddressKind.COMMAND else where.command,
    )


def _confirmed(item: Item, context: StageContext) -> Verdict:
    """Judge a command anew for who has confirmed it, or approved it."""
    found = requests.load(context.conn, int(str(item.meta["request"])))
    if found is None:
        return Done(verdict="dropped", note="the request is gone")
    who = str(item.meta.get("confirmed_by") or item.meta.get("approved_by") or "")
    line = VOCABULARY.read(found.command)
    if isinstance(line, Misread):
        return Bury(reason=f"The command {found.command!r} cannot be read any more.")
    return _again(item, context, line, found, who=who)


def _again(
    item: Item,
    context: StageContext,
    line: Line,
    found: requests.Request,
    *,
    who: str,
) -> Done:
    where = place.of_domain(
        context.conn, domain_id=found.domain_id, settings=context.settings
    )
    told = found.author if "approved_by" in item.meta else who
    chosen = languages(context.conn, [told]).get(address.key(told))
    working = Context(
        conn=context.conn,
        settings=context.settings,
        ask=context.ask,
        domain_id=found.domain_id,
        domain=found.domain,
        sender=who,
        sender_name=str(found.detail.get("name") or ""),
        auth="md5",
        language=best_language(chosen, where.language),
        trace=item.trace,
        command=where.command,
    )
    results, items = perform.perform([line], working)
    if results:
        items += _report(results, working, None, to=told)
    return Done(note=f"{line.written}, confirmed by {who}", emit=items)


def _remind(item: Item, context: StageContext) -> Verdict:
    row = posting.find_list(context.conn, item.list_id)
    if row is None or row.status != "open":
        return Done(verdict="dropped", note="the list is gone")
    desk = Desk(conn=context.conn, settings=context.settings, trace=item.trace)
    after = str(item.meta["remind"])
    count, items = inviting.remind_some(desk, row, after=after)
    return Done(note=f"reminded {count}", emit=items)


STAGE = RoomStage(
    name="command",
    about="Does what mail asks for, and answers with one report.",
    handle=handle,
)
