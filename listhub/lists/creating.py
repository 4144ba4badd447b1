"""A person asks for a list: the scenario create_list makes it, or has listmasters decide.

A list that waits is there already, pending, with its settings and its owner; nobody can
write to it.  A listmaster's word in the queue opens it, or closes it for good.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_, Text
from listhub.lists import audit, catalogue, grants
from listhub.lists.authorise import authorise
from listhub.lists.list_kinds import KINDS
from listhub.lists.list_settings import ListSettings
from listhub.lists.moderation.hold import Asking, hold_request
from listhub.lists.options import How
from listhub.lists.said import SaidError
from listhub.mail.address import key
from listhub.mail.recipient import valid_list_name
from listhub.outside.answers import Ask
from listhub.policy import reasons
from listhub.policy.decision import Decision
from listhub.policy.request import Auth
from listhub.spool.items import NewItem

#: Lists of one person that may wait at once: each takes a name away.
MOST_WAITING = 5
LONGEST_SUBJECT, LONGEST_ABOUT = 200, 2000

WRONG_NAME = N_(
    "A list cannot be called “%(name)s”: the name is letters, digits and . + _ -, begins"
    " with a letter or digit, and is not that of another address of the site."
)
TAKEN = N_("The name %(list)s is taken.")
NO_DOMAIN = N_("Lists cannot be made in %(domain)s.")
NO_SUBJECT = N_("Say in a few words what the list is about.")
TOO_LONG = N_("This is longer than %(most)s characters.")
NO_KIND = N_("There is no such kind of list.")
WAITING_ALREADY = N_(
    "%(most)s lists of yours wait for a listmaster already; ask for more once they are"
    " decided."
)
_REFUSED = N_("%(why)s")

_DOMAIN = "SELECT id FROM domain WHERE name = %s"
_THERE = "SELECT EXISTS (SELECT FROM mailing_list WHERE address = %s)"
_WAITING = """
SELECT count(*) FROM request
 WHERE kind = 'create_list' AND state = 'waiting' AND author_key = %s
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('create_list/' || %s, 0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The list that somebody would have."""

    name: str
    domain: str
    subject: str
    kind: str = "discussion"
    #: For the listmasters: what it is for.
    about: str = ""

    @property
    def address(self) -> str:
        return f"{self.name.strip().lower()}@{self.domain}"


class WrongWishError(SaidError):
    """A wish that cannot be; `problems` says of each field why."""

    def __init__(self, problems: Mapping[str, Text]) -> None:
        first = next(iter(problems.values()))
        super().__init__(_REFUSED, why=first)
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, how that is known, and by which door."""

    conn: "psycopg.Connection[Any]"
    settings: Settings
    ask: Ask
    address: str
    auth: Auth
    how: How
    trace: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of it; `items` are the mail that goes out for it."""

    state: Literal["made", "waits"]
    address: str
    items: tuple[NewItem, ...] = ()


def outlook(asker: Asker, domain: str) -> Decision:
    """Return what the scenario says about lists in a domain; SaidError without one."""
    return authorise(
        asker.conn,
        asker.ask,
        operation="create_list",
        list_row=None,
        domain_id=_domain_id(asker, domain),
        sender=asker.address,
        auth=asker.auth,
        settings=asker.settings,
    )


def create(asker: Asker, wish: Wish) -> Answer:
    """Make a list, or have it wait for a listmaster, as the scenario says.

    WrongWishError for what cannot be, SaidError with the scenario's reason for who may
    not.  Whoever asks becomes its privileged owner.  May raise `Unanswered`.
    """
    decision = outlook(asker, wish.domain)
    if decision.action == "reject":
        said = reasons.sentence(reason=decision.reason, template=decision.template)
        raise SaidError(said)
    _check(asker, wish)
    waits = not decision.allowed
    if waits:
        _check_waiting(asker)
    made = catalogue.create_list(
        asker.conn,
        wish.address,
        actor=asker.address,
        status="pending" if waits else "open",
    )
    values = {**KINDS[wish.kind].values, "subject": wish.subject.strip()}
    catalogue.change_settings(asker.conn, made, values, actor=asker.address)
    _own(asker, made)
    if not waits:
        return Answer(state="made", address=made.address)
    return Answer(
        state="waits", address=made.address, items=_hold(asker, wish, made, decision)
    )


def _own(asker: Asker, made: catalogue.ListRow) -> None:
    grants.grant(
        asker.conn,
        made.id,
        asker.address,
        kind="owner",
        name=made.address,
        actor=asker.address,
        profile="privileged",
        how=asker.how,
    )


def _hold(
    asker: Asker, wish: Wish, made: catalogue.ListRow, decision: Decision
) -> tuple[NewItem, ...]:
    audit.note(
        asker.conn,
        actor=asker.address,
        action="list.ask",
        subject=made.address,
        list_id=made.id,
        detail={"how": asker.how, "kind": wish.kind},
    )
    about = "\n\n".join(filter(None, (wish.subject.strip(), wish.about.strip())))
    return hold_request(
        asker.conn,
        Asking(
            kind="create_list",
            waits_for="listmasters",
            person=asker.address,
            author=asker.address,
            command=f"CREATE {made.address}",
            why=decision.rule.text if decision.rule else "",
            trace=asker.trace,
            detail={"about": about, "kind": wish.kind},
        ),
        list_id=made.id,
        domain_id=made.domain_id,
        list_settings=ListSettings(),
        settings=asker.settings,
    ).items


def _check(asker: Asker, wish: Wish) -> None:
    problems: dict[str, Text] = {}
    name = wish.name.strip().lower()
    if not valid_list_name(name):
        problems["name"] = Text(WRONG_NAME, name=name[:80])
    elif asker.conn.execute(_THERE, [wish.address]).fetchone() == (True,):
        problems["name"] = Text(TAKEN, list=wish.address)
    if not wish.subject.strip() or not wish.subject.isprintable():
        problems["subject"] = Text(NO_SUBJECT)
    elif len(wish.subject) > LONGEST_SUBJECT:
        problems["subject"] = Text(TOO_LONG, most=LONGEST_SUBJECT)
    if len(wish.about) > LONGEST_ABOUT:
        problems["about"] = Text(TOO_LONG, most=LONGEST_ABOUT)
    if wish.kind not in KINDS:
        problems["kind"] = Text(NO_KIND)
    if problems:
        raise WrongWishError(problems)


def _check_waiting(asker: Asker) -> None:
    """Refuse more than a few that wait; of two at once the second one counts the first."""
    asker.conn.execute(_LOCK, [key(asker.address)])
    row = asker.conn.execute(_WAITING, [key(asker.address)]).fetchone()
    if row and row[0] >= MOST_WAITING:
        raise SaidError(WAITING_ALREADY, most=MOST_WAITING)


def _domain_id(asker: Asker, domain: str) -> int:
    row = asker.conn.execute(_DOMAIN, [domain]).fetchone()
    if row is None:
        raise SaidError(NO_DOMAIN, domain=domain[:100])
    return int(row[0])
