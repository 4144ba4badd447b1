"""Passwords: for those who want one, and for when no mail comes through.

Argon2id with the parameters that OWASP names first: 19 MiB for each guess under way, so
that forty threads which all check one stay below a gigabyte.
"""

import functools
import unicodedata
from typing import Any

import psycopg
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from listhub.config import Settings
from listhub.i18n.text import N_
from listhub.lists import audit
from listhub.lists.accounts import limits, sessions, telling
from listhub.lists.accounts.guess import WRONG, Guess
from listhub.lists.said import SaidError
from listhub.mail.address import key, parse_addr_spec

#: Characters; more than the most would only cost time.
LEAST, MOST = 12, 500
#: So many must be left without the words of one's address, and so many be different.
_LEAST_OWN, _LEAST_DIFFERENT = 8, 5
#: Shorter words stand in many passwords by chance.
_WORD = 3

OFF = N_("This site has no passwords; a link by mail signs you in.")
TOO_SHORT = N_("A password needs %(least)s characters or more.")
TOO_LONG = N_("A password has %(most)s characters at most.")
TOO_LIKE = N_("This password is too much like your address; choose another one.")
TOO_PLAIN = N_("This password repeats too few characters; choose another one.")

_FIND = """
SELECT person.id, hash FROM person JOIN password ON password.person_id = person.id
 WHERE address_key = %s
"""
_SET = """
INSERT INTO password (person_id, hash) VALUES (%(person_id)s, %(hash)s)
    ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, changed_at = now()
"""
_REHASH = (
    "UPDATE password SET hash = %(new)s WHERE person_id = %(id)s AND hash = %(old)s"
)
_REMOVE = "DELETE FROM password WHERE person_id = %s"
_HAS_ONE = "SELECT EXISTS (SELECT FROM password WHERE person_id = %s)"


def sign_in(
    conn: "psycopg.Connection[Any]",
    address: str,
    password: str,
    *,
    settings: Settings,
    came_from: str = "",
) -> Guess:
    """Try a password; it takes as long for addresses that have none.  Commit after it."""
    parsed = parse_addr_spec(address.strip())
    whose = key(parsed.text) if parsed else ""
    asked = (
        (limits.PASSWORD_NETWORK, limits.network(came_from)),
        (limits.PASSWORD_ADDRESS, whose),
    )
    wait = limits.take(conn, *asked)
    if wait:
        return Guess(wait=wait)
    found = conn.execute(_FIND, [whose]).fetchone()
    person_id, stored = found or (0, _nobodys())
    plain = _normal(password)
    right = _matches(stored, plain) and person_id > 0 and settings.sign_in.passwords
    if not right:
        return WRONG
    limits.give_back(conn, *asked)
    if _hasher().check_needs_rehash(stored):
        row = {"id": person_id, "old": stored, "new": _hasher().hash(plain)}
        conn.execute(_REHASH, row)
    return Guess(person_id=person_id)


def change(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    password: str,
    *,
    settings: Settings,
    keep: str = "",
) -> None:
    """Give a person a password; all their sessions end but that of `keep`.

    SaidError says why a password is not good enough.
    """
    if not settings.sign_in.passwords:
        raise SaidError(OFF)
    address = telling.address_of(conn, person_id)
    plain = _normal(password)
    check(plain, address)
    conn.execute(_SET, {"person_id": person_id, "hash": _hasher().hash(plain)})
    sessions.end_others(conn, person_id, keep=keep)
    telling.changed(conn, person_id, "password_set", settings=settings)
    audit.note(conn, actor=address, action="password.set", subject=address)


def remove(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    *,
    settings: Settings,
    keep: str = "",
    actor: str = "",
) -> bool:
    """Take a person's password away, with sessions as `change` does; tell if there was."""
    if not conn.execute(_REMOVE, [person_id]).rowcount:
        return False
    sessions.end_others(conn, person_id, keep=keep)
    address = telling.changed(conn, person_id, "password_removed", settings=settings)
    audit.note(conn, actor=actor or address, action="password.remove", subject=address)
    return True


def has_one(conn: "psycopg.Connection[Any]", person_id: int) -> bool:
    """Tell whether a person has a password."""
    row = conn.execute(_HAS_ONE, [person_id]).fetchone()
    return bool(row and row[0])


def check(password: str, address: str) -> None:
    """Raise SaidError for a password that is short, long, plain, or one's address."""
    if len(password) < LEAST:
        raise SaidError(TOO_SHORT, least=LEAST)
    if len(password) > MOST:
        raise SaidError(TOO_LONG, most=MOST)
    folded = password.casefold()
    if len(set(folded)) < _LEAST_DIFFERENT:
        raise SaidError(TOO_PLAIN)
    for word in _words(address):
        folded = folded.replace(word, "")
    if len(folded) < _LEAST_OWN:
        raise SaidError(TOO_LIKE)


def _words(address: str) -> list[str]:
    """Return the parts of an address that a password must not live on, longest first."""
    folded = address.casefold()
    found = parse_addr_spec(folded)
    parts = [found.local, found.domain] if found else []
    pieces = [piece for part in parts for piece in part.replace("-", ".").split(".")]
    words = {folded, *parts, *pieces}
    return sorted((w for w in words if len(w) >= _WORD), key=len, reverse=True)


def _normal(password: str) -> str:
    """Return a password as all keyboards give it (RFC 8265 §4.2.2)."""
    spaces = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    whole = spaces.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", whole)


def _matches(stored: str, password: str) -> bool:
    if len(password) > MOST:
        return False
    try:
        return _hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@functools.cache
def _nobodys() -> str:
    """Return the hash of no password: guesses at nobody's take their time, too."""
    return _hasher().hash("")
