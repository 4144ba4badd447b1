"""Files of a family, a list, a domain and the site: scenarios, filters, texts.

Paths are those of Sympa's directories: scenari/send.private, search_filters/blocklist.txt,
mail_tt2/welcome, message_footer.  Each change is a new row; nothing is overwritten, and a
row without content says that the file is gone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.lists import audit
from listhub.lists.stale import StaleError
from listhub.policy.grammar import parse
from listhub.policy.library import SCENARIOS, Found

Scope = Literal["site", "domain", "family", "list"]

#: The nearest first, as Sympa searches.
LEVELS: tuple[Scope, ...] = ("family", "list", "domain", "site")
LONGEST = 500_000

_PATH = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,99}/){0,3}[A-Za-z0-9_][\w.:@-]{0,99}"
)

# A family may stand in one domain or in all; that of the domain comes first.
_PLACE = """
WITH place AS (
  SELECT list.id AS list_id, coalesce(list.family, %(family)s::text) AS family,
         coalesce(list.domain_id, %(domain_id)s::bigint) AS domain_id
    FROM (SELECT) AS one
    LEFT JOIN mailing_list AS list ON list.id = %(list_id)s)
SELECT DISTINCT ON (file.path, file.scope, file.domain_id)
       file.path, file.scope, file.domain_id IS NULL AS everywhere, file.content
  FROM custom_file AS file, place
 WHERE {which}
   AND CASE file.scope
       WHEN 'site' THEN true
       WHEN 'domain' THEN file.domain_id = place.domain_id
       WHEN 'list' THEN file.list_id = place.list_id
       ELSE file.family = place.family
            AND (file.domain_id IS NULL OR file.domain_id = place.domain_id) END
 ORDER BY file.path, file.scope, file.domain_id, file.id DESC
"""
_BY_PATH = _PLACE.format(which="file.path = ANY(%(paths)s)")
_BY_FOLDER = _PLACE.format(which="starts_with(file.path, %(folder)s)")
_INSERT = """
INSERT INTO custom_file (scope, domain_id, list_id, family, path, content, changed_by)
VALUES (%(scope)s, %(domain_id)s, %(list_id)s, %(family)s, %(path)s, %(content)s,
        %(changed_by)s)
RETURNING id
"""
_AT_LEVEL = """
 FROM custom_file
WHERE path = %(path)s AND scope = %(scope)s
  AND domain_id IS NOT DISTINCT FROM %(domain_id)s
  AND list_id IS NOT DISTINCT FROM %(list_id)s
  AND family IS NOT DISTINCT FROM %(family)s
ORDER BY id DESC LIMIT %(limit)s
"""
_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'custom_file',
    %(scope)s::text, %(domain_id)s::bigint, %(list_id)s::bigint, %(family)s::text,
    %(path)s::text), 0))
"""
_HISTORY = "SELECT id AS version, content, changed_by, changed_at" + _AT_LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Whose file it is: the site's, a domain's, a family's or a list's; `name` for people."""

    scope: Scope = "site"
    domain_id: int | None = None
    list_id: int | None = None
    family: str | None = None
    name: str = "the site"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """One version of a file; content None: it was removed.  Times are in UTC."""

    version: int
    content: str | None
    changed_by: str
    changed_at: datetime


def read(
    conn: "psycopg.Connection[Any]",
    path: str,
    *,
    list_id: int | None = None,
    domain_id: int | None = None,
) -> Found | None:
    """Return a file as it is in force: of the family, the list, the domain or the site.

    With a list its own domain counts; with neither, only the site has files.
    """
    found = DbFiles(conn, list_id=list_id, domain_id=domain_id)
    return found.find(path)


def read_all(
    conn: "psycopg.Connection[Any]",
    path: str,
    *,
    list_id: int | None = None,
    domain_id: int | None = None,
) -> tuple[Found, ...]:
    """Return the files of every level that has it, the nearest first."""
    return DbFiles(conn, list_id=list_id, domain_id=domain_id).find_all(path)


def write(
    conn: "psycopg.Connection[Any]",
    path: str,
    content: str | None,
    *,
    level: Level,
    actor: str,
    expected: int | None = None,
    how: str = "",
) -> int:
    """Write a file, or remove it with None; return the number of the version.

    `expected` is the version that the writer has seen, 0 none: StaleError if there is
    a newer one.  UsageError for a path or text that cannot be, and for a broken
    scenario.
    """
    check(path, content)
    lock(conn, path, level=level)
    if expected is not None:
        _check_newest(conn, path, level=level, expected=expected)
    values = {**columns(level), "path": path, "content": content, "changed_by": actor}
    row = conn.execute(_INSERT, values).fetchone()
    audit.note(
        conn,
        actor=actor,
        action="file.rm" if content is None else "file.put",
        subject=level.name,
        list_id=level.list_id,
        detail={"path": path, **({"how": how} if how else {})},
    )
    return int(row[0]) if row else 0


def lock(conn: "psycopg.Connection[Any]", path: str, *, level: Level) -> None:
    """Let nobody else write a file of a level until the transaction ends."""
    conn.execute(_LOCK, {**columns(level), "path": path})


def _check_newest(
    conn: "psycopg.Connection[Any]", path: str, *, level: Level, expected: int
) -> None:
    newest = next(iter(history(conn, path, level=level, limit=1)), None)
    if newest and newest.version != expected:
        raise StaleError(
            expected=expected,
            version=newest.version,
            by=newest.changed_by,
            at=newest.changed_at,
        )


def check(path: str, content: str | None) -> None:
    """Raise UsageError for a path or text that cannot be stored or used."""
    if not _PATH.fullmatch(path) or ".." in path:
        raise UsageError(
            f"{shown(path)} is not the path of a file, such as scenari/send.private."
        )
    if content is None:
        return
    if "\0" in content or len(content) > LONGEST:
        raise UsageError(
            f"{shown(path)} is not a text of at most {LONGEST} characters."
        )
    if path.startswith(f"{SCENARIOS}/"):
        parse(content, file=path)


def history(
    conn: "psycopg.Connection[Any]", path: str, *, level: Level, limit: int = 100
) -> list[FileVersion]:
    """Return the versions of a file at one level, newest first, at most `limit`."""
    values = {**columns(level), "path": path, "limit": limit}
    cursor = conn.cursor(row_factory=class_row(FileVersion))
    return cursor.execute(_HISTORY, values).fetchall()


class DbFiles:
    """The files of one list, or of one domain, each read once: a `library.Files`.

    `family` is for a list that is yet to be made.
    """

    def __init__(
        self,
        conn: "psycopg.Connection[Any]",
        *,
        list_id: int | None = None,
        domain_id: int | None = None,
        family: str | None = None,
    ) -> None:
        self._conn = conn
        self._place = {"list_id": list_id, "domain_id": domain_id, "family": family}
        self._known: dict[str, tuple[Found, ...]] = {}

    def fetch(self, paths: Sequence[str]) -> None:
        """Read several files in one statement, since they will be asked for."""
        wanted = [path for path in paths if path not in self._known]
        if not wanted:
            return
        rows = self._conn.execute(_BY_PATH, {**self._place, "paths": wanted}).fetchall()
        found = _by_path(rows)
        self._known.update((path, found.get(path, ())) for path in wanted)

    def find(self, path: str) -> Found | None:
        """Return the file of the nearest level."""
        return next(iter(self.find_all(path)), None)

    def find_all(self, path: str) -> tuple[Found, ...]:
        """Return the files of all levels, the nearest first."""
        self.fetch([path])
        return self._known[path]

    def paths(self, folder: str) -> Iterable[str]:
        """Return the paths of all files of a folder, of any level."""
        values = {**self._place, "folder": f"{folder}/"}
        return _by_path(self._conn.execute(_BY_FOLDER, values).fetchall())


def _by_path(rows: Sequence[tuple[Any, ...]]) -> Mapping[str, tuple[Found, ...]]:
    """Sort what was found, the nearest first; what was removed is not there."""
    found: dict[str, list[Found]] = {}
    present = [row for row in rows if row[3] is not None]
    for path, scope, _, content in sorted(
        present, key=lambda row: (LEVELS.index(row[1]), row[2])
    ):
        found.setdefault(path, []).append(
            Found(path=path, content=content, source=scope)
        )
    return {path: tuple(files) for path, files in found.items()}


def columns(level: Level) -> dict[str, object]:
    """Return the columns of a file that say which level it is of."""
    return {
        "scope": level.scope,
        "domain_id": level.domain_id,
        "list_id": level.list_id,
        "family": level.family,
    }
