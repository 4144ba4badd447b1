"""Members are added, changed and removed by owners, with a result for each address.

One that cannot be helped keeps back no other.  Who adds whom is asked of the scenarios
before; here it is done.  The items of greetings are for the caller to put.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from listhub.config import Settings
from listhub.i18n.text import N_, Text
from listhub.lists import audit, files, greetings, member_import, options
from listhub.lists.greetings import Desk, Items
from listhub.lists.list_settings import ListSettings
from listhub.lists.member_import import MEMBER
from listhub.lists.member_row import Row, make_row
from listhub.lists.options import Changes, How
from listhub.lists.posting import ListRow
from listhub.lists.roster.preview import reason_of
from listhub.lists.said import SaidError, sentence_of
from listhub.lists.sources import excluding
from listhub.lists.subscribing import Newcomer
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.encoded_words import safe
from listhub.policy import filters
from listhub.policy.library import FILTERS

State = Literal["added", "already", "removed", "changed", "same", "refused"]

#: Addresses of one order; more are a file (see `preview`).
MOST = 1000
#: So many people are greeted at once: each greeting is a mail of its own.
MOST_GREETED = 200

TOO_MANY = N_("These are %(number)s addresses; at most %(most)s go at once.")
TOO_MANY_GREETED = N_(
    "At most %(most)s people are written to at once; add or remove more without a mail."
)
_ADDED = N_("%(address)s is now a member.")
_ALREADY = N_("%(address)s is a member already.")
_REFUSED = N_("%(address)s %(why)s.")
_REMOVED = N_("%(address)s is no longer a member.")
_NO_MEMBER = N_("%(address)s is not a member.")
_CHANGED = N_("The options of %(address)s are changed.")
_SAME = N_("The options of %(address)s are so already.")
_WAS_EXCLUDED = N_("Sources had been told not to add this address; now they may.")
_SUPPRESSED = N_("No list here writes to this address: %(why)s.")
_BLOCKED = N_("This address is on the blocklist.")

_WARNINGS = """
SELECT asked.key,
       EXISTS (SELECT FROM exclusion
                WHERE list_id = %(list_id)s AND address_key = asked.key),
       (SELECT why FROM suppression
         WHERE domain_id = %(domain_id)s AND address_key = asked.key)
  FROM unnest(%(keys)s::text[]) AS asked (key)
"""
_REMOVE = """
DELETE FROM subscription USING person
 WHERE person.id = subscription.person_id
   AND subscription.list_id = %(list_id)s AND person.address_key = ANY(%(keys)s)
RETURNING person.address_key, person.address
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one address; `notes` are what its owner should know besides."""

    address: str
    state: State
    text: Text
    notes: tuple[Text, ...] = ()

    @property
    def done(self) -> bool:
        """Whether it is now as it was to be, by this order or before."""
        return self.state != "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The results in the order of the addresses, and the items to put."""

    results: tuple[Result, ...]
    items: Items = ()

    def count(self, state: State) -> int:
        """Return how many addresses came to a state."""
        return sum(one.state == state for one in self.results)


def add(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    newcomers: Sequence[Newcomer],
    *,
    settings: ListSettings,
    site: Settings,
    actor: str,
    how: How,
    greet: bool = False,
) -> Outcome:
    """Make people members; with `greet` each is told.

    SaidError for too many at once; UsageError for a closed list.
    """
    _check_number(newcomers, greet=greet)
    rows = [_row(n, one, settings) for n, one in enumerate(newcomers, start=1)]
    warnings = _warnings(conn, row, [one.key for one in rows if one.key])
    with conn.transaction(), member_import.stage(iter(rows), found=row) as staged:
        report = member_import.apply(
            conn,
            staged,
            found=row,
            actor=actor,
            partial=True,
            most=settings.max_members,
            detail=_detail(newcomers, how),
        )
    reasons = {line: reason for line, _, reason in report.refused}
    results = [_added(one, reasons.get(one.line), warnings) for one in rows]
    came = [one.address for one in results if one.state == "added"] if greet else []
    desk = Desk(conn=conn, settings=site, trace=uuid.uuid4())
    items = [i for who in came for i in greetings.joined(desk, row, who, by=actor)]
    return Outcome(results=tuple(results), items=tuple(items))


def remove(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    addresses: Sequence[str],
    *,
    site: Settings,
    actor: str,
    how: How,
    greet: bool = False,
) -> Outcome:
    """End memberships; no source begins them again.  With `greet` each is told."""
    _check_number(addresses, greet=greet)
    keys = sorted({key(one) for one in addresses if parse_addr_spec(one.strip())})
    excluding.exclude(conn, row.id, keys)
    gone = dict(conn.execute(_REMOVE, {"list_id": row.id, "keys": keys}).fetchall())
    audit.note_each(
        conn,
        actor=actor,
        action="member.del",
        subject=row.address,
        list_id=row.id,
        details=[{"address": gone[each], "how": how} for each in sorted(gone)],
    )
    desk = Desk(conn=conn, settings=site, trace=uuid.uuid4())
    told = [gone[each] for each in sorted(gone)] if greet else []
    items = [i for who in told for i in greetings.left(desk, row, who, by=actor)]
    left = dict(gone)
    results = [_removed(one, left.pop(key(one), None)) for one in addresses]
    return Outcome(results=tuple(results), items=tuple(items))


def change(
    conn: "psycopg.Connection[Any]",
    row: ListRow,
    addresses: Sequence[str],
    changes: Changes,
    *,
    settings: ListSettings,
    actor: str,
    how: How,
) -> Outcome:
    """Change the options of members; owners may set what members may not choose."""
    _check_number(addresses, greet=False)

    def one(address: str) -> Result:
        done = options.change(
            conn,
            row,
            address,
            changes,
            settings=settings,
            actor=actor,
            how=how,
            any_reception=True,
        )
        text = Text(_CHANGED if done else _SAME, address=_shown(address))
        return Result(address=address, state="changed" if done else "same", text=text)

    return Outcome(results=tuple(_each(conn, address, one) for address in addresses))


def _each(
    conn: "psycopg.Connection[Any]", address: str, do: Callable[[str], Result]
) -> Result:
    """Do something for one address in a savepoint: a refusal is a result."""
    try:
        with conn.transaction():
            return do(address)
    except SaidError as error:
        return Result(address=address, state="refused", text=sentence_of(error))


def _check_number(asked: Sequence[object], *, greet: bool) -> None:
    if len(asked) > MOST:
        raise SaidError(TOO_MANY, number=len(asked), most=MOST)
    if greet and len(asked) > MOST_GREETED:
        raise SaidError(TOO_MANY_GREETED, most=MOST_GREETED)


def _row(number: int, newcomer: Newcomer, settings: ListSettings) -> Row:
    concealed = {True: "yes", False: "no", None: ""}[newcomer.concealed]
    fields = {
        "address": newcomer.address,
        "name": safe(newcomer.name),
        "reception": newcomer.reception or "",
        "concealed": concealed,
    }
    return make_row(number, fields, settings)


def _detail(newcomers: Sequence[Newcomer], how: How) -> Mapping[str, object]:
    """Return what the audit says; of somebody alone, who it is."""
    alone = {"address": newcomers[0].address.strip()} if len(newcomers) == 1 else {}
    return {**alone, "how": how}


def _added(
    row: Row, reason: str | None, warnings: Mapping[str, tuple[Text, ...]]
) -> Result:
    notes = warnings.get(row.key, ())
    address = row.address
    if reason is None:
        text = Text(_ADDED, address=address)
        return Result(address=address, state="added", text=text, notes=notes)
    if reason == MEMBER:
        text = Text(_ALREADY, address=address)
        return Result(address=address, state="already", text=text, notes=notes)
    why = row.said or reason_of(reason)
    text = Text(_REFUSED, address=address, why=why)
    return Result(address=address, state="refused", text=text, notes=notes)


def _removed(address: str, gone: str | None) -> Result:
    if gone is None:
        text = Text(_NO_MEMBER, address=_shown(address))
        return Result(address=address, state="refused", text=text)
    return Result(address=gone, state="removed", text=Text(_REMOVED, address=gone))


def _warnings(
    conn: "psycopg.Connection[Any]", row: ListRow, keys: Sequence[str]
) -> Mapping[str, tuple[Text, ...]]:
    """Return by key what owners should know of the addresses that they add."""
    values = {"list_id": row.id, "domain_id": row.domain_id, "keys": list(keys)}
    blocklists = files.read_all(conn, f"{FILTERS}/{filters.BLOCKLIST}", list_id=row.id)
    blocked = [one.content for one in blocklists]
    found = {}
    for address, excluded, suppressed in conn.execute(_WARNINGS, values).fetchall():
        notes = (
            Text(_WAS_EXCLUDED) if excluded else None,
            Text(_SUPPRESSED, why=suppressed) if suppressed else None,
            Text(_BLOCKED) if filters.matches(blocked, [address]) else None,
        )
        found[address] = tuple(note for note in notes if note)
    return found


def _shown(address: str) -> str:
    return safe(address)[:200]
