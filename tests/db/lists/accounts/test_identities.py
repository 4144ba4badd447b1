"""Identities elsewhere: bound by a verified address, then known by their subject."""

from typing import Any

import psycopg
import pytest

from listhub.config import Settings
from listhub.lists import persons
from listhub.lists.accounts import identities, sessions
from listhub.lists.accounts.identities import Claims
from listhub.lists.said import SaidError

Driver = psycopg.Connection[Any]
ISSUER = "https://id.example"


def claims(subject: str, address: str = "ann@a.example", **more: Any) -> Claims:
    more = {"verified": True, "issuer": ISSUER, **more}
    return Claims(subject=subject, address=address, **more)


def test_first_and_later(driver: Driver, ann: int, settings: Settings) -> None:
    """The address binds; afterwards it may change or be missing."""
    assert identities.sign_in(driver, claims("s1"), settings=settings) == ann
    later = claims("s1", "other@b.example", verified=False)
    assert identities.sign_in(driver, later, settings=settings) == ann
    assert identities.sign_in(driver, claims("s1", ""), settings=settings) == ann
    assert persons.find(driver, "other@b.example") is None
    (bound,) = identities.of_person(driver, ann)
    assert (bound.issuer, bound.address) == (ISSUER, "ann@a.example")
    assert driver.execute("SELECT count(*) FROM outgoing").fetchone() == (1,)


def test_strangers_are_made(driver: Driver, settings: Settings) -> None:
    """A new address becomes a person, as by a link."""
    made = identities.sign_in(driver, claims("s9", "New@b.example"), settings=settings)
    assert made == persons.find(driver, "new@b.example")


@pytest.mark.parametrize(
    "bad",
    [
        claims("s1", verified=False),
        claims("s1", ""),
        claims("s1", "ann"),
        claims("s1", "Ann <ann@a.example>"),
        claims(""),
        claims("s" * 1001),
    ],
)
def test_nobody_without_a_verified_address(
    driver: Driver, ann: int, settings: Settings, bad: Claims
) -> None:
    """Claims that nobody vouches for bind nothing."""
    with pytest.raises(SaidError):
        identities.sign_in(driver, bad, settings=settings)
    assert identities.of_person(driver, ann) == []


def test_address_is_given_to_somebody_else(
    driver: Driver, ann: int, settings: Settings
) -> None:
    """The new holder takes over; the old one is signed out and is nobody here."""
    identities.sign_in(driver, claims("old"), settings=settings)
    oidc = sessions.make(driver, ann, method="oidc", settings=settings)
    link = sessions.make(driver, ann, method="link", settings=settings)
    assert identities.sign_in(driver, claims("new"), settings=settings) == ann
    assert sessions.find(driver, oidc, settings=settings) is None
    assert sessions.find(driver, link, settings=settings) is not None
    moved = claims("old", "moved@a.example")
    assert identities.sign_in(driver, moved, settings=settings) != ann


def test_subjects_are_of_their_issuer(
    driver: Driver, ann: int, settings: Settings
) -> None:
    """The same subject of another provider is somebody else."""
    identities.sign_in(driver, claims("s1"), settings=settings)
    other = claims("s1", "bob@b.example", issuer="https://id2.example")
    assert identities.sign_in(driver, other, settings=settings) != ann


def test_unbinding(driver: Driver, ann: int, settings: Settings) -> None:
    """One's own go, others' do not."""
    identities.sign_in(driver, claims("s1"), settings=settings)
    (bound,) = identities.of_person(driver, ann)
    bob = persons.find_or_make(driver, "bob@b.example")
    assert not identities.remove(driver, bob, bound.id)
    assert identities.remove(driver, ann, bound.id)
    assert identities.of_person(driver, ann) == []
