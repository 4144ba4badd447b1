"""What a decision does to the world, by the kind of the request: one table each way.

All of it happens in the transaction of the decision: a held post becomes an item of
`distribute` again, a subscription becomes a member.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists import catalogue, greetings, posting, subscribing, topics
from listhub.lists.greetings import Desk
from listhub.lists.mine import address
from listhub.lists.moderation import senders, to_askers
from listhub.lists.moderation.outcomes import Action, Decision
from listhub.lists.moderation.request import POST, How, Request
from listhub.lists.notices import requests
from listhub.lists.notices.notice import Notice
from listhub.lists.settings import load_list_settings
from listhub.spool.items import NewItem

#: The room of posts, and the one where confirmed commands are judged anew.
DISTRIBUTE, COMMAND = "distribute", "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A decision about a request, who took it and how."""

    conn: "psycopg.Connection[Any]"
    request: Request
    decision: Decision
    by: str
    how: How
    settings: Settings


Items = tuple[NewItem, ...]
Effect = Callable[[Case], Items]


def effects(case: Case) -> Items:
    """Do what the decision says and return what is to be put into the rooms."""
    _know_sender(case)
    act = case.decision.action
    if act is Action.APPROVE:
        return _APPROVED.get(case.request.kind, _again)(case)
    if act is Action.CONFIRM:
        return _CONFIRMED.get(case.request.kind, _again)(case)
    if act is Action.REJECT:
        return _REJECTED.get(case.request.kind, _tell_rejected)(case)
    return _DROPPED.get(case.request.kind, _nothing)(case)


def _know_sender(case: Case) -> None:
    request, decision = case.request, case.decision
    if request.list_id is None:
        return
    if decision.allow:
        senders.allow(case.conn, request.list_id, request.author, actor=case.by)
    if decision.block:
        senders.block(case.conn, request.list_id, request.author, actor=case.by)


# --- approved or confirmed --------------------------------------------------------


def _distribute(case: Case) -> Items:
    """Let a post go the way of posts again, untouched, with the word it waited for."""
    request, decision = case.request, case.decision
    approved = decision.action is Action.APPROVE
    if decision.topics is not None and request.list_id and request.message_id:
        topics.tag(
            case.conn,
            list_id=request.list_id,
            message_id=request.message_id,
            names=decision.topics,
            method="editor" if approved else "sender",
        )
    told: Items = ()
    if approved and not decision.quiet:
        told = to_askers.approved(case.conn, request, settings=case.settings)
    return (_item(case, DISTRIBUTE), *told)


def _again(case: Case) -> Items:
    """Have a command judged anew, with the word it waited for."""
    return (_item(case, COMMAND),)


def _item(case: Case, stage: str) -> NewItem:
    request = case.request
    word = "approved_by" if case.decision.action is Action.APPROVE else "confirmed_by"
    return NewItem(
        stage=stage,
        trace=request.trace,
        list_id=request.list_id,
        body_id=request.body_id,
        message_id=request.message_id,
        reverse_path=request.reverse_path,
        recipient=request.address if request.list_id else None,
        meta={"request": request.id, word: case.by},
    )


def _join(case: Case) -> Items:
    """Make somebody a member, on an owner's word."""
    request, row = case.request, _list_row(case)
    detail = request.detail
    newcomer = subscribing.Newcomer(
        address=request.person,
        name=str(detail.get("name") or ""),
        reception=detail.get("reception"),
        concealed=detail.get("concealed"),
    )
    joined = subscribing.subscribe(
        case.conn,
        row,
        newcomer,
        settings=load_list_settings(case.conn, row.id),
        actor=case.by,
        how=case.how,
    )
    if not joined:
        return ()
    desk, quiet = _desk(case), case.decision.quiet
    # Whoever asked for themselves is welcomed; others have been added by somebody.
    by = "" if request.kind == "subscribe" else case.by
    items = greetings.joined(desk, row, request.person, by=by, quiet=quiet)
    return (*items, *_tell_owners(case, row, requests.MEMBER_JOINED))


def _leave(case: Case) -> Items:
    """End a membership, on an owner's word."""
    request, row = case.request, _list_row(case)
    gone = subscribing.sign_off(
        case.conn, row, request.person, actor=case.by, how=case.how
    )
    if gone is None:
        return ()
    desk, quiet = _desk(case), case.decision.quiet
    by = gone.address if request.kind == "signoff" else case.by
    items = greetings.left(desk, row, gone.address, by=by, quiet=quiet)
    return (*items, *_tell_owners(case, row, requests.MEMBER_LEFT))


def _desk(case: Case) -> Desk:
    return Desk(conn=case.conn, settings=case.settings, trace=case.request.trace)


def _tell_owners(
    case: Case, row: posting.ListRow, notice: Notice[requests.MemberChange]
) -> Items:
    """Tell all owners who came or went, where the rule that asked one of them says so."""
    if not case.request.detail.get("notify"):
        return ()
    person = case.request.person
    return greetings.notify_owners(_desk(case), row, notice, person, by=case.by)


def _open(case: Case) -> Items:
    """Open a list that was asked for."""
    _set_status(case, "open")
    return to_askers.granted(case.conn, case.request, settings=case.settings)


def _move(case: Case) -> Items:
    """Give somebody another address, once all have agreed to it."""
    return address.confirmed(
        case.conn, case.request, how=case.how, settings=case.settings
    )


_CONFIRMED: Mapping[str, Effect] = {POST: _distribute, address.OPERATION: _move}
_APPROVED: Mapping[str, Effect] = {
    POST: _distribute,
    "subscribe": _join,
    "add": _join,
    "signoff": _leave,
    "del": _leave,
    "create_list": _open,
}

# --- rejected, discarded, spam, withdrawn -----------------------------------------


def _tell_rejected(case: Case) -> Items:
    if case.decision.quiet:
        return ()
    return to_askers.rejected(
        case.conn, case.request, decision=case.decision, settings=case.settings
    )


def _close(case: Case) -> Items:
    """Close a list that nobody wants, and say so."""
    _set_status(case, "closed")
    return _tell_rejected(case) if case.decision.action is Action.REJECT else ()


def _nothing(_case: Case) -> Items:
    return ()


_REJECTED: Mapping[str, Effect] = {"create_list": _close}
_DROPPED: Mapping[str, Effect] = {"create_list": _close}


def _set_status(case: Case, status: str) -> None:
    if case.request.list_id is not None:
        found = catalogue.find_list(case.conn, case.request.address)
        catalogue.set_status(case.conn, found, status, actor=case.by)


def _list_row(case: Case) -> posting.ListRow:
    row = posting.find_list(case.conn, case.request.list_id)
    if row is None:
        raise LookupError(f"request {case.request.id} has no list")
    return row
