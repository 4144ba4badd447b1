"""Answer by key: what commands and replies to our mail do with a request.

Whoever has the key may answer; it was mailed to one person, and that person is written
down as who decided.  A key to decide ends with its holder's role: who was a moderator
is none by old mail.  Every answer ends in a sentence for whoever wrote it.
"""

from dataclasses import dataclass
from typing import Any

import psycopg

from listhub import log
from listhub.config import Settings
from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists.moderation import (
    decide as decisions,
    keys,
    people,
    reply,
    to_deciders,
)
from listhub.lists.moderation.keys import Found, KeyAction
from listhub.lists.moderation.outcomes import (
    Action,
    AlreadyDecided,
    Decided,
    Decision,
    Gone,
    UnknownKey,
    WrongList,
)
from listhub.lists.moderation.reply import Verb
from listhub.lists.moderation.request import Request
from listhub.lists.notices.notice import Place
from listhub.lists.said import sentence_of
from listhub.mail import screening
from listhub.mail.address import key as address_key
from listhub.mail.headers import Headers
from listhub.spool.items import NewItem

_logger = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A note was left for the others who may decide."""

    request: Request

    @property
    def sentence(self) -> Text:
        return Text(N_("Your note has been left; nothing has been decided."))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood:
    """Nothing was done: no verb, or one that does not fit; how to answer."""

    action: KeyAction = "decide"

    @property
    def sentence(self) -> Text:
        return Text(_HOW_TO[self.action])


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """The decision cannot be carried out; nothing has been decided."""

    sentence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCommand:
    """The key is good, for another command than the one that came with it."""

    command: str

    @property
    def sentence(self) -> Text:
        return Text(N_("This key is for the command %(command)s"), command=self.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInCharge:
    """Whoever got the key to decide does so no more."""

    @property
    def sentence(self) -> Text:
        return Text(
            N_("This key is good no more: whoever got it has no say in this now.")
        )


Outcome = (
    Decided
    | AlreadyDecided
    | Gone
    | UnknownKey
    | WrongList
    | NotInCharge
    | OtherCommand
    | Noted
    | NotUnderstood
    | Impossible
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of an answer, in a sentence; `items` are to be put."""

    outcome: Outcome
    items: tuple[NewItem, ...] = ()

    @property
    def sentence(self) -> Text:
        return self.outcome.sentence

    @property
    def done(self) -> bool:
        """Whether what was asked for is so now, by this answer or an earlier note."""
        return isinstance(self.outcome, Decided | Noted)


#: Read by people: the first word of each verb, as `reply.VERBS` has it.
_HOW_TO: dict[KeyAction, str] = {
    "decide": N_(
        "Nothing has been decided. Begin your answer with one word: accept, allow,"
        " reject (and why), discard, spam, block, or note (and what)."
    ),
    "confirm": N_(
        "Nothing has been confirmed. Begin your answer with one word: confirm, or"
        " reject if you have not asked for this."
    ),
}
_DECISIONS: dict[KeyAction, dict[Verb, Decision]] = {
    "decide": {
        Verb.APPROVE: Decision(action=Action.APPROVE),
        Verb.ALLOW: Decision(action=Action.APPROVE, allow=True),
        Verb.REJECT: Decision(action=Action.REJECT),
        Verb.DISCARD: Decision(action=Action.DISCARD),
        Verb.SPAM: Decision(action=Action.SPAM),
        Verb.BLOCK: Decision(action=Action.DISCARD, block=True),
    },
    "confirm": {
        Verb.APPROVE: Decision(action=Action.CONFIRM),
        Verb.CONFIRM: Decision(action=Action.CONFIRM),
        Verb.REJECT: Decision(action=Action.WITHDRAW),
        Verb.DISCARD: Decision(action=Action.WITHDRAW),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody wrote: a key, what to do, and what a command says besides."""

    key: str
    verb: Verb | None
    #: The sender of the answer.
    by: str
    #: A reason for the author, or a note.
    text: str = ""
    #: Tell the author nothing.
    quiet: bool = False
    #: Only keys for this are good: DISTRIBUTE does not confirm.
    action: KeyAction | None = None
    #: The list that was named, with its domain or without.
    list_address: str | None = None
    #: The command that was sent along (AUTH): it has to be the one that waits.
    command: str | None = None
    #: The line that a reply begins with.
    written: str = ""
    #: A reply to our mail: to be asked "was it you?" and just answer says yes.
    plain: bool = False


def answer(
    conn: "psycopg.Connection[Any]", given: Answer, *, settings: Settings
) -> Answered:
    """Do what an answer by mail says; nothing is raised for what people do wrong."""
    # A command beside a key says itself what is meant, whoever has to agree to it.
    action = given.action if given.command is None else None
    found = keys.find(conn, given.key, action=action, list_address=given.list_address)
    if not isinstance(found, Found):
        return Answered(outcome=found)
    if given.command is not None and not _fits(given.command, found.request):
        return Answered(outcome=OtherCommand(command=found.request.command))
    if not _in_charge(conn, found, settings):
        return Answered(outcome=NotInCharge())
    if address_key(found.holder) != address_key(given.by):
        _logger.info(
            "key used from another address", holder=found.holder, sender=given.by
        )
    if given.verb is Verb.NOTE and given.text:
        decisions.note(conn, found.request.id, given.text, by=found.holder, how="mail")
        return Answered(outcome=Noted(request=found.request))
    decision = _decision(found, given)
    if decision is None:
        return Answered(outcome=NotUnderstood(action=found.action))
    return _decide(conn, found, decision, given=given, settings=settings)


def reply_to_us(
    conn: "psycopg.Connection[Any]",
    headers: Headers,
    body: bytes,
    *,
    by: str,
    domain: str,
    settings: Settings,
    quiet: bool = False,
) -> Answered | None:
    """Do what a reply to our mail says and tell its sender; None if it is not one.

    `domain` is where it came in: answers to keys that open nothing come from there.
    Nothing is told with `quiet`, nor to what came over a list (RFC 3834 §2).
    """
    read = reply.read(headers, body)
    if read is None:
        return None
    given = Answer(
        key=read.key,
        verb=read.verb,
        by=by,
        text=read.text,
        written=read.written,
        plain=True,
    )
    answered = answer(conn, given, settings=settings)
    if quiet or screening.unanswerable(headers):
        return answered
    told = _tell(conn, answered, given=given, domain=domain, settings=settings)
    return Answered(outcome=answered.outcome, items=(*answered.items, *told))


def _in_charge(
    conn: "psycopg.Connection[Any]", found: Found, settings: Settings
) -> bool:
    """Whether the holder of a key may still decide; one's own request stays one's own."""
    return found.action == "confirm" or people.may_decide(
        conn,
        found.request,
        found.holder,
        site_listmaster=settings.site.listmaster,
    )


def _tell(
    conn: "psycopg.Connection[Any]",
    answered: Answered,
    *,
    given: Answer,
    domain: str,
    settings: Settings,
) -> tuple[NewItem, ...]:
    outcome = answered.outcome
    if isinstance(outcome, Decided | AlreadyDecided):
        return to_deciders.report(conn, outcome, to=given.by, settings=settings)
    return to_deciders.say(
        conn,
        Place(domain=domain, language=settings.site.language),
        outcome.sentence,
        to=given.by,
        about=given.written,
        done=answered.done,
        settings=settings,
    )


def _decide(
    conn: "psycopg.Connection[Any]",
    found: Found,
    decision: Decision,
    *,
    given: Answer,
    settings: Settings,
) -> Answered:
    wanted = Decision(
        action=decision.action,
        allow=decision.allow,
        block=decision.block,
        topics=decision.topics,
        reason=given.text,
        quiet=given.quiet,
    )
    try:
        # A savepoint: what cannot be done has not been decided either.
        with conn.transaction():
            outcome = decisions.decide(
                conn,
                found.request.id,
                wanted,
                by=found.holder,
                how="mail",
                settings=settings,
            )
    except UsageError as error:
        return Answered(outcome=Impossible(sentence=sentence_of(error)))
    items = outcome.items if isinstance(outcome, Decided) else ()
    return Answered(outcome=outcome, items=items)


def _decision(found: Found, given: Answer) -> Decision | None:
    """Return what an answer decides, None for nothing that is understood."""
    request = found.request
    if found.action == "confirm" and request.topic_choices and given.verb is None:
        chosen = _topics(request, given.written)
        return Decision(action=Action.CONFIRM, topics=chosen) if chosen else None
    if found.action == "confirm" and given.plain and not given.written:
        return Decision(action=Action.CONFIRM)
    if given.verb is Verb.CONFIRM and given.command is not None:
        approve = found.action == "decide"
        return Decision(action=Action.APPROVE if approve else Action.CONFIRM)
    return _DECISIONS[found.action].get(given.verb) if given.verb else None


def _topics(request: Request, written: str) -> tuple[str, ...]:
    """Return the topics that somebody names on a line."""
    words = set(written.casefold().replace(",", " ").split())
    names = (choice.partition(":")[0].strip() for choice in request.topic_choices)
    return tuple(name for name in names if name.casefold() in words)


#: What an owner is told to write for what somebody else has asked for.
_OWNERS_WORDS = {"subscribe": "ADD", "signoff": "DEL"}


def _fits(command: str, request: Request) -> bool:
    """Whether a command is the one that waits, or does the same."""
    fitting = [request.command]
    if request.kind in _OWNERS_WORDS:
        owners = (_OWNERS_WORDS[request.kind], request.list_name, request.person)
        fitting.append(" ".join(owners))
    return _words(command, request) in [_words(each, request) for each in fitting]


def _words(command: str, request: Request) -> list[str]:
    """Return the words of a command, its list without the domain."""
    names = {request.address: request.list_name}
    return [names.get(word, word) for word in command.casefold().split()]
