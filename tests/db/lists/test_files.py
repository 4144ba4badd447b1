"""Files: the nearest level wins, nothing is overwritten, what is broken stays outside."""

from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from listhub.errors import UsageError
from listhub.lists import files
from listhub.lists.files import DbFiles, Level
from listhub.models import MailingList
from listhub.policy.syntax import ScenarioError
from tests.factories.mailing_list import MailingListFactory

Driver = psycopg.Connection[Any]

SCENARIO = "scenari/send.private"
RULE = "true() smtp -> do_it  # {}"


@pytest.fixture
def mailing_list(factories: Session) -> MailingList:
    """Return a list of a family."""
    made: MailingList = MailingListFactory.create(family="courses")
    return made


def levels(of: MailingList) -> dict[str, Level]:
    """Return the levels that files of a list can come from, the nearest first."""
    return {
        "family": Level(scope="family", family="courses"),
        "list": Level(scope="list", list_id=of.id),
        "domain": Level(scope="domain", domain_id=of.domain_id),
        "site": Level(),
    }


def put(driver: Driver, level: Level, content: str | None, path: str = SCENARIO) -> int:
    return files.write(driver, path, content, level=level, actor="t")


def test_nearest_level_wins(driver: Driver, mailing_list: MailingList) -> None:
    """Family before list before domain before site; what is removed is passed over."""
    assert files.read(driver, SCENARIO, list_id=mailing_list.id) is None
    ladder = levels(mailing_list)
    for name in reversed(ladder):
        put(driver, ladder[name], RULE.format(name))
        found = files.read(driver, SCENARIO, list_id=mailing_list.id)
        assert found
        assert (found.source, found.content) == (name, RULE.format(name))

    assert [
        each.source
        for each in files.read_all(driver, SCENARIO, list_id=mailing_list.id)
    ] == list(ladder)
    put(driver, ladder["family"], None)
    found = files.read(driver, SCENARIO, list_id=mailing_list.id)
    assert found
    assert found.source == "list"
    domain = files.read(driver, SCENARIO, domain_id=mailing_list.domain_id)
    assert domain
    assert domain.source == "domain"


def test_files_of_others_are_not_seen(
    driver: Driver, mailing_list: MailingList
) -> None:
    """A list sees neither another list's files nor those of another domain."""
    other = MailingListFactory.create()
    put(driver, levels(mailing_list)["list"], RULE)
    put(driver, levels(mailing_list)["domain"], RULE)

    assert files.read(driver, SCENARIO, list_id=other.id) is None
    assert list(DbFiles(driver, list_id=other.id).paths("scenari")) == []
    assert list(DbFiles(driver, list_id=mailing_list.id).paths("scenari")) == [SCENARIO]


def test_family_of_the_domain_comes_before_that_of_all(
    driver: Driver, mailing_list: MailingList
) -> None:
    """A family may have files of its own in one domain."""
    everywhere = Level(scope="family", family="courses")
    here = Level(scope="family", family="courses", domain_id=mailing_list.domain_id)
    put(driver, here, "here", "message_footer")
    put(driver, everywhere, "everywhere", "message_footer")

    found = files.read_all(driver, "message_footer", list_id=mailing_list.id)
    assert [file.content for file in found] == ["here", "everywhere"]


def test_every_version_is_kept(driver: Driver, mailing_list: MailingList) -> None:
    """What was written, by whom, newest first; also that it was removed."""
    level = levels(mailing_list)["list"]
    for content in ("true() smtp -> do_it", "true() smtp -> owner", None):
        put(driver, level, content)

    versions = files.history(driver, SCENARIO, level=level)
    assert [version.content for version in versions] == [
        None,
        "true() smtp -> owner",
        "true() smtp -> do_it",
    ]
    assert {version.changed_by for version in versions} == {"t"}
    notes = driver.execute(
        "SELECT action FROM audit WHERE list_id = %s ORDER BY id", [mailing_list.id]
    ).fetchall()
    assert notes == [("file.put",), ("file.put",), ("file.rm",)]


def test_broken_scenario_is_not_written(driver: Driver) -> None:
    """A scenario with a mistake is refused before it can decide about anything."""
    with pytest.raises(ScenarioError, match="1:1: there is no condition `tru`"):
        put(driver, Level(), "tru() smtp -> do_it")


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "scenari/", "a b", "x\n", "a//b"]
)
def test_path_that_cannot_be_is_refused(driver: Driver, path: str) -> None:
    """A path is a few plain words with slashes in between."""
    with pytest.raises(UsageError, match="is not the path of a file"):
        put(driver, Level(), "x", path)


@pytest.mark.parametrize("content", ["a\0b", "x" * 500_001])
def test_text_that_cannot_be_stored_is_refused(driver: Driver, content: str) -> None:
    """NUL and books are refused with a sentence, not by the database."""
    with pytest.raises(UsageError, match="is not a text of at most"):
        put(driver, Level(), content, "message_footer")
