"""Domains and lists: what may be made, what is said when it may not, what is noted."""

from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from listhub.errors import UsageError
from listhub.lists import catalogue, grants, settings
from listhub.models import MailingList
from tests.factories.domain import DomainFactory
from tests.factories.mailing_list import MailingListFactory
from tests.factories.person import RoleFactory

Driver = psycopg.Connection[Any]


def notes(driver: Driver) -> list[tuple[str, str, str]]:
    rows = driver.execute("SELECT actor, action, object FROM audit ORDER BY id")
    return rows.fetchall()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("lists.Example.ORG", "lists.example.org"),
        (
            "b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example",
            "xn--bcher-kva.example",
        ),
    ],
)
def test_domain_is_stored_as_mail_servers_write_it(
    driver: Driver, typed: str, stored: str
) -> None:
    """Lower case and A-labels: so RCPT TO has it."""
    assert catalogue.add_domain(driver, typed, actor="t") == stored
    assert [row.name for row in catalogue.domains(driver)] == [stored]
    assert notes(driver) == [("t", "domain.add", stored)]


@pytest.mark.parametrize(
    "name", ["", "a b", "[127.0.0.1]", "-.example", "x@y.example", "\0", "\udc80", "."]
)
def test_domain_that_is_none(driver: Driver, name: str) -> None:
    """Nothing reaches the database that is not a domain's name."""
    with pytest.raises(UsageError, match="is not the name of a domain"):
        catalogue.add_domain(driver, name, actor="t")


def test_domain_twice(factories: Session, driver: Driver) -> None:
    """A domain that is here already is said to be."""
    name = DomainFactory.create().name
    with pytest.raises(UsageError, match="is here already"):
        catalogue.add_domain(driver, name, actor="t")


def test_domain_with_lists_stays(mailing_list: MailingList, driver: Driver) -> None:
    """A closed list holds its domain, too: its archive is still there."""
    domain = mailing_list.address.partition("@")[2]
    found = catalogue.find_list(driver, mailing_list.address)
    catalogue.set_status(driver, found, "closed", actor="t")

    with pytest.raises(UsageError, match=f"has 1 list, {found.address} first"):
        catalogue.remove_domain(driver, domain, actor="t")


def test_domain_without_lists_goes(factories: Session, driver: Driver) -> None:
    """Its settings and listmasters go with it."""
    domain = DomainFactory.create()
    name = domain.name
    RoleFactory.create(kind="listmaster", domain_id=domain.id)

    assert catalogue.remove_domain(driver, name.upper(), actor="t") == name
    assert catalogue.domains(driver) == []
    with pytest.raises(UsageError, match=f"There is no domain {name} here"):
        catalogue.remove_domain(driver, name, actor="t")


def test_list_with_owners_and_settings(factories: Session, driver: Driver) -> None:
    """What is asked for on creation is all there, and noted."""
    domain = DomainFactory.create().name
    made = catalogue.create_list(
        driver,
        f"Staff@{domain.upper()}",
        actor="t",
        owners=["Boss@example.net", "other@example.net"],
        values={"subject": "All of us", "priority": "3"},
    )

    assert (made.address, made.status, made.members) == (f"staff@{domain}", "open", 0)
    assert grants.holders(driver, made.id, kind="owner") == [
        "Boss@example.net",
        "other@example.net",
    ]
    in_force = settings.load_list_settings(driver, made.id)
    assert (in_force.subject, in_force.priority) == ("All of us", "3")
    assert [action for _, action, _ in notes(driver)] == [
        "list.create",
        "owner.add",
        "owner.add",
        "list.set",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "staff-request@{}",
        "staff-owner@{}",
        "sympa@{}",
        "listmaster@{}",
        "bounce+x@{}",
        "-staff@{}",
        "st aff@{}",
        "st\0aff@{}",
        '"staff"@{}',
        "x" * 60 + "@{}",
        "staff",
        "@{}",
        "staff@",
        "staff@a b",
        "",
    ],
)
def test_address_that_no_list_may_have(
    factories: Session, driver: Driver, address: str
) -> None:
    """One sentence says what is wrong, and nothing is made."""
    domain = DomainFactory.create().name
    with pytest.raises(UsageError) as raised:
        catalogue.create_list(driver, address.format(domain), actor="t")

    assert len(raised.value.public) < 300
    assert catalogue.lists(driver) == []


def test_list_in_no_domain(driver: Driver) -> None:
    """The sentence says which command is missing."""
    with pytest.raises(UsageError, match=r"`listhub domain add x\.example`"):
        catalogue.create_list(driver, "a@x.example", actor="t")


def test_list_twice(mailing_list: MailingList, driver: Driver) -> None:
    """An open list is here already; a closed one is opened instead."""
    address = mailing_list.address
    with pytest.raises(UsageError, match="is here already"):
        catalogue.create_list(driver, address, actor="t")
    catalogue.set_status(
        driver, catalogue.find_list(driver, address), "closed", actor="t"
    )
    with pytest.raises(UsageError, match=f"`listhub list open {address}`"):
        catalogue.create_list(driver, address, actor="t")


def test_closed_and_opened(mailing_list: MailingList, driver: Driver) -> None:
    """Each change is noted once, and doing it again changes nothing."""
    found = catalogue.find_list(driver, mailing_list.address.upper())
    assert catalogue.set_status(driver, found, "closed", actor="t")
    assert not catalogue.set_status(driver, found, "closed", actor="t")
    closed = catalogue.find_list(driver, mailing_list.address)
    assert closed.closed_at is not None
    assert catalogue.lists(driver, status="open") == []
    assert catalogue.set_status(driver, found, "open", actor="t")
    assert catalogue.find_list(driver, mailing_list.address).closed_at is None

    assert [action for _, action, _ in notes(driver)] == ["list.close", "list.open"]


def test_lists_of_one_domain(factories: Session, driver: Driver) -> None:
    """Only the domain's own are listed, and a domain that is not here is said so."""
    mine = MailingListFactory.create()
    MailingListFactory.create()
    domain = mine.address.partition("@")[2]

    assert [row.address for row in catalogue.lists(driver, domain=domain)] == [
        mine.address
    ]
    with pytest.raises(UsageError, match="There is no domain"):
        catalogue.lists(driver, domain="nowhere.example")


@pytest.mark.parametrize("address", ["", "x", "\0@x.example", "\udc80@x", "a@[::1]"])
def test_list_that_cannot_be(driver: Driver, address: str) -> None:
    """Any text may be asked for."""
    with pytest.raises(UsageError, match="There is no list"):
        catalogue.find_list(driver, address)


def test_owners_come_and_go(mailing_list: MailingList, driver: Driver) -> None:
    """A role is held once, by address whatever its case, and given up by who holds it."""
    of: Any = {"name": mailing_list.address, "actor": "t"}
    list_id = mailing_list.id
    grants.grant(driver, list_id, "A@example.net", kind="owner", **of)
    with pytest.raises(UsageError, match=r"a@EXAMPLE\.net is an owner of"):
        grants.grant(driver, list_id, "a@EXAMPLE.net", kind="owner", **of)
    grants.grant(driver, list_id, "a@example.net", kind="moderator", **of)
    grants.revoke(driver, list_id, "a@example.net", kind="owner", **of)

    assert grants.holders(driver, list_id, kind="owner") == []
    assert grants.holders(driver, list_id, kind="moderator") == ["A@example.net"]
    with pytest.raises(UsageError, match=r"is not an owner of"):
        grants.revoke(driver, list_id, "a@example.net", kind="owner", **of)
    with pytest.raises(UsageError, match=r'"nobody" is not an e-mail address'):
        grants.grant(driver, list_id, "nobody", kind="owner", **of)
