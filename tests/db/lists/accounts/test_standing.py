"""What somebody is: their roles, in one statement, and when they are withheld."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from listhub.config import Settings, Site
from listhub.lists import listmasters, persons
from listhub.lists.accounts import sessions, standing
from listhub.lists.accounts.standing import VISITOR
from listhub.models import Domain, MailingList
from tests.factories.domain import DomainFactory
from tests.factories.mailing_list import MailingListFactory

Driver = psycopg.Connection[Any]


@pytest.fixture
def other(factories: object) -> MailingList:
    made: MailingList = MailingListFactory.create()
    return made


def role(driver: Driver, person: int, list_id: int, kind: str, **more: str) -> None:
    driver.execute(
        "INSERT INTO role (person_id, list_id, kind, profile) VALUES (%s, %s, %s, %s)",
        [person, list_id, kind, more.get("profile", "normal")],
    )


def factor(driver: Driver, person: int) -> None:
    driver.execute(
        "INSERT INTO second_factor (person_id, secret, confirmed_at)"
        " VALUES (%s, 'x', now())",
        [person],
    )


def test_visitor(driver: Driver, settings: Settings) -> None:
    """Nobody signed in, or somebody who is gone, is nothing."""
    assert standing.of(driver, None, settings=settings) is VISITOR
    assert standing.of_person(driver, 999_999, settings=settings) is VISITOR
    assert not VISITOR.signed_in
    assert not VISITOR.decides
    assert not VISITOR.runs(1)
    assert not standing.is_member(driver, VISITOR, 1)


def test_roles(
    driver: Driver,
    ann: int,
    mailing_list: MailingList,
    other: MailingList,
    settings: Settings,
) -> None:
    """Each role is about its list or domain alone."""
    role(driver, ann, mailing_list.id, "owner", profile="privileged")
    role(driver, ann, other.id, "moderator")
    who = standing.of_person(driver, ann, settings=settings)
    assert (who.address, who.signed_in, who.decides) == ("Ann@a.example", True, True)
    assert (who.owns(mailing_list.id), who.owns(other.id)) == (True, False)
    assert who.owns_privileged(mailing_list.id)
    assert (who.moderates(other.id), who.moderates(mailing_list.id)) == (True, False)
    assert not who.is_listmaster
    assert not who.runs(mailing_list.domain_id)


def test_listmasters(driver: Driver, ann: int, factories: object) -> None:
    """Of a domain, of the site, or named in the settings."""
    mine: Domain = DomainFactory.create()
    other: Domain = DomainFactory.create()
    listmasters.grant(driver, "ann@a.example", domain=mine.name, actor="t")
    plain = Settings()
    who = standing.of_person(driver, ann, settings=plain)
    assert (who.runs(mine.id), who.runs(other.id)) == (True, False)
    assert (who.is_listmaster, who.site_listmaster) == (True, False)

    named = Settings(site=Site(listmaster="ANN@a.example"))
    assert standing.of_person(driver, ann, settings=named).runs(other.id)
    listmasters.grant(driver, "ann@a.example", domain=None, actor="t")
    assert standing.of_person(driver, ann, settings=plain).runs(other.id)


def test_nothing_until_the_code_is_given(
    driver: Driver, ann: int, mailing_list: MailingList, settings: Settings
) -> None:
    """Who has a second factor is a visitor until it is given."""
    role(driver, ann, mailing_list.id, "owner")
    factor(driver, ann)
    identifier = sessions.make(driver, ann, method="password", settings=settings)
    session = sessions.find(driver, identifier, settings=settings)
    who = standing.of(driver, session, settings=settings)
    assert (who.signed_in, who.lacks, who.owned) == (False, "code", frozenset())

    identifier = sessions.rotate(driver, identifier, second_factor=True)
    session = sessions.find(driver, identifier, settings=settings)
    who = standing.of(driver, session, settings=settings)
    assert (who.lacks, who.owns(mailing_list.id)) == ("", True)


def test_listmaster_without_a_second_factor(
    driver: Driver,
    ann: int,
    mailing_list: MailingList,
    signing_in: Callable[..., Settings],
) -> None:
    """Where it is required a listmaster without one is none, but keeps other roles."""
    role(driver, ann, mailing_list.id, "owner")
    listmasters.grant(driver, "ann@a.example", domain=None, actor="t")
    settings = signing_in(require_second_factor=True)
    who = standing.of_person(driver, ann, settings=settings)
    assert (who.is_listmaster, who.lacks) == (False, "second_factor")
    assert who.owns(mailing_list.id)
    factor(driver, ann)
    assert standing.of_person(driver, ann, settings=settings).site_listmaster
    bob = persons.find_or_make(driver, "bob@b.example")
    assert standing.of_person(driver, bob, settings=settings).lacks == ""


def test_membership_is_asked_by_list(
    driver: Driver, ann: int, mailing_list: MailingList, settings: Settings
) -> None:
    """Whether somebody is a member is asked where it matters."""
    who = standing.of_person(driver, ann, settings=settings)
    assert not standing.is_member(driver, who, mailing_list.id)
    driver.execute(
        "INSERT INTO subscription (list_id, person_id) VALUES (%s, %s)",
        [mailing_list.id, ann],
    )
    assert standing.is_member(driver, who, mailing_list.id)
