"""Sessions: found by their identifier only, ended by time, rotation and by hand."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from listhub.config import Settings
from listhub.lists import persons
from listhub.lists.accounts import sessions

Driver = psycopg.Connection[Any]


@pytest.fixture
def session(driver: Driver, ann: int, settings: Settings) -> str:
    """Return the identifier of a session of hers."""
    return sessions.make(driver, ann, method="link", settings=settings)


def age(driver: Driver, column: str, span: str) -> None:
    driver.execute(f"UPDATE web_session SET {column} = now() - interval '{span}'")  # noqa: S608


def test_session_is_found(driver: Driver, ann: int, settings: Settings) -> None:
    """What the browser said is kept, short and without what could do harm."""
    identifier = sessions.make(
        driver,
        ann,
        method="oidc",
        settings=settings,
        user_agent="Browser\x1b[31m\r\n" + "x" * 500,
        came_from="192.0.2.1",
    )
    found = sessions.find(driver, identifier, settings=settings)
    assert found is not None
    assert (found.person_id, found.method, found.came_from) == (
        ann,
        "oidc",
        "192.0.2.1",
    )
    assert len(found.user_agent) == 200
    assert found.user_agent.isprintable()
    assert (found.second_factor, found.waits_for_code) == (False, False)


def test_only_a_digest_is_stored(driver: Driver, session: str) -> None:
    """Who reads the database has nobody's session; an identifier has 256 bits."""
    row = driver.execute("SELECT web_session::text FROM web_session").fetchone()
    assert row is not None
    assert session not in row[0]
    assert len(session) == 43


@pytest.mark.parametrize("wrong", ["", "x", "\0", "é" * 5000, "\ud800"])
def test_what_is_none(driver: Driver, settings: Settings, wrong: str) -> None:
    """A cookie may say anything."""
    assert sessions.find(driver, wrong, settings=settings) is None
    assert not sessions.end(driver, wrong)
    with pytest.raises(LookupError):
        sessions.rotate(driver, wrong)


def test_sign_in_is_noted(driver: Driver, session: str) -> None:
    """Who signed in and how stands in the audit."""
    row = driver.execute("SELECT actor, object, detail FROM audit").fetchone()
    assert row == ("Ann@a.example", "Ann@a.example", {"how": "link"})
    assert session


def test_nobody_signs_in_who_is_gone(driver: Driver, settings: Settings) -> None:
    """A person erased in this moment gets no session."""
    with pytest.raises(LookupError):
        sessions.make(driver, 999_999, method="link", settings=settings)


@pytest.mark.parametrize(
    ("column", "span"), [("seen_at", "8 days"), ("expires_at", "1 second")]
)
def test_time_ends_it(
    driver: Driver, settings: Settings, session: str, column: str, span: str
) -> None:
    """Not used for the idle time, or past its life: it is none."""
    age(driver, column, span)
    assert sessions.find(driver, session, settings=settings) is None
    assert sessions.of_person(driver, 1, settings=settings) == []


def test_use_keeps_it_but_not_for_ever(
    driver: Driver, ann: int, signing_in: Callable[..., Settings]
) -> None:
    """Each use begins the idle time anew; the end of its life stays where it was."""
    settings = signing_in(session_idle=3600.0, session_life=7200.0)
    session = sessions.make(driver, ann, method="link", settings=settings)
    age(driver, "seen_at", "59 minutes")
    before = sessions.find(driver, session, settings=settings)
    after = sessions.find(driver, session, settings=settings)
    assert before is not None
    assert after is not None
    assert (after.seen_at - before.seen_at).total_seconds() == 59 * 60
    assert after.expires_at == before.expires_at


def test_seen_is_written_once_a_minute(
    driver: Driver, settings: Settings, session: str
) -> None:
    """A page of twenty requests writes at most once."""
    age(driver, "seen_at", "59 seconds")
    place = driver.execute("SELECT ctid::text FROM web_session").fetchone()
    sessions.find(driver, session, settings=settings)
    assert driver.execute("SELECT ctid::text FROM web_session").fetchone() == place
    age(driver, "seen_at", "61 seconds")
    place = driver.execute("SELECT ctid::text FROM web_session").fetchone()
    sessions.find(driver, session, settings=settings)
    assert driver.execute("SELECT ctid::text FROM web_session").fetchone() != place


def test_rotation(driver: Driver, settings: Settings, session: str) -> None:
    """The second factor changes the identifier; the old one is worth nothing at once."""
    new = sessions.rotate(driver, session, second_factor=True)
    assert sessions.find(driver, session, settings=settings) is None
    found = sessions.find(driver, new, settings=settings)
    assert found is not None
    assert found.second_factor
    again = sessions.find(driver, sessions.rotate(driver, new), settings=settings)
    assert again is not None
    assert again.second_factor


def test_sign_in_replaces(
    driver: Driver, ann: int, settings: Settings, session: str
) -> None:
    """Signing in with a browser that is signed in ends what it had."""
    sessions.make(driver, ann, method="link", settings=settings, replaces=session)
    assert sessions.find(driver, session, settings=settings) is None
    assert len(sessions.of_person(driver, ann, settings=settings)) == 1


def test_ending(driver: Driver, ann: int, settings: Settings, session: str) -> None:
    """One's own by identifier, one by number, all others; never somebody else's."""
    others = [
        sessions.make(driver, ann, method="password", settings=settings)
        for _ in range(3)
    ]
    bob = persons.find_or_make(driver, "bob@b.example")
    his = sessions.make(driver, bob, method="link", settings=settings)
    found = sessions.find(driver, others[0], settings=settings)
    assert found is not None

    assert not sessions.end_one(driver, bob, found.id)
    assert sessions.end_one(driver, ann, found.id)
    assert sessions.end(driver, others[1])
    assert not sessions.end(driver, others[1])
    assert sessions.end_others(driver, ann, keep=session) == 1
    left = sessions.of_person(driver, ann, settings=settings)
    assert [each.method for each in left] == ["link"]
    assert sessions.find(driver, his, settings=settings) is not None
    assert sessions.end_others(driver, ann) == 1


def test_session_goes_with_its_person(
    driver: Driver, ann: int, settings: Settings, session: str
) -> None:
    """Who is erased is signed out everywhere."""
    driver.execute("DELETE FROM person WHERE id = %s", [ann])
    assert sessions.find(driver, session, settings=settings) is None
