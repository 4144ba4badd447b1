"""Twice at once, from several hosts: one sign-in, one code, one allowance, one call."""

import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

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
from listhub.lists.accounts.idempotency import Answer, Repeat
from listhub.lists.accounts.identities import Claims
from listhub.lists.accounts.limits import Limit

Driver = psycopg.Connection[Any]
T = TypeVar("T")

SETTINGS = Settings(site=Site(secret="0f" * 16))
MANY = 8
CALL = idempotency.fingerprint("POST", "/x", b"")


@pytest.fixture
def conn(database_url: str) -> Iterator[Driver]:
    """Return a connection whose statements are committed at once."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def ann(conn: Driver) -> int:
    return persons.find_or_make(conn, "ann@a.example")


def at_once(url: str, work: Callable[[Driver], T], times: int = MANY) -> list[T]:
    """Do the same work in several transactions that begin at the same moment."""
    start = threading.Barrier(times)

    def one(_: int) -> T:
        with psycopg.connect(url, options="-c lock_timeout=5s") as conn:
            conn.execute("SELECT 1")
            start.wait()
            return work(conn)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_link_signs_in_once(database_url: str, conn: Driver) -> None:
    """Whoever comes second with a link gets nothing, however close."""
    token, _ = links.make(conn, "new@a.example")
    used = at_once(database_url, lambda c: links.use(c, token))
    assert len([each for each in used if each]) == 1


def test_two_links_make_one_person(database_url: str, conn: Driver) -> None:
    """Both sign the same person in."""
    made = iter([links.make(conn, "new@a.example")[0] for _ in range(MANY)])
    lock = threading.Lock()

    def use(c: Driver) -> int:
        with lock:
            token = next(made)
        used = links.use(c, token)
        return used.person_id if used else 0

    found = at_once(database_url, use)
    assert set(found) == {persons.find(conn, "new@a.example")}


def test_code_is_taken_once(database_url: str, conn: Driver, ann: int) -> None:
    """A code seen by somebody else is worth nothing in the same second."""
    begun = second_factor.begin(conn, ann, settings=SETTINGS)
    totp = TOTP(base64.b32decode(begun.secret), 6, SHA1(), 30)  # noqa: S303 - RFC 6238
    ((now,),) = conn.execute(
        "UPDATE second_factor SET confirmed_at = now()"
        " RETURNING extract(epoch FROM clock_timestamp())::float8"
    ).fetchall()
    code = totp.generate(now).decode()
    guesses = at_once(
        database_url, lambda c: second_factor.verify(c, ann, code, settings=SETTINGS)
    )
    assert [guess.right for guess in guesses].count(True) == 1


def test_recovery_code_is_taken_once(database_url: str, conn: Driver, ann: int) -> None:
    """So is one of those."""
    code = recovery_codes.renew(conn, ann)[0]
    guesses = at_once(
        database_url, lambda c: second_factor.verify(c, ann, code, settings=SETTINGS)
    )
    assert [guess.right for guess in guesses].count(True) == 1


def test_limit_holds(database_url: str, conn: Driver) -> None:
    """Three are three, though eight hosts ask in the same instant."""
    three = Limit(name="three", times=3, seconds=3600.0, why="a test")
    waits = at_once(database_url, lambda c: limits.take(c, (three, "x")))
    assert waits.count(0.0) == 3
    assert all(wait > 600 for wait in waits if wait)


def test_refused_do_not_wait(database_url: str, conn: Driver) -> None:
    """Who is over the limit is told so while somebody holds the row."""
    one = Limit(name="one", times=1, seconds=3600.0, why="a test")
    limits.take(conn, (one, "x"))
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT * FROM rate_limit FOR UPDATE")
        conn.execute("SET lock_timeout = '100ms'")
        assert limits.take(conn, (one, "x")) > 0


def test_passwords_guessed_at_once(database_url: str, conn: Driver, ann: int) -> None:
    """Of many guesses at once no more are looked at than one after the other."""
    passwords.change(conn, ann, "correct horse battery", settings=SETTINGS)

    def guess(c: Driver) -> bool:
        said = passwords.sign_in(c, "ann@a.example", "wrong", settings=SETTINGS)
        return said.wait == 0

    most = limits.PASSWORD_ADDRESS.times
    assert at_once(database_url, guess, most + 6).count(True) == most


def test_first_sign_ins_bind_once(database_url: str, conn: Driver, ann: int) -> None:
    """Two browsers of somebody new: one identity, one person, one mail."""
    claims = Claims(
        issuer="https://id.example", subject="s", address="ann@a.example", verified=True
    )
    found = at_once(
        database_url, lambda c: identities.sign_in(c, claims, settings=SETTINGS)
    )
    assert found == [ann] * MANY
    assert len(identities.of_person(conn, ann)) == 1
    assert conn.execute("SELECT count(*) FROM outgoing").fetchone() == (1,)


def test_nobody_waits_to_be_seen(database_url: str, conn: Driver, ann: int) -> None:
    """A slow request of a browser does not hold up its others."""
    session = sessions.make(conn, ann, method="link", settings=SETTINGS)
    token, _ = tokens.make(conn, ann, name="t", rights="read", settings=SETTINGS)
    conn.execute("UPDATE web_session SET seen_at = now() - interval '1 hour'")
    with psycopg.connect(database_url) as slow:
        assert sessions.find(slow, session, settings=SETTINGS)
        assert tokens.find(slow, token)
        conn.execute("SET lock_timeout = '100ms'")
        assert sessions.find(conn, session, settings=SETTINGS)
        assert tokens.find(conn, token)


def test_old_identifier_at_the_rotation(
    database_url: str, conn: Driver, ann: int
) -> None:
    """Of several rotations at once one succeeds; there is one session afterwards."""
    session = sessions.make(conn, ann, method="password", settings=SETTINGS)

    def rotate(c: Driver) -> str:
        try:
            return sessions.rotate(c, session, second_factor=True)
        except LookupError:
            return ""

    new = [each for each in at_once(database_url, rotate) if each]
    assert len(new) == 1
    assert sessions.find(conn, new[0], settings=SETTINGS)
    assert len(sessions.of_person(conn, ann, settings=SETTINGS)) == 1


def test_call_is_done_once(database_url: str, conn: Driver, ann: int) -> None:
    """Of twins at once one does the work, and all give its answer."""
    _, token = tokens.make(conn, ann, name="t", rights="manage", settings=SETTINGS)
    done: list[int] = []

    def call(c: Driver) -> Answer:
        before = idempotency.begin(c, token, "k", request=CALL)
        if isinstance(before, Answer):
            return before
        assert before is Repeat.FIRST
        done.append(1)
        answer = Answer(status=201, body="made")
        idempotency.finish(c, token, "k", answer)
        return answer

    assert at_once(database_url, call) == [Answer(status=201, body="made")] * MANY
    assert len(done) == 1


def test_call_that_failed_is_done_again(
    database_url: str, conn: Driver, ann: int
) -> None:
    """What was rolled back has left nothing behind."""
    _, token = tokens.make(conn, ann, name="t", rights="manage", settings=SETTINGS)
    with psycopg.connect(database_url) as failing:
        assert idempotency.begin(failing, token, "k", request=CALL) is Repeat.FIRST
        failing.rollback()
    with psycopg.connect(database_url) as again:
        assert idempotency.begin(again, token, "k", request=CALL) is Repeat.FIRST


def test_call_that_takes_long(database_url: str, conn: Driver, ann: int) -> None:
    """Its twin waits a moment, is told that it is at work, and can go on."""
    _, token = tokens.make(conn, ann, name="t", rights="manage", settings=SETTINGS)
    with (
        psycopg.connect(database_url) as slow,
        psycopg.connect(database_url) as twin,
    ):
        assert idempotency.begin(slow, token, "k", request=CALL) is Repeat.FIRST
        assert idempotency.begin(twin, token, "k", request=CALL) is Repeat.BUSY
        assert twin.execute("SELECT 1").fetchone() == (1,)
        assert idempotency.begin(twin, token, "other", request=CALL) is Repeat.FIRST
        row = twin.execute("SHOW lock_timeout").fetchone()
        assert row == conn.execute("SHOW lock_timeout").fetchone()
