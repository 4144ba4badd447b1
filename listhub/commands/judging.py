"""May the sender do this?  What a scenario says becomes a deed, a question or a no.

    do_it         done at once
    request_auth  whoever the scenario names has to confirm; the command is kept
    owner         an owner has to agree, or a listmaster
    reject        said so, with the reason

Whoever asks for another person learns nothing of that person: where it would be vain
(to sign off who is no member), the person is told, and the sender reads the same
sentence as if it were not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from listhub import log
from listhub.commands.command import Line
from listhub.commands.context import Context
from listhub.commands.reply import Reply
from listhub.i18n.text import N_, Text
from listhub.lists import broken_scenario
from listhub.lists.authorise import authorise
from listhub.lists.list_settings import ListSettings
from listhub.lists.moderation.hold import Asking, hold_request
from listhub.lists.posting import ListRow
from listhub.mail.address import key
from listhub.policy import reasons
from listhub.policy.decision import Decision
from listhub.spool.items import NewItem

CONFIRM_YOURSELF = N_(
    "%(command)s has to be confirmed: a mail with a key is on its way to you."
)
CONFIRM_OTHER = N_(
    "%(command)s has to be confirmed: a mail with a key is on its way to %(person)s."
)
OWNERS_DECIDE = N_("%(command)s waits for the owners of %(list)s.")
LISTMASTERS_DECIDE = N_("%(command)s waits for the listmasters of %(domain)s.")

_log = log.get(__name__)

_WAITS_FOR: Mapping[str, Literal["person", "owners", "listmasters"]] = {
    "request_auth": "person",
    "owner": "owners",
    "listmaster": "listmasters",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a scenario; `person` is whom it is about, if not the sender."""

    operation: str
    scenario: str
    settings: ListSettings
    #: None: it is asked of the domain.
    row: ListRow | None = None
    person: str = ""
    #: What a request of it is called, where it has to wait.
    kind: str = ""
    #: The command in full, as it will be read again.
    command: str = ""
    #: What else a request has to remember.
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuestion(Question):
    """One about a list."""

    row: ListRow


Do = Callable[[Decision], Reply]


def decide(question: Question, context: Context) -> Decision:
    """Return what the scenario says."""
    return authorise(
        context.conn,
        context.ask,
        operation=question.operation,
        scenario=question.scenario,
        list_row=question.row,
        list_settings=question.settings,
        domain_id=context.domain_id,
        sender=context.sender,
        auth=context.auth,
        message=context.message,
        context={"email": question.person or context.sender},
        settings=context.settings,
    )


def judged(
    question: Question,
    line: Line,
    context: Context,
    do: Do,
    *,
    vain: Callable[[], Reply] | None = None,
) -> Reply:
    """Do it, hold it, or refuse it; `vain` is done instead of either of the first two.

    The sentence is then that of what would have been done.
    """
    decision = decide(question, context)
    action = decision.action
    if action not in line.command.results or action == "reject":
        return refusal(decision, question, context)
    if action == "do_it":
        return vain() if vain else do(decision)
    said = _said(action, decision, question, context)
    if vain:
        return Reply(text=said, items=vain().items)
    held = hold_request(
        context.conn,
        Asking(
            kind=question.kind or line.command.name.lower(),
            waits_for=_WAITS_FOR[action],
            person=question.person or context.sender,
            author=context.sender,
            command=question.command or line.written,
            why=str(decision.rule.text) if decision.rule else "",
            confirmed_by=_confirmer(decision, context),
            trace=context.trace,
            # Told once it is done, by whoever agrees to it.
            detail={**question.detail, "notify": decision.notify},
        ),
        list_id=question.row.id if question.row else None,
        domain_id=context.domain_id,
        list_settings=question.settings,
        settings=context.settings,
    )
    return Reply(text=said, items=held.items)


def refusal(decision: Decision, question: Question, context: Context) -> Reply:
    """Return why a scenario says no, in a sentence; unless it wants nobody told.

    Not raised: of a scenario that failed the listmasters are told in the same savepoint.
    """
    said = reasons.sentence(reason=decision.reason, template=decision.template)
    told = _tell(decision, question, context) if decision.error else ()
    return Reply(text=Text(said), done=False, reported=not decision.quiet, items=told)


def _tell(
    decision: Decision, question: Question, context: Context
) -> tuple[NewItem, ...]:
    """Tell the listmasters of a scenario that failed."""
    where = question.row.address if question.row else context.domain
    _log.error("scenario failed", list=where, reason=decision.error)
    return broken_scenario.tell(
        context.conn,
        decision.error,
        scenario=f"{question.operation}.{question.scenario}",
        rule=decision.rule,
        place=context.place(question.row, question.settings),
        settings=context.settings,
        trace=context.trace,
    )


def _said(
    action: str, decision: Decision, question: Question, context: Context
) -> Text:
    command = question.command
    if action == "owner":
        where = question.row.address if question.row else context.domain
        return Text(OWNERS_DECIDE, command=command, list=where)
    if action == "listmaster":
        return Text(LISTMASTERS_DECIDE, command=command, domain=context.domain)
    who = _confirmer(decision, context)
    if key(who) == key(context.sender):
        return Text(CONFIRM_YOURSELF, command=command)
    return Text(CONFIRM_OTHER, command=command, person=who)


def _confirmer(decision: Decision, context: Context) -> str:
    return decision.auth_address or context.sender
