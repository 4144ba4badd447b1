"""Members, many at once: staged in a temporary table, judged and applied by the set.

`stage` reads the whole source before any transaction is open; `apply` is one short
transaction in which everything happens or nothing.  Any number may run at once:
those of one list one after the other, those of several lists side by side, since all
write persons in the order of their keys.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

import psycopg

from listhub.errors import UsageError
from listhub.lists import audit
from listhub.lists.catalogue import ListRow
from listhub.lists.member_row import Row
from listhub.mail.recipient import split

#: Octets of staged rows that are kept in memory; more go to a temporary file.
_IN_MEMORY = 64 << 20
_CHUNK = 1 << 20

# A role's own time-outs are for short statements; these end with the transaction.
_PATIENCE = """
SET LOCAL statement_timeout = '30min';
SET LOCAL lock_timeout = '10min';
SET LOCAL idle_in_transaction_session_timeout = '10min'
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('members/' || %s::bigint, 0))"

_TABLE = """
CREATE TEMPORARY TABLE incoming (
    line bigint NOT NULL,
    address text NOT NULL,
    address_key text NOT NULL,
    name text NOT NULL,
    reception text NOT NULL,
    own_posts boolean NOT NULL,
    concealed boolean NOT NULL,
    suspended_at timestamptz,
    suspended_until timestamptz,
    topics text[] NOT NULL,
    attributes jsonb NOT NULL,
    reason text NOT NULL
) ON COMMIT DROP
"""
_COPY = "COPY incoming FROM STDIN"
_ANALYZE = "ANALYZE incoming"

_REFUSE_REPEATED = """
UPDATE incoming SET reason = 'is in line ' || earlier.line || ' already'
  FROM (SELECT address_key, min(line) AS line FROM incoming
         WHERE reason = '' GROUP BY address_key HAVING count(*) > 1) AS earlier
 WHERE incoming.address_key = earlier.address_key
   AND incoming.line > earlier.line AND incoming.reason = ''
"""
_REFUSE_MEMBERS = """
UPDATE incoming SET reason = 'is a member already'
  FROM person JOIN subscription ON subscription.person_id = person.id
 WHERE subscription.list_id = %s AND person.address_key = incoming.address_key
   AND incoming.reason = ''
"""
_REFUSED = """
SELECT line, address, reason FROM incoming WHERE reason <> '' ORDER BY line
"""

# Only who is missing: a conflict would cost a lock on each row that is there.
_PERSONS = """
INSERT INTO person (address, address_key, display_name)
SELECT address, address_key, name FROM incoming
 WHERE reason = ''
   AND NOT EXISTS (SELECT FROM person WHERE person.address_key = incoming.address_key)
 ORDER BY address_key COLLATE "C"
    ON CONFLICT (address_key) DO NOTHING
"""
# A name is filled in and never changed: the person may be on other lists.
_NAMES = """
WITH nameless AS (
    SELECT person.id, incoming.name
      FROM incoming JOIN person USING (address_key)
     WHERE incoming.reason = '' AND incoming.name <> '' AND person.display_name = ''
     ORDER BY person.address_key COLLATE "C"
       FOR NO KEY UPDATE OF person
)
UPDATE person SET display_name = nameless.name
  FROM nameless WHERE person.id = nameless.id AND person.display_name = ''
"""
_SUBSCRIPTIONS = """
INSERT INTO subscription (list_id, person_id, reception, own_posts, concealed,
                          suspended_at, suspended_until, topics, attributes)
SELECT %s, person.id, incoming.reception, incoming.own_posts, incoming.concealed,
       incoming.suspended_at, incoming.suspended_until, incoming.topics,
       incoming.attributes
  FROM incoming JOIN person USING (address_key)
 WHERE incoming.reason = ''
 ORDER BY incoming.line
    ON CONFLICT (list_id, person_id) DO NOTHING
"""

# Sources may give them again.
_READMIT = """
DELETE FROM exclusion USING incoming
 WHERE exclusion.list_id = %s AND exclusion.address_key = incoming.address_key
   AND incoming.reason = ''
"""

#: What is told of each step while it is under way.
Tell = Callable[[str], None]


class Refused(NamedTuple):
    """A row that cannot be applied: its line in the file, what it says, and why."""

    line: int
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import did: nothing, unless `applied`; `rows` are those read."""

    rows: int
    added: int
    applied: bool
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Rows in PostgreSQL's text format for COPY, kept for the transaction."""

    text: IO[bytes]
    rows: int


@contextmanager
def stage(rows: Iterable[Row], *, found: ListRow) -> Iterator[Staged]:
    """Read all rows, in memory or a temporary file that goes at the end."""
    name, _, domain = found.address.partition("@")
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as text:
        count = 0
        for row in rows:
            count += 1
            if row.key.endswith(f"@{domain}") and _is_own(row, name=name):
                row = row._replace(reason="is an address of the list itself")  # noqa: PLW2901
            text.write(_copy_line(row))
        yield Staged(text=text, rows=count)


def _is_own(row: Row, *, name: str) -> bool:
    return split(row.key.rpartition("@")[0])[0] == name


def _copy_line(row: Row) -> bytes:
    # No tab or line end can be in a field: `Row` holds what is printable, and in JSON
    # they are escaped.  NULL is set in once the backslashes of the others are doubled.
    topics = ",".join(f'"{name}"' for name in row.topics)
    fields = (
        str(row.line),
        row.address,
        row.key,
        row.name,
        row.reception,
        "t" if row.own_posts else "f",
        "t" if row.concealed else "f",
        row.suspended_at.isoformat() if row.suspended_at else None,
        row.suspended_until.isoformat() if row.suspended_until else None,
        f"{{{topics}}}",
        json.dumps(dict(row.attributes), ensure_ascii=False),
        row.reason,
    )
    written = (
        "\\N" if field is None else field.replace("\\", "\\\\") for field in fields
    )
    return ("\t".join(written) + "\n").encode("utf-8", "replace")


def apply(
    conn: "psycopg.Connection[Any]",
    staged: Staged,
    *,
    found: ListRow,
    actor: str,
    partial: bool = False,
    dry_run: bool = False,
    tell: Tell = lambda _step: None,
) -> Report:
    """Make the staged rows members and report; with a refused row nothing is done.

    With `partial` the other rows are applied all the same; with `dry_run` nothing is,
    and `added` says how many would be.  UsageError if the list is closed.
    """
    with conn.transaction():
        refused = _judge(conn, staged, found=found, tell=tell)
        good = staged.rows - len(refused)
        if dry_run or (refused and not partial):
            conn.execute("DROP TABLE incoming")
            return Report(rows=staged.rows, added=good, applied=False, refused=refused)
        tell("adding them")
        conn.execute(_PERSONS)
        conn.execute(_NAMES)
        added = conn.execute(_SUBSCRIPTIONS, [found.id]).rowcount
        conn.execute(_READMIT, [found.id])
        if added:
            audit.note(
                conn,
                actor=actor,
                action="member.add",
                subject=found.address,
                list_id=found.id,
                detail={"added": added, "refused": len(refused)},
            )
        conn.execute("DROP TABLE incoming")
    return Report(rows=staged.rows, added=added, applied=True, refused=refused)


def _judge(
    conn: "psycopg.Connection[Any]", staged: Staged, *, found: ListRow, tell: Tell
) -> list[Refused]:
    """Bring the rows into the database and return those that cannot be applied."""
    tell("sending the rows to the database")
    conn.execute(_PATIENCE)
    conn.execute(_LOCK, [found.id])
    _refuse_closed(conn, found)
    conn.execute(_TABLE)
    staged.text.seek(0)
    with conn.cursor() as cursor:
        with cursor.copy(_COPY) as copy:
            while chunk := staged.text.read(_CHUNK):
                copy.write(chunk)
        tell("looking who is a member already")
        cursor.execute(_ANALYZE)
        cursor.execute(_REFUSE_REPEATED)
        cursor.execute(_REFUSE_MEMBERS, [found.id])
        return [Refused._make(row) for row in cursor.execute(_REFUSED)]


def _refuse_closed(conn: "psycopg.Connection[Any]", found: ListRow) -> None:
    # Shared with posts, which move the list's counters, but not with closing it.
    row = conn.execute(
        "SELECT status FROM mailing_list WHERE id = %s FOR KEY SHARE", [found.id]
    ).fetchone()
    if row is None or row[0] == "closed":
        raise UsageError(
            f"The list {found.address} is closed; `listhub list open {found.address}`"
            " opens it."
        )
