"""Send a notice: to whom, in which language, and whether at all.

    items = send(conn, WELCOME, Membership(person=address), to=[address],
                 place=place, settings=settings, trace=trace)

The items are for the caller to emit, in the transaction that made the notice due.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import psycopg

from listhub import log
from listhub.config import Settings
from listhub.delivery.outgoing import NewOutgoing, send_out, to_people
from listhub.delivery.treatment import Treatment
from listhub.i18n.languages import best_language
from listhub.lists import files
from listhub.lists.notices import guards, waiting
from listhub.lists.notices.guards import Answered
from listhub.lists.notices.notice import Audience, Notice, Place
from listhub.lists.notices.render import Original, RenderedMail, render
from listhub.lists.notices.to_listmasters import TT2_ERROR, Trouble
from listhub.lists.notices.to_owners import TEMPLATE_BROKEN, BrokenFile
from listhub.lists.notices.words import Fault, Own
from listhub.mail.address import key, parse_addr_spec
from listhub.spool.items import NewItem

V = TypeVar("V")

#: A text that cannot be used is told of once in this time.
_FAULT_AGAIN = timedelta(days=1)

_LANGUAGES = """
SELECT address_key, language FROM person
 WHERE address_key = ANY(%s) AND language IS NOT NULL
"""

_logger = log.get(__name__)


def send(
    conn: "psycopg.Connection[Any]",
    notice: Notice[V],
    values: V,
    *,
    to: Sequence[str],
    place: Place,
    settings: Settings,
    trace: uuid.UUID,
    language: str | None = None,
    attached: Sequence[bytes] = (),
    answered: Answered | None = None,
    status: str = "",
    diagnostic: str = "",
) -> tuple[NewItem, ...]:
    """Send a notice to people; return the items to emit, none if nobody is written to.

    `answered` is the mail that is answered or reported on, `attached` are messages.
    Whoever is a program, one of our own addresses, or has had
    `site.answers_per_day` answers today is left out, and the log says why.
    """
    people = _people(conn, notice, to, settings=settings, answered=answered)
    original = Original(
        recipient=answered.recipient if answered else "",
        message_id=answered.message_id if answered else "",
        header=answered.headers.to_bytes() if answered and notice.status else b"",
        status=status,
        diagnostic=diagnostic,
    )
    items: list[NewItem] = []
    own = own_texts(conn, place)
    for chosen, addresses, header_to in _mails(
        conn, notice, people, place=place, language=language
    ):
        mail = render(
            notice,
            values,
            place=place,
            to=header_to,
            language=chosen,
            own=own,
            attached=attached,
            original=original,
            trace=trace,
        )
        items += _out(
            conn, notice, mail, addresses, place=place, settings=settings, trace=trace
        )
        tell_faults(conn, mail.faults, place=place, trace=trace)
    return tuple(items)


def _people(
    conn: "psycopg.Connection[Any]",
    notice: Notice[Any],
    to: Sequence[str],
    *,
    settings: Settings,
    answered: Answered | None,
) -> list[str]:
    """Return who is written to; an answer that is held back is logged."""
    people = [each for each in dict.fromkeys(to) if parse_addr_spec(each) is not None]
    is_answer = notice.auto_submitted == "auto-replied"
    if is_answer and answered is not None:
        why = guards.silent(answered, report=bool(notice.status))
        if why:
            _logger.info("not answered", notice=notice.name, why=why)
            return []
    own = guards.ours(conn, people) if people else set()
    left = [each for each in people if each not in own]
    if is_answer:
        left = [each for each in left if not guards.is_robot(each)]
        limit = settings.site.answers_per_day
        left = guards.within_limit(conn, left, limit=limit) if left else []
    if len(left) < len(people):
        _logger.info(
            "not written to", notice=notice.name, addresses=sorted({*people} - {*left})
        )
    return left


def _mails(
    conn: "psycopg.Connection[Any]",
    notice: Notice[Any],
    people: Sequence[str],
    *,
    place: Place,
    language: str | None,
) -> Iterator[tuple[str, list[str], str]]:
    """Give for each mail its language, its recipients, and what To says."""
    chosen: dict[str, list[str]] = {}
    known = {} if language else languages(conn, people)
    for each in people:
        wished = language or known.get(key(each))
        chosen.setdefault(best_language(wished, place.language), []).append(each)
    for name, addresses in chosen.items():
        role = _role(notice, place)
        if role:
            yield name, addresses, role
        else:
            yield from ((name, [each], each) for each in addresses)


def languages(
    conn: "psycopg.Connection[Any]", addresses: Sequence[str]
) -> dict[str, str]:
    """Return the languages that people have chosen, by the keys of their addresses."""
    rows = conn.execute(_LANGUAGES, [[key(each) for each in addresses]])
    return dict(rows.fetchall())


def _role(notice: Notice[Any], place: Place) -> str:
    """Return the address that stands for those who share a role, "" for a person."""
    return {
        Audience.MODERATORS: place.moderators,
        Audience.OWNERS: place.owners,
        Audience.LISTMASTERS: place.listmasters,
    }.get(notice.audience, "")


def _out(
    conn: "psycopg.Connection[Any]",
    notice: Notice[Any],
    mail: RenderedMail,
    addresses: Sequence[str],
    *,
    place: Place,
    settings: Settings,
    trace: uuid.UUID,
) -> tuple[NewItem, ...]:
    return send_out(
        conn,
        NewOutgoing(
            trace=trace,
            message_id=mail.message_id,
            head=mail.raw,
            bounce_address="",  # RFC 3834 §3.3, RFC 5321 §4.5.5
            list_id=place.list_id,
            mode="dsn" if notice.status else "notice",
            treatment=Treatment(sign=place.domain),
        ),
        plain=to_people(addresses),
        rules=settings.packets,
    ).items


def own_texts(conn: "psycopg.Connection[Any]", place: Place) -> Own:
    """Return what finds the texts that the owners, or those above them, have written."""

    def own(path: str) -> str | None:
        found = files.read(conn, path, list_id=place.list_id, domain_id=place.domain_id)
        return found.content if found else None

    return own


def tell_faults(
    conn: "psycopg.Connection[Any]",
    faults: Sequence[Fault],
    *,
    place: Place,
    trace: uuid.UUID,
) -> None:
    """Let the owners know of a text of theirs that cannot be used, once a day."""
    for fault in faults:
        _logger.warning("own text not usable", path=fault.path, why=fault.problem)
        broken: tuple[Notice[Any], object] = (
            (TEMPLATE_BROKEN, BrokenFile(path=fault.path, problem=fault.problem))
            if place.list_id
            else (TT2_ERROR, Trouble(what=fault.path, problem=fault.problem))
        )
        waiting.put(conn, *broken, place=place, trace=trace, unless_within=_FAULT_AGAIN)
