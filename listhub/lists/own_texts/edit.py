"""Texts of a level are listed, opened, saved by the version seen, and taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from listhub.config import Settings
from listhub.lists import file_versions, files
from listhub.lists.file_versions import Current
from listhub.lists.files import DbFiles, FileVersion, Level
from listhub.lists.options import How
from listhub.lists.own_texts import kinds
from listhub.lists.own_texts.kinds import KINDS, Form, Kind
from listhub.lists.own_texts.preview import check
from listhub.lists.paging import SIZE, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file that a text can have, and where what is in force comes from."""

    kind: Kind
    language: str
    form: Form
    #: family, list, domain, site; "" is ListHub's own, or nothing.
    source: str
    #: Whether the level itself has it, since which version, and by whom.
    own: bool
    version: int
    changed_by: str
    changed_at: datetime | None


def overview(conn: "psycopg.Connection[Any]", level: Level) -> tuple[Entry, ...]:
    """Return all texts of a level in their order, those of no file too; two statements.

    Of files that no level has, only the first form for everybody is there.
    """
    of_level = [
        kind
        for kind in KINDS.values()
        if level.scope != "list" or not kind.of_domain_only
    ]
    paths = [path for kind in of_level for path in kind.paths()]
    found = DbFiles(conn, list_id=level.list_id, domain_id=level.domain_id)
    found.fetch(paths)
    own = file_versions.newest(conn, paths, level=level)
    entries = []
    for kind in of_level:
        for language in kind.languages:
            for form in kind.forms:
                path = kind.path(language=language, form=form)
                there, mine = found.find(path), own.get(path)
                if there or mine or (form == "text" and not language):
                    entries.append(
                        Entry(
                            kind=kind,
                            language=language,
                            form=form,
                            source=there.source if there else "",
                            own=bool(mine and mine.present),
                            version=mine.version if mine else 0,
                            changed_by=mine.changed_by if mine else "",
                            changed_at=mine.changed_at if mine else None,
                        )
                    )
    return tuple(entries)


def opened(
    conn: "psycopg.Connection[Any]",
    name: str,
    *,
    level: Level,
    language: str = "",
    form: Form = "text",
) -> Current:
    """Return a text as it stands at a level; SaidError if there is no such text."""
    path = kinds.kind(name).path(language=language, form=form)
    return file_versions.current(conn, path, level=level)


def save(
    conn: "psycopg.Connection[Any]",
    name: str,
    content: str | None,
    *,
    level: Level,
    expected: int,
    site: Settings,
    actor: str,
    how: How,
    language: str = "",
    form: Form = "text",
) -> int:
    """Save a text, or with None take the level's own away; return the version.

    SaidError for a text that cannot be used, StaleError if another version than
    `expected` is there by now.
    """
    kind = kinds.kind(name)
    path = kind.path(language=language, form=form)
    if content is not None:
        content = content.replace("\r\n", "\n")
        check(conn, kind, content, level=level, site=site, language=language, form=form)
    return files.write(
        conn, path, content, level=level, actor=actor, expected=expected, how=how
    )


def history(
    conn: "psycopg.Connection[Any]",
    name: str,
    *,
    level: Level,
    language: str = "",
    form: Form = "text",
    cursor: str = "",
    size: int = SIZE,
) -> Page[FileVersion]:
    """Return a page of the versions of a text, the newest first."""
    path = kinds.kind(name).path(language=language, form=form)
    return file_versions.versions(conn, path, level=level, cursor=cursor, size=size)


def revert(
    conn: "psycopg.Connection[Any]",
    name: str,
    version: int,
    *,
    level: Level,
    expected: int,
    site: Settings,
    actor: str,
    how: How,
    language: str = "",
    form: Form = "text",
) -> int:
    """Save an older version anew; errors as `save`, UsageError for no such version."""
    path = kinds.kind(name).path(language=language, form=form)
    old = file_versions.version(conn, path, version, level=level)
    return save(
        conn,
        name,
        old.content,
        level=level,
        expected=expected,
        site=site,
        actor=actor,
        how=how,
        language=language,
        form=form,
    )
