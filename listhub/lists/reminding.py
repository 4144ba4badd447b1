"""Reminders: members are told once in a period that they are such, and how to leave.

A list's periods begin on the day on which it was founded, and every so many months
after that.  Its members are reminded within a week of such a day, some thousand in one
transaction, which also notes how far it came: nobody is reminded twice, whatever dies.

A reminder leaves as posts do: one message for many, filled in for each recipient, with
a reverse-path of their own.  What comes back of them counts like any other bounce, so
that lists without posts find out as well who is not there any more.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

import psycopg

from listhub.config import Settings
from listhub.delivery import copies
from listhub.delivery.outgoing import NewOutgoing, Recipient, send_out
from listhub.delivery.treatment import Treatment
from listhub.i18n.languages import best_language
from listhub.lists import posting
from listhub.lists.by_setting import having
from listhub.lists.composing import Plan
from listhub.lists.notices import place as places, send
from listhub.lists.notices.memberships import REMIND, Reminder
from listhub.lists.notices.notice import Place
from listhub.lists.notices.render import RenderedMail, render
from listhub.lists.notices.words import Fault, nothing_own
from listhub.lists.reception_words import word_for
from listhub.lists.settings import load_list_settings
from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.owner_text import OwnerTextError
from listhub.mail.transforms import list_headers
from listhub.spool.items import NewItem

#: Members who are reminded in one transaction.
AT_ONCE = 5000

#: `outgoing.mode` of reminders, and their priority: posts go before them.
MODE = "remind"
PRIORITY = 8

#: Months between two reminders, by what lists set.
MONTHS: Mapping[str, int] = {
    "monthly": 1,
    "2month": 2,
    "3month": 3,
    "4month": 4,
    "6month": 6,
    "9month": 9,
    "yearly": 12,
}
#: What has not been sent after so many days is left: a job was paused for long.
_LATE = 7

# The last day on which a period of so many `months` began, if one ever did.
_PERIOD = """
SELECT (made + make_interval(months => times * months))::date AS day
  FROM (SELECT made, (extract(year FROM age(today, made)) * 12
                      + extract(month FROM age(today, made)))::int / months AS times
          FROM (SELECT list.created_at AT TIME ZONE 'UTC' AS made,
                       now() AT TIME ZONE 'UTC' AS today) AS times) AS counted
 WHERE times > 0
"""
_IN_TIME = f"period.day > (now() AT TIME ZONE 'UTC')::date - {_LATE}"
_CADENCES = ", ".join(f"('{word}', {months})" for word, months in MONTHS.items())
#: The open lists of which members are to be reminded now.
DUE = f"""
SELECT list.id, list.address AS name
  FROM ({having("remind_task")}) AS list
  JOIN (VALUES {_CADENCES}) AS cadence (word, months) ON to_jsonb(word) = list.value
 CROSS JOIN LATERAL ({_PERIOD}) AS period
 WHERE list.status = 'open' AND {_IN_TIME}
   AND NOT EXISTS (SELECT FROM reminder_round AS round
                    WHERE round.list_id = list.id AND round.period = period.day
                      AND round.ended_at IS NOT NULL)
"""  # noqa: S608 - put together from constants
_BEGIN = f"""
INSERT INTO reminder_round (list_id, period, trace)
SELECT list.id, period.day, %(trace)s
  FROM mailing_list AS list
 CROSS JOIN (SELECT %(months)s::int AS months) AS cadence
 CROSS JOIN LATERAL ({_PERIOD}) AS period
 WHERE list.id = %(list_id)s AND {_IN_TIME}
    ON CONFLICT (list_id, period) DO NOTHING
"""  # noqa: S608 - put together from constants
# What was begun too long ago is let be.
_LOCK = f"""
SELECT day, trace, after
  FROM (SELECT period AS day, trace, after, ended_at FROM reminder_round
         WHERE list_id = %s ORDER BY period DESC LIMIT 1 FOR UPDATE) AS period
 WHERE ended_at IS NULL AND {_IN_TIME}
"""  # noqa: S608 - put together from constants
# Who suspended their mail is not written to, nor who gets none of the domain's.
_NEXT = """
SELECT person.id, person.address, subscription.id,
       (place.domain || ' '
        || left(person.address_key, -length(place.domain) - 1)) COLLATE "C",
       coalesce(person.language, ''), subscription.reception, subscription.own_posts,
       coalesce(subscription.suspended_at <= now(), false)
       AND coalesce(subscription.suspended_until > now(), true)
       OR EXISTS (SELECT FROM suppression
                   WHERE suppression.domain_id = %(domain_id)s
                     AND suppression.address_key = person.address_key)
  FROM subscription JOIN person ON person.id = subscription.person_id
       CROSS JOIN LATERAL (SELECT split_part(person.address_key, '@', -1)) place (domain)
 WHERE subscription.list_id = %(list_id)s AND subscription.person_id > %(after)s
 ORDER BY subscription.person_id LIMIT %(limit)s
"""
_GO_ON = """
UPDATE reminder_round
   SET after = %(after)s, reminded = reminded + %(reminded)s,
       ended_at = CASE WHEN %(ended)s THEN clock_timestamp() END
 WHERE list_id = %(list_id)s AND period = %(period)s
"""
# The newest periods are what keeps anybody from being reminded again.
_PURGE = """
DELETE FROM reminder_round
 WHERE period < (now() AT TIME ZONE 'UTC')::date - greatest(%s, 31)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """What one transaction did: how many are reminded, and whether these were the last."""

    people: int
    ended: bool
    items: tuple[NewItem, ...] = ()


class _Member(NamedTuple):
    """A member, with the words that are the same in the mails of many."""

    language: str
    word: str
    recipient: Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    conn: "psycopg.Connection[Any]"
    plan: Plan
    place: Place
    trace: uuid.UUID


def remind(
    conn: "psycopg.Connection[Any]",
    list_id: int,
    *,
    settings: Settings,
    limit: int = AT_ONCE,
) -> Reminded:
    """Remind the next members of a list, at most `limit`, if its period says so.

    The items are to be put in the same transaction.
    """
    row = posting.find_list(conn, list_id)
    place = places.of_list(conn, list_id, settings=settings)
    if row is None or place is None or row.status != "open":
        return Reminded(people=0, ended=True)
    wanted = load_list_settings(conn, list_id)
    months = MONTHS.get(wanted.remind_task)
    if months is None:
        return Reminded(people=0, ended=True)
    opening = {"trace": uuid.uuid4(), "list_id": list_id, "months": months}
    conn.execute(_BEGIN.encode(), opening)
    found = conn.execute(_LOCK.encode(), [list_id]).fetchone()
    if found is None:
        return Reminded(people=0, ended=True)
    period, trace, after = found
    asked = {"list_id": list_id, "domain_id": row.domain_id, "after": after}
    rows = conn.execute(_NEXT, {**asked, "limit": limit}).fetchall()
    plan = Plan(
        row=row, settings=wanted, site=settings, message_id="", author="", sequence=0
    )
    desk = _Desk(conn=conn, plan=plan, place=place, trace=trace)
    members = list(_members(rows, place))
    items = tuple(_send(desk, members))
    ended = len(rows) < limit
    how_far = {
        "list_id": list_id,
        "period": period,
        "after": rows[-1][0] if rows else after,
        "reminded": len(members),
        "ended": ended,
    }
    conn.execute(_GO_ON, how_far)
    return Reminded(people=len(members), ended=ended, items=items)


def purge(conn: "psycopg.Connection[Any]", *, days: int) -> int:
    """Forget rounds of periods that began longer ago than so many days; return how many."""
    return conn.execute(_PURGE, [days]).rowcount


def _members(rows: Sequence[Sequence[Any]], place: Place) -> Iterator[_Member]:
    for _, address, subscription, key, language, reception, own_posts, silent in rows:
        if not silent:
            yield _Member(
                best_language(language, place.language),
                word_for(reception, own_posts=own_posts),
                Recipient(address, subscription, key),
            )


def _send(desk: _Desk, members: Sequence[_Member]) -> Iterator[NewItem]:
    """Make one message for all whose mail differs in no more than is filled in."""

    def alike(member: _Member) -> tuple[str, str]:
        return member.language, member.word

    for (language, word), group in groupby(sorted(members, key=_order), key=alike):
        recipients = [member.recipient for member in group]
        treatment = _treatment(desk.plan, language)
        mail = _mail(desk, treatment, language=language, word=word)
        yield from send_out(
            desk.conn,
            NewOutgoing(
                trace=desk.trace,
                message_id=mail.message_id,
                head=mail.raw,
                bounce_address=f"{desk.place.list}-owner@{desk.place.domain}",
                list_id=desk.place.list_id,
                mode=MODE,
                priority=PRIORITY,
                treatment=treatment,
            ),
            verp=recipients,
            verp_count=len(recipients),
            rules=desk.plan.site.packets,
        ).items


def _order(member: _Member) -> tuple[str, str, str]:
    return member.language, member.word, member.recipient.key


def _treatment(plan: Plan, language: str) -> Treatment:
    return Treatment(
        personalise="all",
        list_address=plan.row.address,
        web_url=plan.site.web.url,
        language=language,
        one_click=plan.one_click,
        sign=plan.row.domain,
    )


def _mail(
    desk: _Desk, treatment: Treatment, *, language: str, word: str
) -> RenderedMail:
    """Return the mail with blanks to be filled in; without owners' words that cannot be."""
    # What the list is about is no template.
    place = replace(desk.place, list_subject=desk.place.list_subject.replace("{", "("))
    values = Reminder(
        person="{{user.email}}", since="{{user.subscribed}}", reception=word
    )
    own = send.own_texts(desk.conn, desk.place)
    for texts in (own, nothing_own):
        mail = render(
            REMIND,
            values,
            place=place,
            # Whoever answers reaches those in charge, and not the list.
            to=place.owners,
            language=language,
            own=texts,
            trace=desk.trace,
        )
        send.tell_faults(desk.conn, mail.faults, place=desk.place, trace=desk.trace)
        headers = Headers.parse(mail.raw)
        draft = Draft(headers=headers, body=mail.raw[headers.body_offset :])
        list_headers.apply(draft, desk.plan.context)
        try:
            copies.rehearse(draft, treatment)
        except OwnerTextError as error:
            fault = Fault(path=f"mail_tt2/{REMIND.name}", problem=str(error))
            send.tell_faults(desk.conn, [fault], place=desk.place, trace=desk.trace)
            continue
        return replace(mail, raw=draft.to_bytes())
    raise AssertionError("the words of ours can be filled in")
