"""The second half of a round: what sources gave is compared with what is, by the set.

One short transaction of the caller's, in which everything happens or nothing.  It holds
the lock of imports, so that the members of a list change in one way at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from listhub.lists.list_settings import ListSettings
from listhub.lists.sources.fetch import Fetched
from listhub.lists.sources.source import Sync
from listhub.lists.sources.statements import MEMBERS, ROLES, Statements

_CHUNK = 1 << 20

#: Fewer people than this may go without a word, unless they are all.
FEW = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a round does, or would do: numbers of people."""

    #: Whom sources name now, and who was here only since they did.
    given: int
    before: int
    added: int = 0
    #: Who only came from sources, and from none any more.
    removed: int = 0
    #: Who came from sources as well, and go on without.
    kept: int = 0
    #: Why nothing was done; "": it was.
    stopped: str = ""

    def document(self) -> dict[str, object]:
        """Return the numbers as they are stored and shown."""
        numbers = {
            "given": self.given,
            "before": self.before,
            "added": self.added,
            "removed": self.removed,
            "kept": self.kept,
        }
        return numbers | ({"stopped": self.stopped} if self.stopped else {})

    @property
    def changed(self) -> bool:
        return not self.stopped and bool(self.added or self.removed or self.kept)


def apply(
    conn: "psycopg.Connection[Any]",
    sync: Sync,
    fetched: Fetched,
    *,
    settings: ListSettings,
) -> Difference:
    """Bring a role of a list in step with its sources and return what that came to.

    With `stopped` set nobody came or went: more people would go than may.  People go
    only if all sources answered.
    """
    statements = MEMBERS if sync.role == "member" else ROLES
    values = _values(sync, fetched, settings)
    _stage(conn, fetched, values, statements)
    counted = conn.execute(statements.count, values).fetchone()
    assert counted is not None  # noqa: S101 - counts are one row
    given, before, going = counted
    if fetched.failed:
        going = 0
    if reason := _too_many(given, before, going, sync=sync, settings=settings):
        return Difference(given=given, before=before, removed=going, stopped=reason)
    added = conn.execute(statements.add, values).rowcount
    conn.execute(statements.include, values)
    removed = kept = 0
    if not fetched.failed:
        lost = conn.execute(statements.let_go, values).fetchone()
        removed = conn.execute(statements.remove, values).rowcount
        # Who lost every source and is still here has asked for it themselves.
        kept = (lost[0] if lost else 0) - removed
    return Difference(
        given=given, before=before, added=added, removed=removed, kept=max(kept, 0)
    )


def too_many(going: int, before: int, *, per_cent: int) -> bool:
    """Tell whether more people would go in one round than may without a word."""
    return going >= FEW and going * 100 > before * per_cent


def _too_many(
    given: int, before: int, going: int, *, sync: Sync, settings: ListSettings
) -> str:
    if going <= sync.approved:
        return ""
    if not given:
        return f"the sources name nobody any more, and all {before:,} would go"
    if too_many(going, before, per_cent=settings.source_safety):
        return f"{going:,} of {before:,} would go"
    return ""


def _values(sync: Sync, fetched: Fetched, settings: ListSettings) -> dict[str, object]:
    return {
        "list_id": sync.list_id,
        "role": sync.role,
        "asked": [result.source.id for result in fetched.results if not result.error],
        "reception": settings.default_reception,
        "concealed": settings.default_concealed,
    }


def _stage(
    conn: "psycopg.Connection[Any]",
    fetched: Fetched,
    values: Mapping[str, object],
    statements: Statements,
) -> None:
    """Bring what was fetched into the database and make persons of it."""
    conn.execute(statements.patience)
    conn.execute(statements.lock, values)
    conn.execute(statements.tables)
    fetched.text.seek(0)
    with conn.cursor() as cursor, cursor.copy(statements.copy) as copy:
        while chunk := fetched.text.read(_CHUNK):
            copy.write(chunk)
    conn.execute("ANALYZE found")
    for statement in statements.stage:
        conn.execute(statement, values)
    conn.execute("ANALYZE given")
