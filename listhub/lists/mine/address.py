"""Another address for a person: asked of the scenario `move_user`, agreed to by mail.

The scenario says who has to agree: the new address, since anybody could name it; the
old one, too, where somebody else asks.  Each gets a key of its own, one after the other;
when the last one has agreed, all goes along.  A listmaster who may do it at once does
so for the lists of the domain, and the account stays where it is.
"""

import dataclasses
import uuid
from collections.abc import Sequence
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_, Text
from listhub.lists import asking, moving
from listhub.lists.asking import Question
from listhub.lists.authorise import scenario_of
from listhub.lists.list_settings import ListSettings
from listhub.lists.mine.visit import Answer, Visit
from listhub.lists.moderation.hold import Asking, hold_request
from listhub.lists.moderation.request import How, Request
from listhub.lists.notices import place as places
from listhub.lists.said import SaidError
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.encoded_words import safe
from listhub.policy.decision import Decision
from listhub.spool.items import NewItem

OPERATION = "move_user"

#: Nobody is asked more often than this for one move.
_MOST_ASKED = 3

SAME = N_("That is your address already.")
MOVED = N_("Your mail comes to %(address)s now.")
ASKED = N_("A mail is on its way to %(address)s: it has to be confirmed from there.")


def change_address(visit: Visit, new: str, *, old: str | None = None) -> Answer:
    """Move a person, the visitor if no other is named, to another address.

    SaidError for what is no address, and for who has nothing here; may raise
    `Unanswered`.
    """
    if not visit.proven:
        raise SaidError(moving.NO_ADDRESS, address=safe(visit.sender)[:200])
    before, after = _address(old or visit.sender), _address(new)
    if before == after:
        return Answer(state="already", text=Text(SAME))
    who, decision = _who_agrees(visit, before, after)
    if who:
        items = _ask(visit, before, after, who)
        text = Text(ASKED, address=who[0])
        return Answer(state="confirm", text=text, items=items)
    if not decision.allowed:
        said = asking.refusal(_question(before, after), visit, decision)
        return Answer(state="refused", text=said.text, items=said.items)
    moved = moving.move(
        visit.conn,
        before,
        after,
        # Nobody has shown that both addresses are theirs.
        domain_id=visit.domain_id,
        actor=visit.sender,
        how=visit.how,
    )
    items = moving.told(
        visit.conn,
        moved,
        place=visit.place(),
        settings=visit.settings,
        trace=visit.trace,
    )
    return Answer(state="done", text=Text(MOVED, address=after), items=items)


def confirmed(
    conn: "psycopg.Connection[Any]",
    request: Request,
    *,
    how: How,
    settings: Settings,
) -> tuple[NewItem, ...]:
    """Go on after somebody has agreed: ask the next one, or move."""
    detail = request.detail
    before, after = str(detail["before"]), str(detail["after"])
    left = [str(each) for each in detail.get("then") or ()]
    if left:
        return _hold(
            conn,
            domain_id=request.domain_id,
            author=request.author,
            before=before,
            after=after,
            who=left,
            agreed=[*detail["agreed"], str(detail["confirmed_by"])],
            trace=request.trace,
            settings=settings,
        )
    agreed = {key(str(each)) for each in (*detail["agreed"], detail["confirmed_by"])}
    both = {key(before), key(after)} <= agreed
    moved = moving.move(
        conn,
        before,
        after,
        domain_id=None if both else request.domain_id,
        actor=request.author,
        how=how,
    )
    place = places.of_domain(conn, domain_id=request.domain_id, settings=settings)
    return moving.told(conn, moved, place=place, settings=settings, trace=request.trace)


def _who_agrees(visit: Visit, before: str, after: str) -> tuple[list[str], Decision]:
    """Return who has to agree, in their order, and what is decided then."""
    question, asker = _question(before, after), visit
    who: list[str] = []
    while True:
        decision = asking.decide(question, asker)
        asked = decision.auth_address
        done = key(asked) in map(key, who) or len(who) == _MOST_ASKED
        if decision.action != "request_auth" or done:
            return who, decision
        who.append(asked)
        if key(asked) == key(before):
            # The next question is theirs, as if they had asked themselves.
            asker = dataclasses.replace(visit, sender=before, auth="md5")


def _question(before: str, after: str) -> Question:
    return Question(
        operation=OPERATION,
        scenario=scenario_of(OPERATION, None),
        settings=ListSettings(),
        person=after,
        context={"current_email": before},
    )


def _ask(
    visit: Visit, before: str, after: str, who: Sequence[str]
) -> tuple[NewItem, ...]:
    return _hold(
        visit.conn,
        domain_id=visit.domain_id,
        author=visit.sender,
        before=before,
        after=after,
        who=who,
        agreed=[visit.sender],
        trace=visit.trace,
        settings=visit.settings,
    )


def _hold(
    conn: "psycopg.Connection[Any]",
    *,
    domain_id: int,
    author: str,
    before: str,
    after: str,
    who: Sequence[str],
    agreed: Sequence[str],
    trace: uuid.UUID,
    settings: Settings,
) -> tuple[NewItem, ...]:
    held = hold_request(
        conn,
        Asking(
            kind=OPERATION,
            waits_for="person",
            person=before,
            author=author,
            command=f"MOVE {before} {after}",
            confirmed_by=who[0],
            trace=trace,
            detail={
                "before": before,
                "after": after,
                "then": list(who[1:]),
                "agreed": list(agreed),
            },
        ),
        list_id=None,
        domain_id=domain_id,
        list_settings=ListSettings(),
        settings=settings,
    )
    return held.items


def _address(written: str) -> str:
    found = parse_addr_spec(written.strip())
    if found is None:
        raise SaidError(moving.NO_ADDRESS, address=safe(written)[:200])
    return found.text
