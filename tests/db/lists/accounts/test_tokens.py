"""Tokens: shown once, found by themselves only, never more than their maker."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.config import Settings
from listhub.lists import listmasters, persons
from listhub.lists.accounts import grant, tokens
from listhub.lists.accounts.grant import Grant
from listhub.lists.accounts.tokens import Rights
from listhub.lists.said import SaidError
from listhub.models import MailingList
from tests.factories.mailing_list import MailingListFactory

Driver = psycopg.Connection[Any]


@pytest.fixture
def other(factories: object) -> MailingList:
    made: MailingList = MailingListFactory.create()
    return made


def make(
    driver: Driver,
    person: int,
    settings: Settings,
    rights: Rights = "read",
    **more: Any,
) -> str:
    token, _ = tokens.make(
        driver, person, name="backup", rights=rights, settings=settings, **more
    )
    return token


def own(driver: Driver, person: int, *lists: MailingList) -> None:
    for each in lists:
        driver.execute(
            "INSERT INTO role (person_id, list_id, kind) VALUES (%s, %s, 'owner')",
            [person, each.id],
        )


def granted(driver: Driver, token: str, settings: Settings) -> Grant:
    found = grant.of_token(driver, token, settings=settings)
    assert found is not None
    return found


def test_token_is_found(driver: Driver, ann: int, settings: Settings) -> None:
    """It is told once and stored as a digest; its use is written once a minute."""
    token = make(driver, ann, settings, "moderate")
    assert token.startswith("lh_")
    assert len(token) == 46
    row = driver.execute("SELECT api_token::text FROM api_token").fetchone()
    assert row is not None
    assert token not in row[0]

    first = tokens.find(driver, token)
    assert first is not None
    assert (first.address, first.name, first.rights, first.scope, first.used_at) == (
        *("Ann@a.example", "backup", "moderate"),
        *(None, None),
    )
    place = driver.execute("SELECT ctid::text FROM api_token").fetchone()
    again = tokens.find(driver, token)
    assert again is not None
    assert again.used_at is not None
    assert driver.execute("SELECT ctid::text FROM api_token").fetchone() == place


@pytest.mark.parametrize("wrong", ["", "lh_", "lh_" + "a" * 43, "\0", "lh_" + "é" * 43])
def test_what_is_no_token(driver: Driver, settings: Settings, wrong: str) -> None:
    """Whatever a program sends."""
    assert tokens.find(driver, wrong) is None
    assert grant.of_token(driver, wrong, settings=settings) is None


def test_owner_is_told(driver: Driver, ann: int, settings: Settings) -> None:
    """A new token is mailed about, without itself, and in the audit."""
    token = make(driver, ann, settings)
    ((head,),) = driver.execute("SELECT head FROM outgoing").fetchall()
    assert b"backup" in head
    assert token.encode() not in head
    row = driver.execute("SELECT action, actor, detail FROM audit").fetchone()
    assert row is not None
    assert row[:2] == ("token.make", "Ann@a.example")
    assert row[2]["rights"] == "read"


def test_it_ends(driver: Driver, ann: int, settings: Settings) -> None:
    """By its time, by its owner, by an operator; not by somebody else."""
    old = make(driver, ann, settings, life=timedelta(seconds=-1))
    assert tokens.find(driver, old) is None
    live = make(driver, ann, settings, life=timedelta(days=1))
    found = tokens.find(driver, live)
    assert found is not None
    bob = persons.find_or_make(driver, "bob@b.example")
    assert not tokens.revoke(driver, found.id, actor="bob", person_id=bob)
    assert tokens.revoke(driver, found.id, actor="Ann@a.example", person_id=ann)
    assert not tokens.revoke(driver, found.id, actor="cli:root")
    assert tokens.find(driver, live) is None
    assert [t.revoked_by for t in tokens.tokens(driver, person_id=ann)] == [
        None,
        "Ann@a.example",
    ]
    assert tokens.tokens(driver, person_id=bob) == []


def test_names_and_numbers(driver: Driver, ann: int, settings: Settings) -> None:
    """A token has a name; a person has fifty at most."""
    with pytest.raises(SaidError):
        tokens.make(driver, ann, name=" ", rights="read", settings=settings)
    driver.execute(
        "INSERT INTO api_token (person_id, digest, name, rights)"
        " SELECT %s, n::text::bytea, 'n', 'read' FROM generate_series(1, 50) AS n",
        [ann],
    )
    with pytest.raises(SaidError):
        make(driver, ann, settings)


def test_scopes(
    driver: Driver,
    ann: int,
    settings: Settings,
    mailing_list: MailingList,
    other: MailingList,
) -> None:
    """What lies outside of the scope is nothing to the token."""
    own(driver, ann, mailing_list, other)
    whole = granted(driver, make(driver, ann, settings), settings)
    assert whole.who.owned == {mailing_list.id, other.id}
    token = make(driver, ann, settings, domain_id=other.domain_id)
    in_domain = granted(driver, token, settings)
    assert in_domain.who.owned == {other.id}
    token = make(driver, ann, settings, list_id=other.id)
    in_list = granted(driver, token, settings)
    assert in_list.who.owned == {other.id}
    assert in_list.token is not None
    assert in_list.token.scope == other.address
    assert in_list.covers(domain_id=other.domain_id, list_id=other.id)
    assert not in_list.covers(domain_id=mailing_list.domain_id, list_id=mailing_list.id)


def test_listmasters_token_of_a_list(
    driver: Driver, ann: int, settings: Settings, mailing_list: MailingList
) -> None:
    """It may there what an owner may, and nothing of a listmaster's."""
    listmasters.grant(driver, "ann@a.example", domain=None, actor="t")
    found = granted(
        driver, make(driver, ann, settings, list_id=mailing_list.id), settings
    )
    assert found.who.owns_privileged(mailing_list.id)
    assert not found.who.is_listmaster
    token = make(driver, ann, settings, domain_id=mailing_list.domain_id)
    in_domain = granted(driver, token, settings).who
    assert in_domain.runs(mailing_list.domain_id)
    assert not in_domain.site_listmaster


def test_roles_are_those_of_now(
    driver: Driver, ann: int, settings: Settings, mailing_list: MailingList
) -> None:
    """Who is no owner any more has no owner's token any more."""
    own(driver, ann, mailing_list)
    token = make(driver, ann, settings, "manage", list_id=mailing_list.id)
    assert granted(driver, token, settings).who.owns(mailing_list.id)
    driver.execute("DELETE FROM role")
    found = granted(driver, token, settings)
    assert not found.who.decides
    assert found.allows("manage")


def test_it_goes_with_what_it_is_for(
    driver: Driver, ann: int, settings: Settings, mailing_list: MailingList
) -> None:
    """Of a list that is gone, or a person, no token is left, least of all for more."""
    token = make(driver, ann, settings, list_id=mailing_list.id)
    driver.execute("DELETE FROM mailing_list")
    assert tokens.find(driver, token) is None
    token = make(driver, ann, settings)
    driver.execute("DELETE FROM person WHERE id = %s", [ann])
    assert tokens.find(driver, token) is None
