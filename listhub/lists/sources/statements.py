"""The statements of a round, for members and for owners and moderators.

    found    what sources gave, as they wrote it (by COPY)
    given    who is wanted: source and person, without the excluded

Two tables hold the same kind of thing: `subscription`, and `role`.  They differ in the
column that says who asked for it themselves, and in what a newcomer gets.
"""

from dataclasses import dataclass

from psycopg import sql

_PATIENCE = """
SET LOCAL statement_timeout = '30min';
SET LOCAL lock_timeout = '10min';
SET LOCAL idle_in_transaction_session_timeout = '10min'
"""
# The lock of imports: two that add members of one list would wait for each other.
_LOCK = """
SELECT pg_advisory_xact_lock(
           hashtextextended('members/' || %(list_id)s::bigint, 0))
"""
_TABLES = """
CREATE TEMPORARY TABLE found (
    source_id bigint NOT NULL,
    address_key text NOT NULL,
    address text NOT NULL,
    name text NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE given (
    source_id bigint NOT NULL,
    person_id bigint NOT NULL
) ON COMMIT DROP
"""
_COPY = "COPY found FROM STDIN"

_EXCLUDE = """
DELETE FROM found USING exclusion
 WHERE exclusion.list_id = %(list_id)s AND exclusion.address_key = found.address_key
"""
# Only who is missing: a conflict would cost a lock on each row that is there.
_PERSONS = """
INSERT INTO person (address, address_key, display_name)
SELECT DISTINCT ON (address_key COLLATE "C") address, address_key, name FROM found
 WHERE NOT EXISTS (SELECT FROM person WHERE person.address_key = found.address_key)
 ORDER BY address_key COLLATE "C", name = ''
    ON CONFLICT (address_key) DO NOTHING
"""
# A name is filled in and never changed: the person may be on other lists.
_NAMES = """
WITH nameless AS (
    SELECT person.id, found.name FROM found JOIN person USING (address_key)
     WHERE found.name <> '' AND person.display_name = ''
     ORDER BY person.address_key COLLATE "C"
       FOR NO KEY UPDATE OF person
)
UPDATE person SET display_name = nameless.name
  FROM nameless WHERE person.id = nameless.id AND person.display_name = ''
"""
_GIVEN = """
INSERT INTO given
SELECT DISTINCT found.source_id, person.id FROM found JOIN person USING (address_key)
"""
# Sources that were not asked, or did not answer, give whom they gave before.
_STILL_GIVEN = """
INSERT INTO given
SELECT inclusion.source_id, inclusion.person_id
  FROM inclusion JOIN data_source AS source ON source.id = inclusion.source_id
 WHERE source.list_id = %(list_id)s AND source.role = %(role)s
   AND source.id <> ALL(%(asked)s::bigint[])
"""
# Whoever asked for it themselves cannot go, and does not count.
_COUNT = """
SELECT (SELECT count(DISTINCT person_id) FROM given),
       (SELECT count(*) FROM {target} AS target
         WHERE {mine} AND NOT target.{asked_for}),
       (SELECT count(*) FROM {target} AS target
         WHERE {mine} AND NOT target.{asked_for}
           AND NOT EXISTS (SELECT FROM given WHERE given.person_id = target.person_id))
"""
_INCLUDE = """
INSERT INTO inclusion (source_id, person_id)
SELECT source_id, person_id FROM given
 WHERE NOT EXISTS (SELECT FROM inclusion
                    WHERE inclusion.source_id = given.source_id
                      AND inclusion.person_id = given.person_id)
 ORDER BY source_id, person_id
    ON CONFLICT DO NOTHING
"""
_LET_GO = """
WITH lost AS (
    DELETE FROM inclusion USING data_source AS source
     WHERE source.id = inclusion.source_id
       AND source.list_id = %(list_id)s AND source.role = %(role)s
       AND NOT EXISTS (SELECT FROM given
                        WHERE given.source_id = inclusion.source_id
                          AND given.person_id = inclusion.person_id)
    RETURNING inclusion.person_id
)
SELECT count(DISTINCT person_id) FROM lost
 WHERE NOT EXISTS (SELECT FROM given WHERE given.person_id = lost.person_id)
"""
_REMOVE = """
DELETE FROM {target} AS target
 WHERE {mine} AND NOT target.{asked_for}
   AND NOT EXISTS (SELECT FROM given WHERE given.person_id = target.person_id)
"""
_ADD_MEMBERS = """
INSERT INTO subscription (list_id, person_id, reception, concealed, subscribed)
SELECT DISTINCT %(list_id)s::bigint, given.person_id, %(reception)s, %(concealed)s,
       false
  FROM given
 WHERE NOT EXISTS (SELECT FROM subscription AS target
                    WHERE target.list_id = %(list_id)s
                      AND target.person_id = given.person_id)
 ORDER BY given.person_id
    ON CONFLICT (list_id, person_id) DO NOTHING
"""
_ADD_HOLDERS = """
INSERT INTO role (list_id, person_id, kind, granted)
SELECT DISTINCT %(list_id)s::bigint, given.person_id, %(role)s, false
  FROM given
 WHERE NOT EXISTS (SELECT FROM role AS target
                    WHERE target.list_id = %(list_id)s AND target.kind = %(role)s
                      AND target.person_id = given.person_id)
 ORDER BY given.person_id
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """All statements of a round, in the order in which they run."""

    count: sql.Composed
    add: str
    remove: sql.Composed
    patience: str = _PATIENCE
    lock: str = _LOCK
    tables: str = _TABLES
    copy: str = _COPY
    stage: tuple[str, ...] = (_PERSONS, _NAMES, _GIVEN, _STILL_GIVEN)
    include: str = _INCLUDE
    let_go: str = _LET_GO


def _made(
    *, target: str, asked_for: str, mine: str, add: str, first: str
) -> Statements:
    names = {
        "target": sql.Identifier(target),
        "asked_for": sql.Identifier(asked_for),
        "mine": sql.SQL(mine),
    }
    stage = (_PERSONS, _NAMES, _GIVEN, _STILL_GIVEN)
    return Statements(
        count=sql.SQL(_COUNT).format(**names),
        remove=sql.SQL(_REMOVE).format(**names),
        add=add,
        stage=(first, *stage) if first else stage,
    )


MEMBERS = _made(
    target="subscription",
    asked_for="subscribed",
    mine="target.list_id = %(list_id)s",
    add=_ADD_MEMBERS,
    first=_EXCLUDE,
)
#: Nobody is excluded from these: an owner whom the directory names is one.
ROLES = _made(
    target="role",
    asked_for="granted",
    mine="target.list_id = %(list_id)s AND target.kind = %(role)s",
    add=_ADD_HOLDERS,
    first="",
)
