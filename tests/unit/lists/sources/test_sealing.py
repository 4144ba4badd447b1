"""Passwords of sources at rest: sealed, opened, and read as they were before."""

import pytest
from hypothesis import given, strategies as st

from listhub.config import Settings, Site
from listhub.errors import UsageError
from listhub.lists.sources import kinds
from listhub.lists.sources.sealing import Sealing, is_sealed
from listhub.lists.sources.source import Source, SourceError

SEALING = Sealing(settings=Settings(site=Site(secret="5e" * 16)))
OTHER = Sealing(settings=Settings(site=Site(secret="ab" * 16)))
NONE = Sealing(settings=Settings())
URL = "postgresql://reader:hunter2@db.example/people"


def source(config: dict[str, str]) -> Source:
    return Source(
        id=1,
        list_id=1,
        role="member",
        name="hr",
        kind="sql",
        config=config,
        enabled=True,
        ttl=60,
        last_ok_at=None,
        last_rows=None,
        last_refused=None,
        last_error=None,
    )


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_is_opened(value: str) -> None:
    """Any text comes back; nobody reads it without the key."""
    stored = SEALING.sealed({"password": value, "host": "h"}, secret={"password"})

    assert stored["host"] == "h"
    assert is_sealed(stored["password"])
    assert len(value) < 4 or value not in stored["password"]
    assert SEALING.opened(stored) == {"password": value, "host": "h"}


def test_sealed_twice_is_sealed_once() -> None:
    """What is sealed already stays as it is."""
    once = SEALING.sealed({"password": "x"}, secret={"password"})

    assert SEALING.sealed(once, secret={"password"}) == once


def test_the_same_password_never_looks_the_same() -> None:
    """Whoever compares two sources does not learn that they share a password."""
    stored = [SEALING.sealed({"p": "x"}, secret={"p"})["p"] for _ in range(2)]

    assert stored[0] != stored[1]


def test_plain_values_of_earlier_releases_are_read() -> None:
    """A source that was stored before is read without a secret even."""
    assert NONE.opened({"url": URL}) == {"url": URL}
    kinds.reader(source({"url": URL, "statement": "SELECT 1"}), sealing=NONE)


def test_another_secret_is_said_to_be_one() -> None:
    """After the secret of the site was changed, passwords are to be set anew."""
    config = SEALING.sealed({"url": URL, "statement": "SELECT 1"}, secret={"url"})

    with pytest.raises(UsageError, match="url was stored under another secret"):
        OTHER.opened(config)
    with pytest.raises(SourceError, match="set it anew"):
        kinds.reader(source(config), sealing=OTHER)
    with pytest.raises(SourceError, match="another secret"):
        kinds.reader(source({**config, "url": "sealed:rubbish"}), sealing=SEALING)


def test_a_site_without_a_secret_seals_nothing() -> None:
    """It is said what to do; kinds without passwords do not need one."""
    with pytest.raises(UsageError, match=r"site\.secret is empty"):
        NONE.sealed({"password": "x"}, secret={"password"})
    assert NONE.sealed({"file": "x"}, secret={"password"}) == {"file": "x"}


def test_nothing_shows_a_password() -> None:
    """Neither what people see, nor what a traceback or a log would print."""
    plain = source({"url": URL, "statement": "SELECT 1", "kept_by_newer": "sealed:abc"})

    assert kinds.shown_fields(plain) == {
        "url": "***",
        "statement": "SELECT 1",
        "kept_by_newer": "***",
    }
    assert "hunter2" not in repr(plain)
    reader = kinds.reader(source({"url": URL, "statement": "SELECT 1"}), sealing=NONE)
    assert "hunter2" not in repr(reader)


def test_which_fields_are_secret() -> None:
    """Every kind that asks for a password seals it."""
    found = {kind.name: kinds.secret_fields(kind.name) for kind in kinds.KINDS}

    assert found == {
        "file": frozenset(),
        "https": {"password"},
        "list": frozenset(),
        "sql": {"url"},
        "ldap": {"password"},
        "ldap2": {"password"},
    }
