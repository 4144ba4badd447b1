"""People who get in: passwords, second factors, and the ways of programs that guess."""

import base64
import re
from typing import Any

import psycopg
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from listhub import db
from listhub.config import Settings
from listhub.lists import persons
from listhub.lists.accounts import passwords, recovery_codes, second_factor

PASSWORD = "a rather long passphrase"


def give_password(settings: Settings, address: str, password: str = PASSWORD) -> int:
    """Give a person a password; return their number."""
    with db.transaction(settings.database) as conn:
        person_id = persons.find_or_make(conn, address)
        passwords.change(conn, person_id, password, settings=settings)
    return person_id


def give_second_factor(settings: Settings, address: str) -> tuple[str, tuple[str, ...]]:
    """Give a person a second factor; return its secret and the recovery codes.

    The code of this half minute is used up by it: `forget_steps` lets it be used again.
    """
    with db.transaction(settings.database) as conn:
        person_id = persons.find_or_make(conn, address)
        begun = second_factor.begin(conn, person_id, settings=settings)
        code = code_of(conn, begun.secret)
        guess = second_factor.confirm(conn, person_id, code, settings=settings)
        assert guess.right
        codes = recovery_codes.renew(conn, person_id)
        forget_steps(conn)
    return begun.secret, codes


def code_of(conn: "psycopg.Connection[Any]", secret: str) -> str:
    """Return the code of this half minute, by the database's clock."""
    row = conn.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    assert row is not None
    plain = base64.b32decode(secret)
    # RFC 6238 §1.2.
    return TOTP(plain, 6, SHA1(), 30).generate(int(row[0])).decode()  # noqa: S303


def forget_steps(conn: "psycopg.Connection[Any]") -> None:
    """Let the code of this half minute be used once more: no test waits for the next."""
    conn.execute("UPDATE second_factor SET last_step = 0")


def wrong_code(code: str) -> str:
    """Return a code that is not right now."""
    return f"{(int(code) + 500_000) % 1_000_000:06}"


def secret_on(html: str) -> str:
    """Return the secret that a page shows for the program."""
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', html)
    assert found, "no secret on the page"
    return found[1].replace(" ", "")
