"""All lists of a person in one page: how they get them, and what they may do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg

from listhub import clock
from listhub.config import Settings
from listhub.errors import TemporaryError
from listhub.lists import attributes, options, topics
from listhub.lists.attributes import Attribute
from listhub.lists.list_settings import ListSettings
from listhub.lists.may import Case, Judge, Visitor
from listhub.lists.options import Changes, How, Options
from listhub.lists.posting import ListRow
from listhub.lists.settings import LEVELS, levels_of, settings_of
from listhub.lists.topics import Topic
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.encoded_words import safe
from listhub.outside.answers import Ask
from listhub.policy.request import Auth

#: now: at once; confirm: by mail; owners: they have to agree; no: nobody leaves.
Leaving = Literal["now", "confirm", "owners", "no"]

#: Lists of one person that are shown at once.
MOST = 500

_ROWS = f"""
SELECT l.id, l.name, domain.name, l.sequence, l.status, l.domain_id, l.family,
       l.family IS NOT NULL OR EXISTS (
           SELECT FROM custom_file WHERE custom_file.list_id = l.id),
       subscription.subscribed,
       ARRAY(SELECT kind FROM role
              WHERE role.list_id = l.id AND role.person_id = person.id ORDER BY kind),
       subscription.id, person.id, person.address, person.display_name,
       person.language, subscription.reception, subscription.own_posts,
       subscription.concealed, subscription.suspended_at, subscription.suspended_until,
       subscription.topics, subscription.attributes, subscription.created_at,
       {LEVELS}
  FROM person JOIN subscription ON subscription.person_id = person.id
  JOIN mailing_list AS l ON l.id = subscription.list_id
  JOIN domain ON domain.id = l.domain_id
 WHERE person.address_key = %(key)s AND l.status = 'open'
   AND (%(domain_id)s::bigint IS NULL OR l.domain_id = %(domain_id)s)
   AND (%(list_id)s::bigint IS NULL OR l.id = %(list_id)s)
   AND l.address > %(after)s
 ORDER BY l.address LIMIT %(most)s
"""  # noqa: S608 - constants
_LEVELS_FROM = 23

_OPERATIONS = ("unsubscribe", "review", "archive_web_access")
_LEAVING: dict[str, Leaving] = {
    "do_it": "now",
    "request_auth": "confirm",
    "owner": "owners",
    "listmaster": "owners",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """One membership as its person sees it."""

    row: ListRow
    subject: str
    options: Options
    #: What they may choose: receptions, topics, and the list's questions.
    receptions: tuple[str, ...]
    topics: tuple[Topic, ...]
    attributes: tuple[Attribute, ...]
    #: owner, moderator.
    roles: tuple[str, ...]
    #: Whether only a source gave them: who leaves is not brought back.
    from_source: bool
    leaving: Leaving
    may_review: bool
    may_read_archive: bool
    #: In which days of the list begin.
    timezone: str = "UTC"
    #: False: the list's settings are broken just now; nothing can be changed.
    usable: bool = True

    @property
    def suspended(self) -> bool:
        """Whether they get nothing now."""
        now, until = clock.now(), self.options.suspended_until
        since = self.options.suspended_at
        return since is not None and since <= now and (until is None or until > now)


def memberships(
    conn: "psycopg.Connection[Any]",
    ask: Ask,
    address: str,
    *,
    auth: Auth,
    settings: Settings,
    domain_id: int | None = None,
    list_id: int | None = None,
    after: str = "",
    most: int = MOST,
) -> tuple[Mine, ...]:
    """Return a person's memberships of open lists, by list; a few statements for all.

    Only those of lists with addresses behind `after`, at most so many.

    May raise `Unanswered`.
    """
    if parse_addr_spec(address.strip()) is None:
        return ()
    values = {
        "key": key(address),
        "domain_id": domain_id,
        "list_id": list_id,
        "after": safe(after),
        "most": min(most, MOST),
    }
    rows = conn.execute(_ROWS, values).fetchall()
    judge = Judge(conn, ask, Visitor(sender=address, auth=auth), settings=settings)
    found = [(row, _case(row)) for row in rows]
    judge.expect(
        [case for _, case in found if case],
        _OPERATIONS,
    )
    return tuple(_mine(row, case, judge) for row, case in found)


def change_all(
    conn: "psycopg.Connection[Any]",
    address: str,
    changes: Changes,
    *,
    actor: str,
    how: How,
    domain_id: int | None = None,
) -> int:
    """Change reception, visibility or suspension on all lists of a person.

    Return on how many something is otherwise; a list that cannot is left as it is.
    """
    if parse_addr_spec(address.strip()) is None:
        return 0
    values = {
        "key": key(address),
        "domain_id": domain_id,
        "list_id": None,
        "after": "",
        "most": MOST,
    }
    changed = 0
    for row in conn.execute(_ROWS, values).fetchall():
        case = _case(row)
        if case is None or not _fits(changes, case.settings):
            continue
        changed += bool(
            options.change(
                conn,
                case.row,
                address,
                changes,
                settings=case.settings,
                actor=actor,
                how=how,
            )
        )
    return changed


def suspend_all(
    conn: "psycopg.Connection[Any]",
    address: str,
    *,
    since: datetime,
    until: datetime | None,
    actor: str,
    how: How,
) -> int:
    """Let no list write to a person for a while; return how many lists that concerns."""
    changes = Changes(suspended=True, since=since, until=until)
    return change_all(conn, address, changes, actor=actor, how=how)


def resume_all(
    conn: "psycopg.Connection[Any]", address: str, *, actor: str, how: How
) -> int:
    """Let all lists write to a person again; return how many lists that concerns."""
    return change_all(conn, address, Changes(suspended=False), actor=actor, how=how)


def _fits(changes: Changes, settings: ListSettings) -> bool:
    return changes.reception is None or changes.reception in options.allowed(settings)


def _list_row(row: Sequence[Any]) -> ListRow:
    return ListRow(
        id=row[0],
        name=row[1],
        domain=row[2],
        sequence=row[3],
        status=row[4],
        domain_id=row[5],
        family=row[6],
    )


def _case(row: Sequence[Any]) -> Case | None:
    """Return a list as scenarios are asked about it; None if its settings are broken."""
    try:
        its_own = settings_of(levels_of(row[_LEVELS_FROM:]), list_id=row[0])
    except TemporaryError:
        return None
    return Case(row=_list_row(row), settings=its_own, own_files=row[7])


def _mine(row: Sequence[Any], case: Case | None, judge: Judge) -> Mine:
    settings = case.settings if case else ListSettings()
    does = {each: case and judge.decide(case, each).action for each in _OPERATIONS}
    found = _list_row(row)
    return Mine(
        row=found,
        subject=settings.subject,
        options=_options(row, found),
        receptions=options.allowed(settings),
        topics=topics.of_list(settings),
        attributes=attributes.of_list(settings),
        roles=tuple(row[9]),
        from_source=not row[8],
        leaving=_LEAVING.get(does["unsubscribe"] or "", "no"),
        may_review=does["review"] == "do_it",
        may_read_archive=settings.archive and does["archive_web_access"] == "do_it",
        timezone=settings.timezone,
        usable=case is not None,
    )


def _options(row: Sequence[Any], found: ListRow) -> Options:
    return Options(
        id=row[10],
        list_id=found.id,
        list_address=found.address,
        person_id=row[11],
        address=row[12],
        name=row[13],
        language=row[14],
        reception=row[15],
        own_posts=row[16],
        concealed=row[17],
        suspended_at=row[18],
        suspended_until=row[19],
        topics=row[20],
        attributes=row[21],
        since=row[22],
    )
