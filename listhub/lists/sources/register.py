"""Sources are added, changed and taken away here, each change in the audit."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.lists import audit
from listhub.lists.catalogue import ListRow, find_list
from listhub.lists.sources import kinds, rounds
from listhub.lists.sources.sealing import Sealing
from listhub.lists.sources.source import Role, Source

TTL = 3600
#: Seconds; more often would be a nuisance to whoever is asked.
LEAST_TTL, MOST_TTL = 60, 30 * 86400

_INSERT = """
INSERT INTO data_source (list_id, role, name, kind, config, from_list_id, ttl)
VALUES (%(list_id)s, %(role)s, %(name)s, %(kind)s, %(config)s, %(from)s, %(ttl)s)
    ON CONFLICT (list_id, role, name) DO NOTHING RETURNING id
"""
_CHANGE = """
UPDATE data_source
   SET config = %(config)s, from_list_id = %(from)s, ttl = %(ttl)s, enabled = %(enabled)s
 WHERE id = %(id)s
"""
_ALL = """
SELECT source.id, source.kind, source.config, list.id, list.address
  FROM data_source AS source JOIN mailing_list AS list ON list.id = source.list_id
 ORDER BY source.id FOR UPDATE OF source
"""
_SEAL = "UPDATE data_source SET config = %s WHERE id = %s"
_DELETE = "DELETE FROM data_source WHERE id = %s"
# Two who each add half of a circle: the second one sees what the first did.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('data_source/loops', 0))"
# From the other list on, along whom it takes its members from: do we come to us?
_LEADS_BACK = """
WITH RECURSIVE behind (list_id) AS (
    SELECT %(from)s::bigint
    UNION
    SELECT source.from_list_id FROM behind
      JOIN data_source AS source ON source.list_id = behind.list_id
     WHERE source.role = 'member' AND source.from_list_id IS NOT NULL
       AND coalesce(source.config->>'people', 'member') = 'member'
)
SELECT EXISTS (SELECT FROM behind WHERE list_id = %(list_id)s)
"""
_ONLY_BY = """
SELECT count(*) FROM inclusion AS one
  JOIN {target} AS target ON target.person_id = one.person_id
 WHERE one.source_id = %(id)s AND {mine} AND NOT target.{asked_for}
   AND NOT EXISTS (
       SELECT FROM inclusion AS other
         JOIN data_source AS source ON source.id = other.source_id
        WHERE other.person_id = one.person_id AND other.source_id <> one.source_id
          AND source.list_id = %(list_id)s AND source.role = %(role)s)
"""
_KEEP_MEMBERS = """
UPDATE subscription SET subscribed = true
  FROM inclusion
 WHERE inclusion.source_id = %(id)s AND subscription.list_id = %(list_id)s
   AND subscription.person_id = inclusion.person_id AND NOT subscription.subscribed
"""
_KEEP_HOLDERS = """
UPDATE role SET granted = true
  FROM inclusion
 WHERE inclusion.source_id = %(id)s AND role.list_id = %(list_id)s
   AND role.kind = %(role)s AND role.person_id = inclusion.person_id
   AND NOT role.granted
"""
_LONE_MEMBERS = _ONLY_BY.format(
    target="subscription",
    asked_for="subscribed",
    mine="target.list_id = %(list_id)s",
)
_LONE_HOLDERS = _ONLY_BY.format(
    target="role",
    asked_for="granted",
    mine="target.list_id = %(list_id)s AND target.kind = %(role)s",
)


def find(
    conn: "psycopg.Connection[Any]", found: ListRow, name: str, *, role: Role
) -> Source:
    """Return the source of that name; UsageError if there is none."""
    known = {source.name: source for source in rounds.sources(conn, found.id, role)}
    if name not in known:
        hint = f"; did you mean {nearest(name, known)}?" if known else "."
        raise UsageError(
            f"{found.address} has no source {shown(name)[1:-1]} of its {role}s{hint}"
        )
    return known[name]


def add(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    *,
    role: Role,
    kind: str,
    name: str,
    fields: Mapping[str, str],
    ttl: int = TTL,
    actor: str,
    sealing: Sealing | None = None,
) -> None:
    """Add a source, asked for the first time at once; UsageError for what is wrong.

    Without `sealing` its passwords are stored as they are.
    """
    if not name.isprintable() or not name.strip() or len(name) > 60:
        raise UsageError(f"{shown(name)} is no name for a source.")
    config, from_list = _checked(conn, found, role=role, kind=kind, fields=fields)
    values = {
        "list_id": found.id,
        "role": role,
        "name": name,
        "kind": kind,
        "config": Jsonb(_sealed(kind, config, sealing)),
        "from": from_list,
        "ttl": _ttl(ttl),
    }
    if conn.execute(_INSERT, values).fetchone() is None:
        raise UsageError(f"{found.address} has a source {name} of its {role}s already.")
    rounds.ask_for(conn, found.id, role)
    _note(conn, found, name, action="source.add", actor=actor, role=role, kind=kind)


def change(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    source: Source,
    *,
    fields: Mapping[str, str],
    ttl: int | None = None,
    enabled: bool | None = None,
    actor: str,
    sealing: Sealing | None = None,
) -> None:
    """Change fields of a source, an empty text removing one, and ask it at once.

    Without `sealing` all of its passwords have to be among the fields.
    """
    kept = {name: value for name, value in source.config.items() if name not in fields}
    merged = {**(sealing.opened(kept) if sealing else kept), **fields}
    config, from_list = _checked(
        conn, found, role=source.role, kind=source.kind, fields=merged
    )
    values = {
        "id": source.id,
        "config": Jsonb(_sealed(source.kind, config, sealing)),
        "from": from_list,
        "ttl": source.ttl if ttl is None else _ttl(ttl),
        "enabled": source.enabled if enabled is None else enabled,
    }
    conn.execute(_CHANGE, values)
    rounds.ask_for(conn, found.id, source.role)
    _note(
        conn,
        found,
        source.name,
        action="source.set",
        actor=actor,
        role=source.role,
        # Their values may be passwords.
        fields=sorted(fields),
        enabled=values["enabled"],
    )


def seal_all(conn: "psycopg.Connection[Any]", *, sealing: Sealing, actor: str) -> int:
    """Seal what earlier releases stored as it was; return of how many sources."""
    changed = 0
    for source_id, kind, config, list_id, address in conn.execute(_ALL).fetchall():
        sealed = _sealed(kind, config, sealing)
        if sealed != config:
            conn.execute(_SEAL, [Jsonb(sealed), source_id])
            audit.note(
                conn,
                actor=actor,
                action="source.seal",
                subject=address,
                list_id=list_id,
            )
            changed += 1
    return changed


def only_by(conn: "psycopg.Connection[Any]", source: Source) -> int:
    """Return how many people would go with a source."""
    query = _LONE_MEMBERS if source.role == "member" else _LONE_HOLDERS
    row = conn.execute(query.encode(), _values(source)).fetchone()
    return int(row[0]) if row else 0


def remove(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    source: Source,
    *,
    keep: bool,
    actor: str,
) -> int:
    """Remove a source; return how many people go with it, in the round that is due.

    With `keep` they stay, as if they had asked for it themselves.
    """
    if keep:
        query = _KEEP_MEMBERS if source.role == "member" else _KEEP_HOLDERS
        conn.execute(query, _values(source))
    going = only_by(conn, source)
    conn.execute(_DELETE, [source.id])
    sync_id = rounds.ask_for(conn, found.id, source.role)
    # Whoever removes the source has said that they may go.
    rounds.approve(conn, sync_id, people=going)
    _note(
        conn,
        found,
        source.name,
        action="source.del",
        actor=actor,
        role=source.role,
        people=going,
    )
    return going


def _checked(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    *,
    role: Role,
    kind: str,
    fields: Mapping[str, str],
) -> tuple[dict[str, str], int | None]:
    config = kinds.checked(kind, fields, list_id=found.id)
    if kind != "list":
        return config, None
    other = find_list(conn, config["list"])
    config["list"] = other.address
    if role == "member" and config.get("people", "member") == "member":
        conn.execute(_LOCK)
        pair = {"from": other.id, "list_id": found.id}
        row = conn.execute(_LEADS_BACK, pair).fetchone()
        if row and row[0]:
            raise UsageError(
                f"{other.address} takes its members from {found.address} itself;"
                " that would be a circle."
                if other.id != found.id
                else f"{found.address} cannot take its members from itself."
            )
    return config, other.id


def _sealed(
    kind: str, config: Mapping[str, str], sealing: Sealing | None
) -> dict[str, str]:
    if sealing is None:
        return dict(config)
    return sealing.sealed(config, secret=kinds.secret_fields(kind))


def _ttl(seconds: int) -> int:
    if not LEAST_TTL <= seconds <= MOST_TTL:
        raise UsageError(
            f"A source is asked every {LEAST_TTL} to {MOST_TTL} seconds, not every"
            f" {seconds}."
        )
    return seconds


def _values(source: Source) -> dict[str, object]:
    return {"id": source.id, "list_id": source.list_id, "role": source.role}


def _note(
    conn: "psycopg.Connection[Any]",
    found: ListRow,
    name: str,
    *,
    action: str,
    actor: str,
    **detail: object,
) -> None:
    audit.note(
        conn,
        actor=actor,
        action=action,
        subject=found.address,
        list_id=found.id,
        detail={"source": name, **detail},
    )
