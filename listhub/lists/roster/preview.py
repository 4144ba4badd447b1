"""Import with a look before the leap: what a file would do, then exactly that.

    looked = preview(conn, found, content, settings=…, existing="change")
    done = carry_out(conn, found, content, digest=looked.digest, …)

Nothing is kept between the two.  The digest is of the file, of what was found that it
would do, and of this one look; if it would do something else by then, nothing is done
and the owner looks again.  The same order a second time, from a double click, does
nothing and says what the first one did.
"""

import hashlib
import io
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from listhub.i18n.text import N_, Text
from listhub.lists import member_file, member_import
from listhub.lists.list_settings import ListSettings
from listhub.lists.member_import import MEMBER, Existing, OfList, Staged
from listhub.lists.member_row import Row
from listhub.lists.options import How
from listhub.lists.said import SaidError

Deed = Literal["add", "change", "skip", "refuse"]

#: Octets of a file that somebody sends by the web.
LARGEST = 32 << 20
#: Octets that tell one look from another.
_LOOK = 8
#: Lines that are shown of each deed.
SHOWN = 200

TOO_LARGE = N_("The file is larger than %(most)s MB; cut it in pieces.")
OTHER_NOW = N_(
    "Nothing was done: the members or the file have changed since; look at it again."
)
_REASONS = {
    MEMBER: N_("is a member already"),
    "is an address of the list itself": N_("is an address of the list itself"),
    "is more than the list takes": N_("is more than the list takes"),
}
_REPEATED = N_("is in line %(line)s already")

_DEEDS = f"""
CASE WHEN reason = '' THEN 'add'
     WHEN reason <> '{MEMBER}' OR NOT %(members)s THEN 'refuse'
     WHEN changes = '{{}}' THEN 'skip' ELSE 'change' END
"""
_COUNTS = f"""
SELECT {_DEEDS}, count(*) FROM incoming GROUP BY 1
"""  # noqa: S608 - constants
_LINES = f"""
SELECT line, address, deed, reason, changes
  FROM (SELECT *, row_number() OVER (PARTITION BY deed ORDER BY line) AS number
          FROM (SELECT *, {_DEEDS} AS deed FROM incoming) AS judged) AS numbered
 WHERE number <= %(shown)s ORDER BY line
"""  # noqa: S608 - constants
_PLAN = f"""
SELECT md5(string_agg(concat_ws(' ', line, {_DEEDS}, changes::text), ',' ORDER BY line))
  FROM incoming
"""  # noqa: S608 - constants
_DONE = """
SELECT (detail->>'added')::bigint, coalesce((detail->>'changed')::bigint, 0),
       (detail->>'rows')::bigint
  FROM audit
 WHERE list_id = %(list_id)s AND action = 'member.add'
   AND at > now() - interval '7 days' AND detail->>'digest' = %(digest)s
 LIMIT 1
"""
_ADDED = "SELECT address FROM incoming WHERE reason = '' ORDER BY line LIMIT %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What becomes of one row: `changes` names options, `why` goes on after the address."""

    line: int
    address: str
    deed: Deed
    changes: tuple[str, ...] = ()
    why: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file would do; `lines` has the first of each deed, at most SHOWN."""

    digest: str
    rows: int
    added: int
    changed: int
    #: Members already, and nothing to change.
    skipped: int
    refused: int
    lines: tuple[Line, ...]

    @property
    def complete(self) -> bool:
        """Whether every row is among the lines."""
        return len(self.lines) == self.rows

    def of(self, deed: Deed) -> tuple[Line, ...]:
        """Return the lines of one deed."""
        return tuple(line for line in self.lines if line.deed == deed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done; `again`: by an earlier order like this one."""

    rows: int
    added: int
    changed: int
    again: bool = False
    #: Who came, if there are few enough to be greeted.
    newcomers: tuple[str, ...] = ()


def preview(
    conn: "psycopg.Connection[Any]",
    found: OfList,
    content: bytes,
    *,
    settings: ListSettings,
    existing: Existing = "skip",
    name: str = "file",
) -> Preview:
    """Return what a file of members would do; nothing is changed.

    `existing` says what becomes of rows of members: refused, skipped, or their options
    changed as far as the row names them.  SaidError for a file that is too large,
    UsageError for a wrong header and for a closed list.
    """
    kept: dict[int, Text] = {}
    with _judged(
        conn, found, content, settings=settings, existing=existing, name=name, kept=kept
    ) as staged:
        values = {"members": existing != "refuse", "shown": SHOWN}
        counts = dict(conn.execute(_COUNTS.encode(), values).fetchall())
        rows = conn.execute(_LINES.encode(), values).fetchall()
        return Preview(
            digest=_digest(
                conn, found, content, existing=existing, look=secrets.token_hex(_LOOK)
            ),
            rows=staged.rows,
            added=counts.get("add", 0),
            changed=counts.get("change", 0),
            skipped=counts.get("skip", 0),
            refused=counts.get("refuse", 0),
            lines=tuple(_line(row, kept) for row in rows),
        )


def carry_out(
    conn: "psycopg.Connection[Any]",
    found: OfList,
    content: bytes,
    *,
    digest: str,
    settings: ListSettings,
    actor: str,
    how: How,
    existing: Existing = "skip",
    name: str = "file",
    newcomers: int = 0,
) -> Done:
    """Do what a preview said; what it refused is left out.

    SaidError, and nothing done, if that is no longer what would be done.  At most
    `newcomers` of those who came are named, and none if there are more.
    """
    # Whoever does the same at once waits here and finds what the other did.
    member_import.lock(conn, found)
    if (before := _done(conn, found, digest)) is not None:
        return before
    with _judged(
        conn, found, content, settings=settings, existing=existing, name=name, kept={}
    ) as staged:
        look = digest[: 2 * _LOOK]
        if _digest(conn, found, content, existing=existing, look=look) != digest:
            raise SaidError(OTHER_NOW)
        came = [row[0] for row in conn.execute(_ADDED, [newcomers + 1])]
        added, changed = member_import.carry_out(
            conn,
            found,
            actor=actor,
            detail={"how": how, "rows": staged.rows, "digest": digest},
        )
    return Done(
        rows=staged.rows,
        added=added,
        changed=changed,
        newcomers=tuple(came) if len(came) <= newcomers else (),
    )


@contextmanager
def _judged(
    conn: "psycopg.Connection[Any]",
    found: OfList,
    content: bytes,
    *,
    settings: ListSettings,
    existing: Existing,
    name: str,
    kept: dict[int, Text],
) -> Iterator[Staged]:
    """Stage and judge a file; the table of its rows is gone behind it."""
    if len(content) > LARGEST:
        raise SaidError(TOO_LARGE, most=LARGEST >> 20)
    rows = member_file.read(io.BytesIO(content), name=name, settings=settings)
    with (
        member_import.stage(_noted(rows, kept), found=found) as staged,
        conn.transaction(),
    ):
        member_import.judge(
            conn, staged, found=found, most=settings.max_members, existing=existing
        )
        yield staged
        conn.execute("DROP TABLE IF EXISTS incoming")


def _noted(rows: Iterable[Row], kept: dict[int, Text]) -> Iterator[Row]:
    """Pass rows on, and keep what is said of the first ones that are refused."""
    for row in rows:
        if row.said is not None and len(kept) < SHOWN:
            kept[row.line] = row.said
        yield row


def _digest(
    conn: "psycopg.Connection[Any]",
    found: OfList,
    content: bytes,
    *,
    existing: Existing,
    look: str,
) -> str:
    """Return what stands for a file and all that it would do to this list.

    `look` begins it: of two looks at the same file each can be carried out once.
    """
    plan = conn.execute(_PLAN.encode(), {"members": existing != "refuse"}).fetchone()
    parts = (look, str(found.id), existing, str(plan and plan[0]))
    whole = hashlib.sha256("\n".join(parts).encode() + b"\n" + content)
    return look + whole.hexdigest()


def _done(conn: "psycopg.Connection[Any]", found: OfList, digest: str) -> Done | None:
    values = {"list_id": found.id, "digest": digest}
    row = conn.execute(_DONE, values).fetchone() if digest.isalnum() else None
    if row is None:
        return None
    return Done(added=row[0], changed=row[1], rows=row[2], again=True)


def _line(row: tuple[Any, ...], kept: dict[int, Text]) -> Line:
    number, address, deed, reason, changes = row
    refused = deed == "refuse"
    return Line(
        line=number,
        address=address,
        deed=deed,
        changes=tuple(changes),
        why=(kept.get(number) or reason_of(reason)) if refused else None,
    )


def reason_of(reason: str) -> Text:
    """Return in any language why the database refused a row."""
    if reason in _REASONS:
        return Text(_REASONS[reason])
    line = reason.removeprefix("is in line ").removesuffix(" already")
    return Text(_REPEATED, line=line) if line.isdecimal() else Text(reason)
