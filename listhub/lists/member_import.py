"""Members, many at once: staged in a temporary table, judged and applied by the set.

`stage` reads the whole source before any transaction is open; `apply` is one short
transaction in which everything happens or nothing.  Any number may run at once:
those of one list one after the other, those of several lists side by side, since all
write persons in the order of their keys.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Literal, NamedTuple, Protocol

import psycopg

from listhub.errors import UsageError
from listhub.lists import audit
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
    given text[] NOT NULL,
    reason text NOT NULL,
    -- What an earlier member has otherwise than the row says; none without a change.
    changes text[] NOT NULL DEFAULT '{}'
) ON COMMIT DROP
"""
_COPY = """
COPY incoming (line, address, address_key, name, reception, own_posts, concealed,
               suspended_at, suspended_until, topics, attributes, given, reason)
FROM STDIN
"""
_ANALYZE = "ANALYZE incoming"

_REFUSE_REPEATED = """
UPDATE incoming SET reason = 'is in line ' || earlier.line || ' already'
  FROM (SELECT address_key, min(line) AS line FROM incoming
         WHERE reason = '' GROUP BY address_key HAVING count(*) > 1) AS earlier
 WHERE incoming.address_key = earlier.address_key
   AND incoming.line > earlier.line AND incoming.reason = ''
"""
#: What is said of who is one; not refused by who lets members be skipped or changed.
MEMBER = "is a member already"
_REFUSE_MEMBERS = f"""
UPDATE incoming SET reason = '{MEMBER}'
  FROM person JOIN subscription ON subscription.person_id = person.id
 WHERE subscription.list_id = %s AND person.address_key = incoming.address_key
   AND incoming.reason = ''
"""  # noqa: S608 - constants
# Who came first stays: the last ones of the file are those that are too many.
_REFUSE_FURTHER = """
UPDATE incoming SET reason = 'is more than the list takes'
  FROM (SELECT line, row_number() OVER (ORDER BY line) AS number FROM incoming
         WHERE reason = '') AS counted
 WHERE incoming.line = counted.line AND incoming.reason = '' AND counted.number
       > %(most)s - (SELECT count(*) FROM subscription WHERE list_id = %(list_id)s)
"""
# Only what a row says itself: what it leaves open stays as the member has it.
_COMPARE = f"""
UPDATE incoming SET changes = compared.changes
  FROM (SELECT person.address_key, array_remove(ARRAY[
               CASE WHEN 'reception' = ANY(new.given)
                     AND old.reception <> new.reception THEN 'reception' END,
               CASE WHEN new.given && '{{reception,own_posts}}'
                     AND old.own_posts <> new.own_posts THEN 'own_posts' END,
               CASE WHEN 'concealed' = ANY(new.given)
                     AND old.concealed <> new.concealed THEN 'concealed' END,
               CASE WHEN 'suspended_at' = ANY(new.given)
                     AND old.suspended_at IS DISTINCT FROM new.suspended_at
                      OR 'suspended_until' = ANY(new.given)
                     AND old.suspended_until IS DISTINCT FROM new.suspended_until
                    THEN 'suspension' END,
               CASE WHEN 'topics' = ANY(new.given)
                     AND old.topics <> new.topics THEN 'topics' END,
               CASE WHEN NOT old.attributes @> new.attributes THEN 'attributes' END
               ], NULL) AS changes
          FROM incoming AS new JOIN person USING (address_key)
          JOIN subscription AS old ON old.person_id = person.id
         WHERE old.list_id = %s AND new.reason = '{MEMBER}') AS compared
 WHERE incoming.address_key = compared.address_key AND incoming.reason = '{MEMBER}'
"""  # noqa: S608 - constants
_CHANGE = f"""
UPDATE subscription AS old
   SET reception = CASE WHEN 'reception' = ANY(new.changes)
                        THEN new.reception ELSE old.reception END,
       own_posts = CASE WHEN 'own_posts' = ANY(new.changes)
                        THEN new.own_posts ELSE old.own_posts END,
       concealed = CASE WHEN 'concealed' = ANY(new.changes)
                        THEN new.concealed ELSE old.concealed END,
       suspended_at = CASE WHEN 'suspension' = ANY(new.changes)
                           THEN new.suspended_at ELSE old.suspended_at END,
       suspended_until = CASE WHEN 'suspension' = ANY(new.changes)
                              THEN new.suspended_until ELSE old.suspended_until END,
       topics = CASE WHEN 'topics' = ANY(new.changes)
                     THEN new.topics ELSE old.topics END,
       attributes = old.attributes || new.attributes, changed_at = now()
  FROM incoming AS new JOIN person USING (address_key)
 WHERE old.list_id = %s AND old.person_id = person.id
   AND new.reason = '{MEMBER}' AND new.changes <> '{{}}'
"""  # noqa: S608 - constants
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

#: What becomes of rows whose people are members already.
Existing = Literal["refuse", "skip", "change"]

#: What is told of each step while it is under way.
Tell = Callable[[str], None]


class OfList(Protocol):
    """The list that is meant, as far as it matters here."""

    @property
    def id(self) -> int: ...
    @property
    def address(self) -> str: ...


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
    #: Members whose options are changed.
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Rows in PostgreSQL's text format for COPY, kept for the transaction."""

    text: IO[bytes]
    rows: int


@contextmanager
def stage(rows: Iterable[Row], *, found: OfList) -> Iterator[Staged]:
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
        f"{{{','.join(name for name in row.given if ':' not in name)}}}",
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
    found: OfList,
    actor: str,
    partial: bool = False,
    dry_run: bool = False,
    most: int = 0,
    detail: Mapping[str, object] | None = None,
    tell: Tell = lambda _step: None,
) -> Report:
    """Make the staged rows members and report; with a refused row nothing is done.

    With `partial` the other rows are applied all the same; with `dry_run` nothing is,
    and `added` says how many would be.  `most` is how many members the list takes, 0
    any number; `detail` is for the audit.  UsageError if the list is closed.
    """
    with conn.transaction():
        judge(conn, staged, found=found, most=most, tell=tell)
        refused = [Refused._make(row) for row in conn.execute(_REFUSED)]
        good = staged.rows - len(refused)
        if dry_run or (refused and not partial):
            conn.execute("DROP TABLE incoming")
            return Report(rows=staged.rows, added=good, applied=False, refused=refused)
        tell("adding them")
        told = {"refused": len(refused), **(detail or {})}
        added, _ = carry_out(conn, found, actor=actor, detail=told)
    return Report(rows=staged.rows, added=added, applied=True, refused=refused)


def lock(conn: "psycopg.Connection[Any]", found: OfList) -> None:
    """Wait for other imports into the list, and keep them waiting to the commit."""
    conn.execute(_PATIENCE)
    conn.execute(_LOCK, [found.id])


def judge(
    conn: "psycopg.Connection[Any]",
    staged: Staged,
    *,
    found: OfList,
    most: int = 0,
    existing: Existing = "refuse",
    tell: Tell = lambda _step: None,
) -> None:
    """Bring the rows into the table `incoming`, with why they cannot be applied.

    Who is a member is refused as MEMBER; `changes` names what would be otherwise.
    """
    tell("sending the rows to the database")
    lock(conn, found)
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
        if most:
            cursor.execute(_REFUSE_FURTHER, {"most": most, "list_id": found.id})
        if existing == "change":
            cursor.execute(_COMPARE, [found.id])


def carry_out(
    conn: "psycopg.Connection[Any]",
    found: OfList,
    *,
    actor: str,
    detail: Mapping[str, object],
) -> tuple[int, int]:
    """Apply what `judge` left in `incoming`; return how many came and were changed."""
    conn.execute(_PERSONS)
    conn.execute(_NAMES)
    added = conn.execute(_SUBSCRIPTIONS, [found.id]).rowcount
    conn.execute(_READMIT, [found.id])
    changed = conn.execute(_CHANGE, [found.id]).rowcount
    if added or changed:
        told = {"added": added, **({"changed": changed} if changed else {}), **detail}
        audit.note(
            conn,
            actor=actor,
            action="member.add",
            subject=found.address,
            list_id=found.id,
            detail=told,
        )
    conn.execute("DROP TABLE incoming")
    return added, changed


def _refuse_closed(conn: "psycopg.Connection[Any]", found: OfList) -> None:
    # Shared with posts, which move the list's counters, but not with closing it.
    row = conn.execute(
        "SELECT status FROM mailing_list WHERE id = %s FOR KEY SHARE", [found.id]
    ).fetchone()
    if row is None or row[0] == "closed":
        raise UsageError(
            f"The list {found.address} is closed; `listhub list open {found.address}`"
            " opens it."
        )
