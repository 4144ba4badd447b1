"""Links: mailed to any address, good once and for a while, the person made by use."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from listhub.config import Settings, Site, Web
from listhub.lists import persons
from listhub.lists.accounts import limits, links
from listhub.lists.said import SaidError
from tests.factories.domain import DomainFactory

Driver = psycopg.Connection[Any]


@pytest.fixture
def settings(factories: object) -> Settings:
    """Return the settings of a site with a domain below which its pages are."""
    DomainFactory.create()
    domain = DomainFactory.create()
    return Settings(
        site=Site(secret="0f" * 16), web=Web(url=f"https://www.{domain.name}/hub/")
    )


def mails(driver: Driver) -> list[str]:
    return [row[0].decode() for row in driver.execute("SELECT head FROM outgoing")]


def test_link_is_mailed(driver: Driver, settings: Settings) -> None:
    """The mail has the link, from the domain of the pages, in the browser's language."""
    wait = links.ask(
        driver,
        " Bob@b.example ",
        settings=settings,
        next_path="/modindex",
        came_from="192.0.2.17",
        language="fr",
    )
    assert wait == 0.0
    (mail,) = mails(driver)
    domain = settings.web.url.removeprefix("https://www.").partition("/")[0]
    assert "Connexion_=C3=A0" in mail
    assert f"@{domain}>" in mail
    assert "https://www." in mail
    assert "192.0.2.17" in mail
    row = driver.execute("SELECT address, next_path FROM sign_in_link").fetchone()
    assert row == ("Bob@b.example", "/modindex")


def test_nobody_learns_who_is_known(
    driver: Driver, ann: int, settings: Settings
) -> None:
    """Known or not, an address gets its mail; nobody is made by asking."""
    before = driver.execute("SELECT count(*) FROM person").fetchone()
    assert links.ask(driver, "Ann@a.example", settings=settings) == 0.0
    assert links.ask(driver, "nobody@a.example", settings=settings) == 0.0
    assert len(mails(driver)) == 2
    assert driver.execute("SELECT count(*) FROM person").fetchone() == before


@pytest.mark.parametrize(
    "wrong", ["", "bob", "bob@", "a@b@c", "bob@b.example\0", "é" * 9]
)
def test_what_is_no_address(driver: Driver, settings: Settings, wrong: str) -> None:
    """It is said, and nothing is sent."""
    with pytest.raises(SaidError):
        links.ask(driver, wrong, settings=settings)
    assert mails(driver) == []


def test_nobody_is_buried_in_links(driver: Driver, settings: Settings) -> None:
    """An address gets so many in an hour, whoever asks."""
    for n in range(limits.LINK_ADDRESS.times):
        came = f"192.0.{n}.1"
        assert not links.ask(driver, "bob@b.example", settings=settings, came_from=came)
    wait = links.ask(driver, "BOB@b.example", settings=settings, came_from="10.1.1.1")
    assert 0 < wait <= 720
    assert len(mails(driver)) == limits.LINK_ADDRESS.times


def test_a_network_asks_so_often(driver: Driver, settings: Settings) -> None:
    """One place does not write to a list of addresses."""
    for n in range(limits.LINK_NETWORK.times):
        came = f"192.0.2.{n}"
        assert not links.ask(
            driver, f"b{n}@b.example", settings=settings, came_from=came
        )
    assert links.ask(driver, "x@b.example", settings=settings, came_from="192.0.2.99")


def test_use(driver: Driver, settings: Settings) -> None:
    """Looking changes nothing, the first use makes the person, the second does nothing."""
    token, _ = links.make(driver, "Bob@b.example", next_path="/my")
    for _ in range(3):
        link = links.peek(driver, token)
        assert link is not None
        assert (link.address, link.next_path, link.state) == (
            "Bob@b.example",
            "/my",
            "good",
        )
    assert persons.find(driver, "bob@b.example") is None

    used = links.use(driver, token)
    assert used is not None
    assert used.person_id == persons.find(driver, "bob@b.example")
    assert used.next_path == "/my"
    assert links.use(driver, token) is None
    after = links.peek(driver, token)
    assert after is not None
    assert after.state == "used"


def test_time_ends_it(driver: Driver) -> None:
    """After its time it says so, and signs nobody in."""
    token, _ = links.make(driver, "bob@b.example", life=timedelta(seconds=-1))
    link = links.peek(driver, token)
    assert link is not None
    assert link.state == "expired"
    assert links.use(driver, token) is None


@pytest.mark.parametrize("wrong", ["", "x", "é", "\ud800", "a" * 10_000])
def test_tokens_of_nobody(driver: Driver, wrong: str) -> None:
    """What is no token opens nothing."""
    assert links.peek(driver, wrong) is None
    assert links.use(driver, wrong) is None


def test_only_a_digest_is_stored(driver: Driver) -> None:
    """Who reads the database can use no link."""
    token, _ = links.make(driver, "bob@b.example")
    row = driver.execute("SELECT sign_in_link::text FROM sign_in_link").fetchone()
    assert row is not None
    assert token not in row[0]


def test_next_is_a_path_of_ours(driver: Driver) -> None:
    """What leads elsewhere is dropped before it is stored."""
    token, _ = links.make(driver, "bob@b.example", next_path="//evil.example")
    link = links.peek(driver, token)
    assert link is not None
    assert link.next_path == ""


def test_without_a_public_address() -> None:
    """The link then leads to where the pages are served."""
    assert links.url("t", Settings()) == "http://127.0.0.1:8080/sign-in/t"
    there = Settings(web=Web(url="https://x.example/hub/"))
    assert links.url("t", there) == "https://x.example/hub/sign-in/t"
