"""One list of a family: made in it, brought into it, changed, and let go again."""

from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from listhub.errors import UsageError
from listhub.lists import audit, catalogue, settings
from listhub.lists.catalogue import ListRow
from listhub.lists.families import given as givens, pattern as patterns, register
from listhub.lists.families.bringing import bring
from listhub.lists.families.given import Given
from listhub.lists.families.register import Kept
from listhub.lists.families.rendered import NOTHING, Rendered, render

_OF_LIST = """
SELECT family, given, version, problem, automatic FROM family_list WHERE list_id = %s
"""
_LOCK = f"{_OF_LIST} FOR UPDATE"
_INSERT = """
INSERT INTO family_list (list_id, family, given, version, tried, automatic)
VALUES (%(list_id)s, %(family)s, %(given)s, %(version)s, %(version)s, %(automatic)s)
"""
_JOINED = """
UPDATE mailing_list SET family = %(family)s, dormant = %(automatic)s
 WHERE id = %(list_id)s
"""
_CHANGE = """
UPDATE family_list SET given = %(given)s, version = %(version)s, tried = %(version)s,
       problem = NULL
 WHERE list_id = %(list_id)s
"""
_LEAVE = """
WITH gone AS (DELETE FROM family_list WHERE list_id = %(list_id)s)
UPDATE mailing_list SET family = NULL, dormant = false WHERE id = %(list_id)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A list in its family; `version` is the family's that it follows."""

    family: str
    given: Given
    version: int
    problem: str | None
    automatic: bool


def of_list(conn: "psycopg.Connection[Any]", list_id: int) -> Instance | None:
    """Return what a list is in its family, None outside of families."""
    return _read(conn, list_id, _OF_LIST)


def make(
    conn: "psycopg.Connection[Any]",
    kept: Kept,
    address: str,
    given: Given,
    *,
    actor: str,
    automatic: bool = False,
) -> ListRow:
    """Make a list in a family and return it; one that is automatic sleeps at first.

    UsageError for what `catalogue.create_list` refuses, and for values that break the
    family's rules.  The caller holds the family, by `register.use`.
    """
    found = catalogue.create_list(conn, address, actor=actor)
    return join(conn, kept, found, given, actor=actor, automatic=automatic)


def join(
    conn: "psycopg.Connection[Any]",
    kept: Kept,
    found: ListRow,
    given: Given,
    *,
    actor: str,
    automatic: bool = False,
) -> ListRow:
    """Bring a list into a family; UsageError if it is in one, or breaks its rules."""
    _check_domain(kept, found)
    if (other := of_list(conn, found.id)) is not None:
        raise UsageError(
            f"The list {found.address} is of the family {other.family} already."
        )
    given = complete(kept, found, given)
    now = render(kept.family, given)
    values = {
        "list_id": found.id,
        "family": kept.name,
        "given": Jsonb(given.document()),
        "version": kept.version,
        "automatic": automatic,
    }
    conn.execute(_INSERT, values)
    conn.execute(_JOINED, values)
    bring(conn, found, kept, before=NOTHING, now=now, actor=actor)
    _note(conn, found, kept.name, action="family.join", actor=actor)
    return found


def change(
    conn: "psycopg.Connection[Any]",
    kept: Kept,
    found: ListRow,
    given: Given,
    *,
    actor: str,
) -> tuple[str, ...] | None:
    """Change a list's line in its family; None if it was so already.

    Returns the own settings of the list that had to go.  UsageError for values that
    break the rules: the list stays as it was.
    """
    instance = _read(conn, found.id, _LOCK)
    if instance is None or instance.family != kept.name:
        raise UsageError(f"The list {found.address} is not of the family {kept.name}.")
    given = complete(kept, found, given)
    now = render(kept.family, given)
    if given == instance.given and instance.version == kept.version:
        return None
    before = made_of(conn, kept, instance)
    gone = bring(conn, found, kept, before=before, now=now, actor=actor)
    values = {"given": Jsonb(given.document()), "version": kept.version}
    conn.execute(_CHANGE, {**values, "list_id": found.id})
    _note(conn, found, kept.name, action="family.change", actor=actor)
    return gone


def leave(conn: "psycopg.Connection[Any]", found: ListRow, *, actor: str) -> None:
    """Let a list leave its family; its settings in force become its own."""
    instance = _read(conn, found.id, _LOCK)
    if instance is None:
        raise UsageError(f"The list {found.address} is of no family.")
    levels = settings.load_levels(conn, found.id)
    conn.execute(_LEAVE, {"list_id": found.id})
    for scope, values in (
        ("family", {}),
        ("list", {**levels["family"], **levels["list"]}),
    ):
        settings.set_values(
            conn,
            scope=scope,  # type: ignore[arg-type]
            list_id=found.id,
            changes=values,
            changed_by=actor,
            replace=True,
        )
    _note(conn, found, instance.family, action="family.leave", actor=actor)


def complete(kept: Kept, found: ListRow, given: Given) -> Given:
    """Return what is given with the fields that follow from the list's name."""
    name, _, domain = found.address.partition("@")
    of_name: dict[str, str] = {}
    if kept.family.pattern:
        of_name = patterns.parse(kept.family.pattern).read(name) or {}
    whole = replace(
        given,
        fields={**of_name, **given.fields, **givens.always(name, domain)},
        settings=settings.check_level(given.settings),
    )
    return givens.of_document(whole.document())


def made_of(
    conn: "psycopg.Connection[Any]", kept: Kept, instance: Instance
) -> Rendered:
    """Return what its family made of a list when it last followed."""
    family = register.at_version(conn, kept, instance.version)
    try:
        return render(family, instance.given)
    except UsageError:
        # Of a release that allowed more; what it gave then stays.
        return NOTHING


def _read(conn: "psycopg.Connection[Any]", list_id: int, query: str) -> Instance | None:
    row = conn.execute(query.encode(), [list_id]).fetchone()
    if row is None:
        return None
    return Instance(
        family=row[0],
        given=givens.of_document(row[1]),
        version=row[2],
        problem=row[3],
        automatic=row[4],
    )


def _check_domain(kept: Kept, found: ListRow) -> None:
    if kept.domain_id not in {None, found.domain_id}:
        raise UsageError(
            f"Lists of the family {kept.name} are in {kept.family.domain};"
            f" {found.address} is not."
        )


def _note(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    family: str,
    *,
    action: str,
    actor: str,
) -> None:
    audit.note(
        conn,
        actor=actor,
        action=action,
        subject=found.address,
        list_id=found.id,
        detail={"family": family},
    )
