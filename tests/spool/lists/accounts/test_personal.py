"""What lets somebody in is told to them, and goes with them."""

import psycopg
import pytest

from listhub.config import Settings, Site
from listhub.lists import persons
from listhub.lists.accounts import (
    idempotency,
    identities,
    limits,
    links,
    passwords,
    recovery_codes,
    second_factor,
    sessions,
    tokens,
)
from listhub.lists.accounts.idempotency import Answer
from listhub.lists.accounts.identities import Claims
from listhub.lists.personal import erase, export

ANN, BOB = "ann@a.example", "bob@b.example"
SETTINGS = Settings(site=Site(secret="0f" * 16))
TABLES = {
    "web_session",
    "sign_in_link",
    "password",
    "second_factor",
    "recovery_code",
    "identity",
    "api_token",
    "api_answer",
    "rate_limit",
}


def live(conn: "psycopg.Connection[tuple[object, ...]]", address: str) -> int:
    """Have everything that an account can have."""
    person = persons.find_or_make(conn, address)
    links.ask(conn, address, settings=SETTINGS)
    passwords.change(conn, person, "correct horse battery", settings=SETTINGS)
    sessions.make(conn, person, method="link", settings=SETTINGS)
    second_factor.begin(conn, person, settings=SETTINGS)
    recovery_codes.renew(conn, person)
    claims = Claims(
        issuer="https://id.example", subject=address, address=address, verified=True
    )
    identities.sign_in(conn, claims, settings=SETTINGS)
    _, token = tokens.make(conn, person, name="t", rights="read", settings=SETTINGS)
    idempotency.begin(conn, token, "k", request=b"")
    idempotency.finish(conn, token, "k", Answer(status=200))
    assert limits.take(conn, (limits.LINK_ADDRESS, address)) == 0
    return person


@pytest.fixture
def bob(database_url: str) -> int:
    """Return the number of somebody else who has all of it, too."""
    with psycopg.connect(database_url) as conn:
        live(conn, ANN)
        return live(conn, BOB)


def test_account_is_told(database_url: str, bob: int) -> None:
    """Every table has something of hers, and no secret is in the export."""
    with psycopg.connect(database_url) as conn:
        told = export.export(conn, ANN)
    groups = {group.table: group.rows for group in told.groups}
    assert set(groups) >= TABLES
    shown = {name for rows in groups.values() for row in rows for name in row}
    assert not shown & {"digest", "hash", "secret"}


def test_account_goes(database_url: str, bob: int) -> None:
    """Nothing of hers is left, all of somebody else's is, and who revoked is rewritten."""
    with psycopg.connect(database_url) as conn:
        (token,) = tokens.tokens(conn, person_id=bob)
        tokens.revoke(conn, token.id, actor=ANN)
        report = erase.erase(conn, ANN, actor="t")
        assert {line.table for line in report.lines} >= TABLES
        left = export.export(conn, ANN)
        assert {group.table for group in left.groups} & TABLES == set()
        theirs = export.export(conn, BOB)
        assert {group.table for group in theirs.groups} >= TABLES
        (token,) = tokens.tokens(conn, person_id=bob)
    assert token.revoked_by == report.pseudonym
