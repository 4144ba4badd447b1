"""May somebody do this?  What a scenario says becomes a deed, a question or a no.

    do_it         done at once
    request_auth  whoever the scenario names has to confirm; the question is kept
    owner         an owner has to agree, or a listmaster
    reject        said so, with the reason

Commands by mail, the web and the REST API ask alike; how they answer is their own.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import psycopg

from listhub import log
from listhub.config import Settings
from listhub.i18n.text import N_, Text
from listhub.lists import broken_scenario
from listhub.lists.authorise import authorise
from listhub.lists.list_settings import ListSettings
from listhub.lists.moderation.hold import Asking, hold_request
from listhub.lists.notices.notice import Place
from listhub.lists.posting import ListRow
from listhub.mail.address import key
from listhub.mail.draft import Draft
from listhub.outside.answers import Ask
from listhub.policy import reasons
from listhub.policy.decision import Decision
from listhub.policy.request import Auth
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


class Asker(Protocol):
    """Who asks, how that is known, and in which transaction."""

    @property
    def conn(self) -> "psycopg.Connection[Any]": ...
    @property
    def settings(self) -> Settings: ...
    @property
    def ask(self) -> Ask: ...
    @property
    def domain_id(self) -> int: ...
    @property
    def domain(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def auth(self) -> Auth: ...
    @property
    def trace(self) -> uuid.UUID: ...
    @property
    def message(self) -> Draft | None: ...

    def place(
        self, row: ListRow | None = None, settings: ListSettings | None = None
    ) -> Place: ...


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
    #: What else the rules may look at.
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What whoever asked is told, and the items of the mail that goes out for it."""

    text: Text
    items: tuple[NewItem, ...] = ()


def decide(question: Question, asker: Asker) -> Decision:
    """Return what the scenario says; may raise `Unanswered`."""
    return authorise(
        asker.conn,
        asker.ask,
        operation=question.operation,
        scenario=question.scenario,
        list_row=question.row,
        list_settings=question.settings,
        domain_id=asker.domain_id,
        sender=asker.sender,
        auth=asker.auth,
        message=asker.message,
        context={"email": question.person or asker.sender, **question.context},
        settings=asker.settings,
    )


def waits(decision: Decision) -> bool:
    """Whether somebody has to say a word first."""
    return decision.action in _WAITS_FOR


def hold(question: Question, asker: Asker, decision: Decision) -> Said:
    """Keep the question until whoever the decision names has said a word."""
    held = hold_request(
        asker.conn,
        Asking(
            kind=question.kind,
            waits_for=_WAITS_FOR[decision.action],
            person=question.person or asker.sender,
            author=asker.sender,
            command=question.command,
            why=str(decision.rule.text) if decision.rule else "",
            confirmed_by=_confirmer(decision, asker),
            trace=asker.trace,
            # Told once it is done, by whoever agrees to it.
            detail={**question.detail, "notify": decision.notify},
        ),
        list_id=question.row.id if question.row else None,
        domain_id=asker.domain_id,
        list_settings=question.settings,
        settings=asker.settings,
    )
    return Said(text=waiting(question, asker, decision), items=held.items)


def waiting(question: Question, asker: Asker, decision: Decision) -> Text:
    """Return the sentence that says whose word it waits for."""
    command = question.command
    where = question.row.address if question.row else asker.domain
    if decision.action == "owner":
        return Text(OWNERS_DECIDE, command=command, list=where)
    if decision.action == "listmaster":
        return Text(LISTMASTERS_DECIDE, command=command, domain=asker.domain)
    who = _confirmer(decision, asker)
    if key(who) == key(asker.sender):
        return Text(CONFIRM_YOURSELF, command=command)
    return Text(CONFIRM_OTHER, command=command, person=who)


def refusal(question: Question, asker: Asker, decision: Decision) -> Said:
    """Return why a scenario says no; of one that failed the listmasters are told.

    Not raised: what they are told belongs to the same transaction.
    """
    said = reasons.sentence(reason=decision.reason, template=decision.template)
    told = _tell(question, asker, decision) if decision.error else ()
    return Said(text=Text(said), items=told)


def _tell(question: Question, asker: Asker, decision: Decision) -> tuple[NewItem, ...]:
    where = question.row.address if question.row else asker.domain
    _log.error("scenario failed", list=where, reason=decision.error)
    return broken_scenario.tell(
        asker.conn,
        decision.error,
        scenario=f"{question.operation}.{question.scenario}",
        rule=decision.rule,
        place=asker.place(question.row, question.settings),
        settings=asker.settings,
        trace=asker.trace,
    )


def _confirmer(decision: Decision, asker: Asker) -> str:
    return decision.auth_address or asker.sender
