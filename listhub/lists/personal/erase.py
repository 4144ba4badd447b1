"""Erase a person: everything that is theirs goes, and a report says what and where.

One transaction: it is done, or nothing is.  It can be done again, and has to be where
the report names what was under way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.archive import store
from listhub.lists import audit
from listhub.lists.personal import gather, subject
from listhub.lists.personal.place import Place, names_octets
from listhub.lists.personal.places import PLACES
from listhub.spool import bodies

_ARCHIVED = """
SELECT list_id, array_agg(id ORDER BY id) FROM archive_message
 WHERE lower(author) = ANY (%(forms)s) GROUP BY list_id ORDER BY list_id
"""
_ORPHANED = """
SELECT list.address FROM role JOIN mailing_list AS list ON list.id = role.list_id
 WHERE role.person_id = %(number)s AND role.kind = 'owner' AND list.status <> 'closed'
   AND NOT EXISTS (SELECT FROM role AS other
         WHERE other.list_id = list.id AND other.kind = 'owner'
           AND other.person_id <> role.person_id)
 ORDER BY list.address
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What was done in one place: how many rows, what they were, and why."""

    table: str
    deed: str
    rows: int
    about: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What erasing did; `pseudonym` is what stands for the person from now on."""

    address: str
    pseudonym: str
    lines: tuple[Line, ...]
    #: Lists that nobody owns any more.
    without_owner: tuple[str, ...]

    @property
    def erased(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.deed != "keep")

    @property
    def kept(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.deed == "keep")


def erase(
    conn: "psycopg.Connection[Any]", address: str, *, actor: str, dry_run: bool = False
) -> Report:
    """Erase all that is theirs; with `dry_run` only say what would be done.

    UsageError if the address is none.  Somebody of whom nothing is stored gives a
    report without lines.
    """
    who = subject.find(conn, address)
    pseudonym = subject.make_pseudonym()
    values = who.values(pseudonym)
    with conn.transaction(force_rollback=dry_run):
        gather.person(conn, values)
        without_owner = tuple(row[0] for row in conn.execute(_ORPHANED, values))
        lines = [_do(conn, place, values) for place in PLACES]
        lines.append(_forget_bodies(conn, values))
        report = Report(
            address=who.address,
            pseudonym=pseudonym,
            lines=tuple(line for line in lines if line.rows),
            without_owner=without_owner,
        )
        if report.erased:
            _note(conn, report, actor=actor)
    return report


def _do(
    conn: "psycopg.Connection[Any]", place: Place, values: Mapping[str, object]
) -> Line:
    if place.by_code:
        rows = _unarchive(conn, values)
    else:
        query = place.statement(with_name=values["name"] is not None)
        # All of it is ours: tables and columns of `places`, no values.
        rows = conn.execute(query, values).rowcount
    return Line(
        table=place.table,
        deed=place.deed,
        rows=rows,
        about=place.about,
        why=place.why,
    )


def _unarchive(conn: "psycopg.Connection[Any]", values: Mapping[str, object]) -> int:
    """Take their posts out of all archives, lists in order: writers wait in no ring."""
    found = conn.execute(_ARCHIVED, values).fetchall()
    return sum(store.remove(conn, list_id=number, ids=ids) for number, ids in found)


def _forget_bodies(
    conn: "psycopg.Connection[Any]", values: Mapping[str, object]
) -> Line:
    """Delete the bytes that those rows named, and young ones that nobody names."""
    theirs = [row[0] for row in conn.execute("SELECT id FROM erased_body")]
    condition = names_octets("content")
    theirs += bodies.unnamed(conn, condition, values)
    return Line(
        table="body",
        deed="delete",
        rows=bodies.forget(conn, theirs),
        about="mail by them, for them or about them",
        why="nothing else refers to it",
    )


def _note(conn: "psycopg.Connection[Any]", report: Report, *, actor: str) -> None:
    rows: dict[str, int] = {}
    for line in report.erased:
        rows[line.table] = rows.get(line.table, 0) + line.rows
    # The actor may be whoever was erased.
    by = report.pseudonym if report.address.lower() in actor.lower() else actor
    audit.note(
        conn, actor=by, action="person.erase", subject=report.pseudonym, detail=rows
    )
