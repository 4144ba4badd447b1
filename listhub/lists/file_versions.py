"""A file of one level as somebody edits it: what is there, its history, and back again.

Footers, welcomes, scenarios, the blocklist: all are files (see `files`), so all are
looked at, compared and taken back alike.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import files, paging
from listhub.lists.files import FileVersion, Level
from listhub.lists.paging import Page
from listhub.policy.library import Found

_AT_LEVEL = """
  FROM custom_file
 WHERE path = %(path)s AND scope = %(scope)s
   AND domain_id IS NOT DISTINCT FROM %(domain_id)s
   AND list_id IS NOT DISTINCT FROM %(list_id)s
   AND family IS NOT DISTINCT FROM %(family)s
"""
_VERSIONS = f"""
SELECT id AS version, content, changed_by, changed_at {_AT_LEVEL}
   AND (%(key)s::bigint IS NULL OR CASE WHEN %(back)s THEN id > %(key)s
                                        ELSE id < %(key)s END)
 ORDER BY CASE WHEN %(back)s THEN id ELSE -id END LIMIT %(limit)s
"""
_ONE = f"""
SELECT id AS version, content, changed_by, changed_at {_AT_LEVEL}
   AND id = %(version)s
"""
# Of a level, the newest of each path.
_NEWEST = """
SELECT DISTINCT ON (path) path, id AS version, content IS NOT NULL AS present,
       changed_by, changed_at
  FROM custom_file
 WHERE path = ANY(%(paths)s) AND scope = %(scope)s
   AND domain_id IS NOT DISTINCT FROM %(domain_id)s
   AND list_id IS NOT DISTINCT FROM %(list_id)s
   AND family IS NOT DISTINCT FROM %(family)s
 ORDER BY path, id DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """A file as an editor shows it: the level's own, and what is in force."""

    path: str
    #: None: the level has none of its own.
    content: str | None
    #: What is given back on saving; 0: there never was one.
    version: int
    changed_by: str
    changed_at: datetime | None
    #: What counts for this level: its own, or that of a level above; None: nothing.
    in_force: Found | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """That a level has, or had, a file of its own."""

    path: str
    version: int
    present: bool
    changed_by: str
    changed_at: datetime


def level_of_list(list_id: int, address: str) -> Level:
    """Return the level of a list's own files."""
    return Level(scope="list", list_id=list_id, name=address)


def current(conn: "psycopg.Connection[Any]", path: str, *, level: Level) -> Current:
    """Return a file as it stands at a level; UsageError for what is no path."""
    files.check(path, None)
    newest = next(iter(files.history(conn, path, level=level, limit=1)), None)
    return Current(
        path=path,
        content=newest.content if newest else None,
        version=newest.version if newest else 0,
        changed_by=newest.changed_by if newest else "",
        changed_at=newest.changed_at if newest else None,
        in_force=files.read(
            conn, path, list_id=level.list_id, domain_id=level.domain_id
        ),
    )


def newest(
    conn: "psycopg.Connection[Any]", paths: Sequence[str], *, level: Level
) -> dict[str, Newest]:
    """Return which of these files a level has, or had, of its own; one statement."""
    values = {**files.columns(level), "paths": list(paths)}
    cursor = conn.cursor(row_factory=class_row(Newest))
    return {one.path: one for one in cursor.execute(_NEWEST, values)}


def versions(
    conn: "psycopg.Connection[Any]",
    path: str,
    *,
    level: Level,
    cursor: str = "",
    size: int = paging.SIZE,
) -> Page[FileVersion]:
    """Return a page of the versions of a file, the newest first."""
    files.check(path, None)
    place, size = paging.read(cursor, (int,)), paging.bounded(size)
    values = {
        **files.columns(level),
        "path": path,
        "key": place.key[0] if place else None,
        "back": bool(place and place.back),
        "limit": size + 1,
    }
    rows = conn.cursor(row_factory=class_row(FileVersion)).execute(
        _VERSIONS.encode(), values
    )
    return paging.cut(
        rows.fetchall(), size=size, cursor=place, key=lambda one: (one.version,)
    )


def version(
    conn: "psycopg.Connection[Any]", path: str, number: int, *, level: Level
) -> FileVersion:
    """Return one version of a file at a level; UsageError if there is none."""
    files.check(path, None)
    values = {**files.columns(level), "path": path, "version": number}
    cursor = conn.cursor(row_factory=class_row(FileVersion))
    found = cursor.execute(_ONE.encode(), values).fetchone() if number > 0 else None
    if found is None:
        raise UsageError(f"There is no version {number} of {shown(path)[1:-1]}.")
    return found


def difference(old: str | None, new: str | None) -> tuple[str, ...]:
    """Return the lines that differ, each after ` `, `-` or `+`, with three around."""
    lines = difflib.unified_diff(
        (old or "").splitlines(), (new or "").splitlines(), lineterm="", n=3
    )
    return tuple(line for line in lines if not line.startswith(("---", "+++")))


def revert(
    conn: "psycopg.Connection[Any]",
    path: str,
    number: int,
    *,
    level: Level,
    actor: str,
    expected: int | None = None,
    how: str = "",
) -> int:
    """Write an older version anew and return the number of the new one.

    StaleError as `files.write`; UsageError for a version that there is not.
    """
    old = version(conn, path, number, level=level)
    return files.write(
        conn,
        path,
        old.content,
        level=level,
        actor=actor,
        expected=expected,
        how=how,
    )
