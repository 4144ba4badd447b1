"""Join a list and leave it, as its scenarios say, from a page or the API.

Whoever has signed in is who they say they are.  An address that anybody typed is
nobody's word: it is always asked by mail, whatever the scenario would allow, and the
answer is the same whether it is a member or not.
"""

import dataclasses
from collections.abc import Callable
from typing import Literal

from listhub.i18n.text import N_, Text
from listhub.lists import asking, greetings, options, subscribing
from listhub.lists.asking import Question
from listhub.lists.list_settings import ListSettings
from listhub.lists.mine.visit import Answer, State, Visit
from listhub.lists.options import NOT_ME
from listhub.lists.posting import ListRow
from listhub.lists.said import SaidError
from listhub.lists.subscribing import Newcomer
from listhub.mail.address import parse_addr_spec
from listhub.mail.encoded_words import safe
from listhub.policy import reasons
from listhub.policy.decision import Decision

NO_ADDRESS = N_("“%(address)s” is not an e-mail address.")
JOINED = N_("You are now a member of %(list)s.")
ALREADY = N_("You are a member of %(list)s already.")
LEFT = N_("You are no longer a member of %(list)s.")
NO_MEMBER = N_("You are not a member of %(list)s.")

_STATES: dict[str, State] = {"request_auth": "confirm"}

Do = Callable[[Decision], Answer]

#: What will happen: at once, once it is confirmed by mail, once others agree, or not.
Outlook = Literal["now", "confirm", "owners", "no"]
_OUTLOOKS: dict[str, Outlook] = {
    "do_it": "now",
    "request_auth": "confirm",
    "owner": "owners",
    "listmaster": "owners",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What a wish will come to, and why it comes to nothing."""

    outlook: Outlook
    reason: Text | None = None


def foretell(
    visit: Visit,
    row: ListRow,
    operation: Literal["subscribe", "unsubscribe"],
    *,
    settings: ListSettings,
) -> Foretold:
    """Return what will happen if the visitor joins or leaves; nothing is done.

    Of an address that is yet to be typed only what holds for anybody is known.  May
    raise `Unanswered`.
    """
    if operation == "subscribe" and row.status != "open":
        closed = Text(subscribing.NOT_OPEN, list=row.address)
        return Foretold(outlook="no", reason=closed)
    question = Question(
        operation=operation,
        scenario=getattr(settings, operation),
        row=row,
        settings=settings,
    )
    decision = asking.decide(question, visit)
    outlook = _OUTLOOKS.get(decision.action, "no")
    if outlook == "no":
        said = reasons.sentence(reason=decision.reason, template=decision.template)
        return Foretold(outlook="no", reason=Text(said))
    return Foretold(outlook=outlook if visit.proven else "confirm")


def join(
    visit: Visit,
    row: ListRow,
    *,
    settings: ListSettings,
    name: str = "",
    reception: str | None = None,
) -> Answer:
    """Make the visitor a member, or ask whoever has to agree.

    UsageError for a closed or full list, for what is no address, and for a reception
    that the list does not have.  May raise `Unanswered`.
    """
    _check(visit)
    if reception is not None and reception not in options.allowed(settings):
        choices = ", ".join(options.allowed(settings))
        raise SaidError(
            options.OTHER_RECEPTION,
            list=row.address,
            reception=safe(reception)[:40],
            choices=choices,
        )
    member = subscribing.is_member(visit.conn, row.id, visit.sender)
    if member and visit.proven:
        return Answer(state="already", text=Text(ALREADY, list=row.address))
    name = safe(name).strip()
    mode = "each" if reception == NOT_ME else reception
    question = Question(
        operation="subscribe",
        scenario=settings.subscribe,
        row=row,
        settings=settings,
        person=visit.sender,
        kind="subscribe",
        command=" ".join(filter(None, ("SUBSCRIBE", row.name, name))),
        detail={"name": name, **({"reception": mode} if mode else {})},
    )

    def do(decision: Decision) -> Answer:
        newcomer = Newcomer(address=visit.sender, name=name, reception=mode)
        joined = subscribing.subscribe(
            visit.conn,
            row,
            newcomer,
            settings=settings,
            actor=visit.sender,
            how=visit.how,
        )
        if not joined:
            return Answer(state="already", text=Text(ALREADY, list=row.address))
        items = greetings.joined(
            visit.desk,
            row,
            visit.sender,
            quiet=decision.quiet,
            tell_owners=decision.notify,
        )
        return Answer(state="done", text=Text(JOINED, list=row.address), items=items)

    return _judged(visit, question, do, vain=member)


def leave(visit: Visit, row: ListRow, *, settings: ListSettings) -> Answer:
    """End the visitor's membership, or ask whoever has to agree; errors as `join`."""
    _check(visit)
    member = subscribing.is_member(visit.conn, row.id, visit.sender)
    if not member and visit.proven:
        return Answer(state="already", text=Text(NO_MEMBER, list=row.address))
    question = Question(
        operation="unsubscribe",
        scenario=settings.unsubscribe,
        row=row,
        settings=settings,
        person=visit.sender,
        kind="signoff",
        command=f"SIGNOFF {row.name} {visit.sender}",
    )

    def do(decision: Decision) -> Answer:
        gone = subscribing.sign_off(
            visit.conn, row, visit.sender, actor=visit.sender, how=visit.how
        )
        text = Text(LEFT, list=row.address)
        if gone is None:
            return Answer(state="already", text=text)
        items = greetings.left(
            visit.desk,
            row,
            gone.address,
            by=visit.sender,
            quiet=decision.quiet,
            tell_owners=decision.notify,
        )
        return Answer(state="done", text=text, items=items)

    return _judged(visit, question, do, vain=not member)


def _judged(visit: Visit, question: Question, do: Do, *, vain: bool) -> Answer:
    """Do what is asked, hold it, or refuse it; where it is `vain`, say the same."""
    decision = asking.decide(question, visit)
    if not visit.proven and (decision.allowed or asking.waits(decision)):
        # Owners too are asked once the address is proven: rules may treat members in
        # another way, and who is one shows in nothing that strangers are told.
        decision = dataclasses.replace(
            decision, action="request_auth", auth_address=visit.sender
        )
    if decision.allowed:
        return do(decision)
    if not asking.waits(decision):
        said = asking.refusal(question, visit, decision)
        return Answer(state="refused", text=said.text, items=said.items)
    state = _STATES.get(decision.action, "owners")
    if vain:
        # Nobody is written to for what anybody may have typed.
        text = asking.waiting(question, visit, decision)
        return Answer(state=state, text=text)
    held = asking.hold(question, visit, decision)
    return Answer(state=state, text=held.text, items=held.items)


def _check(visit: Visit) -> None:
    if parse_addr_spec(visit.sender) is None:
        raise SaidError(NO_ADDRESS, address=safe(visit.sender)[:200])
