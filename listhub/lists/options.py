"""What a member has chosen: reception, visibility, pauses, topics, attributes.

Used by mail commands, the web UI and the REST API alike: they say who changes and how.
Setting what is so already changes nothing and leaves no trace in the audit.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from listhub.config.fields import shown
from listhub.i18n.text import N_
from listhub.lists import attributes as attribute_rules, audit, topics as topic_rules
from listhub.lists.list_settings import ListSettings
from listhub.lists.posting import ListRow
from listhub.lists.said import SaidError
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.receptions import RECEPTIONS

How = Literal["mail", "web", "api", "cli", "clock"]

#: What people may choose, as the setting `receptions` names it: `not_me` is `each`
#: without their own posts.
NOT_ME = "not_me"

NO_MEMBER = N_("%(address)s is not a member of %(list)s.")
NO_RECEPTION = N_("%(reception)s is not a way to get posts.")
OTHER_RECEPTION = N_(
    "%(list)s does not send posts as %(reception)s; choose among %(choices)s."
)
CHANGED_MEANWHILE = N_(
    "The options on %(list)s were changed meanwhile; nothing was changed. Look again."
)
NO_FIRST_DAY = N_("From when on? A suspension needs its first day.")
ENDS_FIRST = N_("A suspension must end after it begins.")
NO_TOPIC = N_("%(topic)s is not a topic of the list; choose among %(choices)s.")
NO_TOPICS = N_("%(topic)s is not a topic of the list; it has none.")

_OPTIONS = """
SELECT subscription.id, person.id AS person_id, person.address,
       person.display_name AS name, person.language, subscription.reception,
       subscription.own_posts, subscription.concealed, subscription.suspended_at,
       subscription.suspended_until, subscription.topics, subscription.attributes,
       subscription.created_at AS since, list.address AS list_address, list.id AS list_id
  FROM subscription
  JOIN person ON person.id = subscription.person_id
  JOIN mailing_list AS list ON list.id = subscription.list_id
"""
_FIND = f"""{_OPTIONS}
 WHERE subscription.list_id = %s AND person.address_key = %s
"""
_LOCK = f"{_FIND} FOR NO KEY UPDATE OF subscription"
_OF_PERSON = f"""{_OPTIONS}
 WHERE person.address_key = %s AND list.domain_id = %s AND list.status = 'open'
 ORDER BY list.address
"""
_CHANGE = """
UPDATE subscription
   SET reception = %(reception)s, own_posts = %(own_posts)s, concealed = %(concealed)s,
       suspended_at = %(suspended_at)s, suspended_until = %(suspended_until)s,
       topics = %(topics)s, attributes = %(attributes)s, changed_at = now()
 WHERE id = %(id)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One membership with all that belongs to it."""

    id: int
    list_id: int
    list_address: str
    person_id: int
    address: str
    name: str
    language: str | None
    reception: str
    own_posts: bool
    concealed: bool
    suspended_at: datetime | None
    suspended_until: datetime | None
    topics: list[str]
    attributes: dict[str, Any]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be otherwise; None leaves an option as it is."""

    #: One of `RECEPTIONS`, or not_me.
    reception: str | None = None
    #: Whether they get their own posts; a reception of `each` or not_me says it too.
    own_posts: bool | None = None
    concealed: bool | None = None
    topics: tuple[str, ...] | None = None
    #: By their ids; an empty text removes one, others stay.
    attributes: Mapping[str, str] | None = None
    #: True: no mail for a while; False: mail again.
    suspended: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


def find(conn: "psycopg.Connection[Any]", list_id: int, address: str) -> Options | None:
    """Return a person's membership of a list, or None."""
    return _one(conn, _FIND, list_id, address)


def of_person(
    conn: "psycopg.Connection[Any]", address: str, *, domain_id: int
) -> list[Options]:
    """Return a person's memberships of the open lists of a domain, by list."""
    if parse_addr_spec(address) is None:
        return []
    cursor = conn.cursor(row_factory=class_row(Options))
    return cursor.execute(_OF_PERSON, [key(address), domain_id]).fetchall()


def change(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    address: str,
    changes: Changes,
    *,
    settings: ListSettings,
    actor: str,
    how: How,
    any_reception: bool = False,
    expected: str = "",
) -> Mapping[str, tuple[object, object]]:
    """Change a member's options; return what was changed, by column: before and after.

    UsageError for who is no member, and for what the list does not have; owners may set
    receptions that members may not choose, with `any_reception`.  With `expected`, what
    `mark` said of the options that were looked at, later changes by others are not
    undone: SaidError.
    """
    before = _one(conn, _LOCK, row.id, address)
    if before is None:
        raise SaidError(NO_MEMBER, address=shown(address)[1:-1], list=row.address)
    if not any_reception:
        _check_reception(_chosen(changes), settings, row)
    after = dataclasses.replace(before, **_columns(changes, before, settings))
    changed = {
        field.name: (getattr(before, field.name), getattr(after, field.name))
        for field in dataclasses.fields(Options)
        if getattr(before, field.name) != getattr(after, field.name)
    }
    if changed:
        if expected and expected != mark(before):
            raise SaidError(CHANGED_MEANWHILE, list=row.address)
        values = dataclasses.asdict(after)
        conn.execute(_CHANGE, values | {"attributes": Jsonb(after.attributes)})
        audit.note(
            conn,
            actor=actor,
            action="member.set",
            subject=row.address,
            list_id=row.id,
            detail={"address": before.address, "how": how, "changes": _told(changed)},
        )
    return changed


def mark(found: Options) -> str:
    """Return a short text that is another one once anything of it was changed."""
    chosen = (
        *(found.id, found.reception, found.own_posts, found.concealed),
        *(found.suspended_at, found.suspended_until),
        *(sorted(found.topics), sorted(found.attributes.items())),
    )
    written = "\0".join(
        each.astimezone(UTC).isoformat() if isinstance(each, datetime) else repr(each)
        for each in chosen
    )
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def allowed(settings: ListSettings) -> tuple[str, ...]:
    """Return the receptions that members may choose, none without digests."""
    digests = {"digest", "digest_text", "index"} if not settings.digest_days else set()
    return tuple(mode for mode in settings.receptions if mode not in digests)


def _columns(
    changes: Changes, before: Options, settings: ListSettings
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if changes.reception is not None:
        columns |= _reception(changes.reception)
    if changes.own_posts is not None:
        columns["own_posts"] = changes.own_posts
    if changes.concealed is not None:
        columns["concealed"] = changes.concealed
    if changes.topics is not None:
        columns["topics"] = _topics(changes.topics, settings)
    if changes.attributes is not None:
        columns["attributes"] = attribute_rules.merged(
            before.attributes, changes.attributes, settings
        )
    if changes.suspended is not None:
        columns |= _suspension(changes, before)
    return columns


def _reception(wanted: str) -> dict[str, object]:
    if wanted == NOT_ME:
        return {"reception": "each", "own_posts": False}
    if wanted not in RECEPTIONS:
        raise SaidError(NO_RECEPTION, reception=shown(wanted))
    return {"reception": wanted} | ({"own_posts": True} if wanted == "each" else {})


def _chosen(changes: Changes) -> str | None:
    """Return the reception as the setting `receptions` names it."""
    without = changes.own_posts is False and changes.reception in {None, "each"}
    return NOT_ME if without else changes.reception


def _check_reception(wanted: str | None, settings: ListSettings, row: ListRow) -> None:
    choices = allowed(settings)
    if wanted is not None and wanted not in choices:
        raise SaidError(
            OTHER_RECEPTION,
            list=row.address,
            reception=shown(wanted)[1:-1],
            choices=", ".join(choices),
        )


def _suspension(changes: Changes, before: Options) -> dict[str, object]:
    if not changes.suspended:
        return {"suspended_at": None, "suspended_until": None}
    since = changes.since or before.suspended_at
    if since is None:
        raise SaidError(NO_FIRST_DAY)
    if changes.until is not None and changes.until <= since:
        raise SaidError(ENDS_FIRST)
    return {"suspended_at": since, "suspended_until": changes.until}


def _topics(wanted: tuple[str, ...], settings: ListSettings) -> list[str]:
    known = [topic.name for topic in topic_rules.of_list(settings)]
    if known:
        known.append(topic_rules.OTHER)
    for name in wanted:
        if name not in known:
            if not known:
                raise SaidError(NO_TOPICS, topic=shown(name))
            raise SaidError(NO_TOPIC, topic=shown(name), choices=", ".join(known))
    return [name for name in known if name in wanted]


def _one(
    conn: "psycopg.Connection[Any]", query: str, list_id: int, address: str
) -> Options | None:
    # The database would choke on a NUL; nobody has such an address.
    if parse_addr_spec(address) is None:
        return None
    cursor = conn.cursor(row_factory=class_row(Options))
    return cursor.execute(query.encode(), [list_id, key(address)]).fetchone()


def _told(changed: Mapping[str, tuple[object, object]]) -> dict[str, list[object]]:
    return {
        name: [
            value.isoformat() if isinstance(value, datetime) else value
            for value in values
        ]
        for name, values in changed.items()
    }
