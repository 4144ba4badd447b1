"""The second factor: six digits by the clock (RFC 6238), and codes for when it is lost.

The shared secret is encrypted with a key derived from the site's, so a copy of the
database gives no codes.  The database's clock counts, for all hosts.
"""

import base64
import io
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from listhub import log
from listhub.config import Settings
from listhub.config.reading import derived_key
from listhub.i18n.text import N_
from listhub.lists import audit
from listhub.lists.accounts import limits, recovery_codes, telling
from listhub.lists.accounts.guess import WRONG, Guess
from listhub.lists.said import SaidError

#: What the key is for; a key derived under this name opens nothing else.
PURPOSE = "second factor"

ALREADY = N_("You have a second factor; take it away before you set up another one.")

# What every program for it knows: SHA-1, six digits, half a minute.  In an HMAC SHA-1 is
# as good as ever (RFC 6238 §1.2).
_STEP, _DIGITS, _SECRET_OCTETS = 30, 6, 20
#: A clock may be half a minute off, and typing takes time (RFC 6238 §5.2).
_WINDOW = (-1, 0, 1)
_NONCE = 12

_NOW = f"floor(extract(epoch FROM clock_timestamp()) / {_STEP})::bigint"
_BEGIN = """
INSERT INTO second_factor AS held (person_id, secret) VALUES (%s, %s)
    ON CONFLICT (person_id) DO UPDATE
       SET secret = excluded.secret, created_at = now() WHERE held.confirmed_at IS NULL
"""
_FIND = f"""
SELECT secret, last_step, {_NOW} FROM second_factor
 WHERE person_id = %s AND (confirmed_at IS NOT NULL) = %s
"""  # noqa: S608 - constants
# RFC 6238 §5.2: a code is taken once.  Of two at once one finds the step taken.
_TAKE = """
UPDATE second_factor
   SET last_step = %(step)s, confirmed_at = coalesce(confirmed_at, now())
 WHERE person_id = %(person_id)s AND last_step < %(step)s
"""
_REMOVE = "DELETE FROM second_factor WHERE person_id = %s"
_STATE = """
SELECT EXISTS (SELECT FROM second_factor
                WHERE person_id = %(id)s AND confirmed_at IS NOT NULL),
       (SELECT count(*) FROM recovery_code WHERE person_id = %(id)s)
"""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a program is given to make codes: as text, as a link, and to be scanned."""

    secret: str
    uri: str
    #: An SVG element without scripts and styles.
    qr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Whether a person has a second factor, and how many recovery codes are left."""

    on: bool
    recovery_codes: int


def begin(
    conn: "psycopg.Connection[Any]", person_id: int, *, settings: Settings
) -> Enrolment:
    """Draw a secret for a person's program; `confirm` makes it count.

    Beginning again draws another one.  SaidError for whoever has a second factor.
    """
    plain = secrets.token_bytes(_SECRET_OCTETS)
    sealed = _seal(plain, person_id, settings)
    if not conn.execute(_BEGIN, [person_id, sealed]).rowcount:
        raise SaidError(ALREADY)
    return _enrolment(conn, person_id, plain, settings)


def begun(
    conn: "psycopg.Connection[Any]", person_id: int, *, settings: Settings
) -> Enrolment | None:
    """Return what was begun and not confirmed yet, to show it again."""
    row = conn.execute(_FIND, [person_id, False]).fetchone()
    plain = _open(row[0], person_id, settings) if row else b""
    return _enrolment(conn, person_id, plain, settings) if plain else None


def confirm(
    conn: "psycopg.Connection[Any]", person_id: int, code: str, *, settings: Settings
) -> Guess:
    """Try a first code; if it is right the second factor counts from now on.

    Then give the person new `recovery_codes`, and rotate their session.
    """
    guess = _try(conn, person_id, code, settings=settings, confirmed=False)
    if guess.right:
        address = telling.changed(
            conn, person_id, "second_factor_added", settings=settings
        )
        audit.note(conn, actor=address, action="second_factor.add", subject=address)
    return guess


def verify(
    conn: "psycopg.Connection[Any]", person_id: int, code: str, *, settings: Settings
) -> Guess:
    """Try a code, or a recovery code, at a sign-in.  Commit after it."""
    return _try(conn, person_id, code, settings=settings, confirmed=True)


def state(conn: "psycopg.Connection[Any]", person_id: int) -> State:
    """Return whether a person has a second factor."""
    row = conn.execute(_STATE, {"id": person_id}).fetchone()
    on, codes = row or (False, 0)
    return State(on=on, recovery_codes=codes)


def remove(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    *,
    settings: Settings,
    actor: str = "",
) -> bool:
    """Take a person's second factor away, with its codes; tell if there was one."""
    recovery_codes.remove(conn, person_id)
    if not conn.execute(_REMOVE, [person_id]).rowcount:
        return False
    address = telling.changed(
        conn, person_id, "second_factor_removed", settings=settings
    )
    audit.note(
        conn, actor=actor or address, action="second_factor.remove", subject=address
    )
    return True


def _try(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    code: str,
    *,
    settings: Settings,
    confirmed: bool,
) -> Guess:
    asked = (limits.CODE_PERSON, person_id)
    wait = limits.take(conn, asked)
    if wait:
        return Guess(wait=wait)
    given = recovery_codes.plain(code)
    right = _take(conn, person_id, given, settings=settings, confirmed=confirmed)
    if not right and confirmed:
        right = recovery_codes.take(conn, person_id, given, settings=settings)
    if not right:
        return WRONG
    limits.give_back(conn, asked)
    return Guess(person_id=person_id)


def _take(
    conn: "psycopg.Connection[Any]",
    person_id: int,
    code: str,
    *,
    settings: Settings,
    confirmed: bool,
) -> bool:
    row = conn.execute(_FIND, [person_id, confirmed]).fetchone()
    if row is None:
        return False
    sealed, last_step, now = row
    plain = _open(sealed, person_id, settings)
    steps = (now + offset for offset in _WINDOW if now + offset > last_step)
    step = next((each for each in steps if plain and _is(plain, code, each)), None)
    if step is None:
        return False
    taken = conn.execute(_TAKE, {"person_id": person_id, "step": step})
    return bool(taken.rowcount)


def _is(plain: bytes, code: str, step: int) -> bool:
    try:
        _totp(plain).verify(code.encode("utf-8", "replace"), step * _STEP)
    except InvalidToken:
        return False
    return True


def _totp(plain: bytes) -> TOTP:
    return TOTP(plain, _DIGITS, SHA1(), _STEP)  # noqa: S303 - see _STEP


def _enrolment(
    conn: "psycopg.Connection[Any]", person_id: int, plain: bytes, settings: Settings
) -> Enrolment:
    site = urlsplit(settings.web.url).hostname or "ListHub"
    address = telling.address_of(conn, person_id)
    uri = _totp(plain).get_provisioning_uri(address, site)
    out = io.BytesIO()
    segno.make_qr(uri, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, light="#fff"
    )
    written = base64.b32encode(plain).decode()
    return Enrolment(secret=written, uri=uri, qr=out.getvalue().decode())


def _seal(plain: bytes, person_id: int, settings: Settings) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(settings).encrypt(nonce, plain, _owner(person_id))


def _open(sealed: bytes, person_id: int, settings: Settings) -> bytes:
    """Return the secret, b"" if it was sealed with another key, or for another person."""
    nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
    try:
        return _cipher(settings).decrypt(nonce, rest, _owner(person_id))
    except (InvalidTag, ValueError):
        _log.warning("second factor cannot be read", person=person_id)
        return b""


def _cipher(settings: Settings) -> AESGCM:
    return AESGCM(derived_key(settings, PURPOSE))


def _owner(person_id: int) -> bytes:
    """Return what a secret is bound to: nobody's can be put into another's row."""
    return f"person {person_id}".encode()
