"""A list is brought in step with what its family makes of it.

Settings are a level of their own.  People and sources are compared with what the family
made of the list before: only what it says otherwise now is changed, so an owner who
gave the role back is not made one again by the next change of a subject.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

from listhub.lists import catalogue, grants, settings
from listhub.lists.catalogue import ListRow
from listhub.lists.families import level
from listhub.lists.families.document import Family, FamilySource
from listhub.lists.families.register import Kept
from listhub.lists.families.rendered import Rendered
from listhub.lists.sources import register, rounds
from listhub.lists.sources.sealing import Sealing
from listhub.lists.sources.source import Role, Source
from listhub.mail.address import key


def bring(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    kept: Kept,
    *,
    before: Rendered,
    now: Rendered,
    actor: str,
) -> tuple[str, ...]:
    """Make of a list what its family says; return the own settings that had to go.

    UsageError for a source that cannot be; the caller undoes the rest then.
    """
    settings.set_values(
        conn,
        scope="family",
        list_id=found.id,
        changes=now.settings,
        changed_by=actor,
        replace=True,
    )
    _people(conn, found, before.people, now.people, actor=actor)
    _sources(conn, found, kept, before.sources, now.sources, actor=actor)
    return _own(conn, found, kept.family, actor=actor)


def _own(
    conn: "psycopg.Connection[Any]", found: ListRow, family: Family, *, actor: str
) -> tuple[str, ...]:
    """Take from a list the values of its own that the family no longer allows."""
    newest = settings.history(conn, scope="list", list_id=found.id, limit=1)
    gone = tuple(level.forbidden(family.locked, newest[0].values if newest else {}))
    if gone:
        catalogue.change_settings(conn, found, dict.fromkeys(gone), actor=actor)
    return gone


def _people(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    before: Mapping[tuple[Role, str], str],
    now: Mapping[tuple[Role, str], str],
    *,
    actor: str,
) -> None:
    for kind in ("owner", "moderator"):
        added = {each for each in now.keys() - before.keys() if each[0] == kind}
        gone = {each for each in before.keys() - now.keys() if each[0] == kind}
        if not added and not gone:
            continue
        here = {key(each) for each in grants.holders(conn, found.id, kind=kind)}
        name = found.address
        for who in sorted(added):
            if who[1] not in here:
                grants.grant(
                    conn, found.id, now[who], kind=kind, name=name, actor=actor
                )
        for who in sorted(gone):
            if who[1] in here:
                grants.revoke(
                    conn, found.id, before[who], kind=kind, name=name, actor=actor
                )


def _sources(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    kept: Kept,
    before: Mapping[tuple[Role, str], FamilySource],
    now: Mapping[tuple[Role, str], FamilySource],
    *,
    actor: str,
) -> None:
    changed = {which for which in now if now[which] != before.get(which)}
    gone = before.keys() - now.keys()
    if not changed and not gone:
        return
    here = {
        (each.role, each.name): each
        for each in rounds.sources(conn, found.id, "member", "owner", "moderator")
    }
    for which in sorted(gone & here.keys()):
        register.remove(conn, found, here[which], keep=False, actor=actor)
    for which in sorted(changed):
        _put_source(
            conn,
            found,
            now[which],
            here.get(which),
            sealing=kept.sealing,
            actor=actor,
        )


def _put_source(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    wanted: FamilySource,
    here: Source | None,
    *,
    sealing: Sealing | None,
    actor: str,
) -> None:
    if here is not None and here.kind != wanted.kind:
        register.remove(conn, found, here, keep=False, actor=actor)
        here = None
    if here is None:
        register.add(
            conn,
            found,
            role=wanted.role,
            kind=wanted.kind,
            name=wanted.name,
            fields=wanted.fields,
            ttl=wanted.every,
            actor=actor,
            sealing=sealing,
        )
        return
    cleared = dict.fromkeys(here.config.keys() - wanted.fields.keys(), "")
    register.change(
        conn,
        found,
        here,
        fields={**cleared, **wanted.fields},
        ttl=wanted.every,
        actor=actor,
        sealing=sealing,
    )
