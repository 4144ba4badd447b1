"""List settings in the database: levels, versions, what other releases wrote."""

from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.types.json import Jsonb

from listhub.errors import PermanentError, TemporaryError, UsageError
from listhub.lists import settings as lists
from listhub.lists.list_settings import ListSettings

Driver = psycopg.Connection[Any]


def insert(driver: Driver, query: LiteralString, *values: object) -> int:
    row = driver.execute(query, values).fetchone()
    assert row is not None
    found: int = row[0]
    return found


@pytest.fixture
def domain_id(driver: Driver) -> int:
    return insert(
        driver, "INSERT INTO domain (name) VALUES ('settings.example') RETURNING id"
    )


@pytest.fixture
def list_id(driver: Driver, domain_id: int) -> int:
    return insert(
        driver,
        "INSERT INTO mailing_list (domain_id, name, address)"
        " VALUES (%s, 'staff', 'staff@settings.example') RETURNING id",
        domain_id,
    )


def store(driver: Driver, list_id: int, values: dict[str, object]) -> None:
    """Write a level as another release would: nobody checks it."""
    driver.execute(
        'INSERT INTO setting_version (scope, list_id, version, "values", changed_by)'
        " VALUES ('list', %s, 1, %s, 'test')",
        (list_id, Jsonb(values)),
    )


def test_list_without_settings_has_the_defaults(driver: Driver, list_id: int) -> None:
    """A new list works before anybody set anything."""
    assert lists.load_list_settings(driver, list_id) == ListSettings()


def test_newest_version_of_each_level_counts(
    driver: Driver, domain_id: int, list_id: int
) -> None:
    """The three levels are laid over each other, each as of its last change."""
    site: dict[str, object] = {"send": "public", "priority": "1", "archive": False}
    lists.set_values(driver, scope="site", changes=site, changed_by="t")
    for priority in ("2", "3"):
        lists.set_values(
            driver,
            scope="domain",
            domain_id=domain_id,
            changes={"priority": priority},
            changed_by="t",
        )
    headers = ("X-Campus: North",)
    lists.set_values(
        driver,
        scope="list",
        list_id=list_id,
        changes={"send": "closed", "custom_headers": headers},
        changed_by="t",
    )

    assert lists.load_list_settings(driver, list_id) == ListSettings(
        send="closed", priority="3", archive=False, custom_headers=headers
    )


def test_each_change_is_a_version(driver: Driver, list_id: int) -> None:
    """A version holds the whole level; what was before stays to be seen."""
    versions = [
        lists.set_values(
            driver, scope="list", list_id=list_id, changes=changes, changed_by="ada"
        )
        for changes in ({"send": "public"}, {"archive": False}, {"send": None})
    ]
    history = lists.history(driver, scope="list", list_id=list_id)

    assert versions == [1, 2, 3]
    assert [(v.version, v.values, v.changed_by) for v in history] == [
        (3, {"archive": False}, "ada"),
        (2, {"archive": False, "send": "public"}, "ada"),
        (1, {"send": "public"}, "ada"),
    ]
    assert history[0].changed_at.tzinfo is not None


def test_change_that_changes_nothing_is_no_version(
    driver: Driver, list_id: int
) -> None:
    """The same command twice leaves one version, with lists of texts as well."""
    changes = {"remove_headers": ("X-A",), "send": None}
    versions = [
        lists.set_values(
            driver, scope="list", list_id=list_id, changes=changes, changed_by="t"
        )
        for _ in range(2)
    ]

    assert versions == [1, 1]


def test_replace_leaves_nothing_of_before(driver: Driver, list_id: int) -> None:
    """An import makes the level what the file says."""
    for changes, replace in (({"send": "public"}, False), ({"archive": False}, True)):
        lists.set_values(
            driver,
            scope="list",
            list_id=list_id,
            changes=changes,
            changed_by="t",
            replace=replace,
        )

    newest = lists.history(driver, scope="list", list_id=list_id, limit=1)[0]
    assert newest.values == {"archive": False}


@pytest.mark.parametrize("changes", [{"send": "a b"}, {"snd": "public"}, {"x": None}])
def test_wrong_change_leaves_no_version(
    driver: Driver, list_id: int, changes: dict[str, object]
) -> None:
    """What is not allowed is refused before anything is written."""
    with pytest.raises(UsageError):
        lists.set_values(
            driver, scope="list", list_id=list_id, changes=changes, changed_by="t"
        )

    assert lists.history(driver, scope="list", list_id=list_id) == []


def test_setting_of_a_newer_release_is_passed_over(
    driver: Driver, list_id: int
) -> None:
    """During an upgrade the old release goes on with what it knows."""
    store(driver, list_id, {"send": "public", "from_the_future": [1]})

    assert lists.load_list_settings(driver, list_id) == ListSettings(send="public")


def test_setting_of_a_newer_release_can_be_removed(
    driver: Driver, list_id: int
) -> None:
    """A change keeps what this release does not know, until it is told to remove it."""
    store(driver, list_id, {"from_the_future": [1]})
    for changes, kept in (
        ({"send": "public"}, {"send": "public", "from_the_future": [1]}),
        ({"from_the_future": None}, {"send": "public"}),
    ):
        lists.set_values(
            driver, scope="list", list_id=list_id, changes=changes, changed_by="t"
        )
        newest = lists.history(driver, scope="list", list_id=list_id, limit=1)[0]
        assert newest.values == kept


def test_stored_value_that_is_wrong_stops_the_list_for_now(
    driver: Driver, list_id: int
) -> None:
    """No guess opens a closed list: its mail waits until the value is mended."""
    store(driver, list_id, {"send": "by invitation"})
    with pytest.raises(TemporaryError) as caught:
        lists.load_list_settings(driver, list_id)

    assert "by_invitation" not in caught.value.public
    assert 'send is "by invitation"' in caught.value.reason


def test_list_that_is_gone(driver: Driver) -> None:
    """For a list that does not exist any more there is nothing to wait for."""
    with pytest.raises(PermanentError) as caught:
        lists.load_list_settings(driver, -1)

    assert (caught.value.code, caught.value.enhanced) == (550, "5.1.1")


def test_levels_are_found_by_name(driver: Driver, domain_id: int, list_id: int) -> None:
    """A list is found by its address in any case, a domain by its name."""
    by_address = lists.find_level(driver, address="Staff@Settings.Example")
    by_domain = lists.find_level(driver, domain="SETTINGS.example")

    assert by_address == {"scope": "list", "domain_id": None, "list_id": list_id}
    assert by_domain == {"scope": "domain", "domain_id": domain_id, "list_id": None}
    assert lists.find_level(driver)["scope"] == "site"


@pytest.mark.parametrize("name", ["nobody@example.org", "a\0b", ""])
def test_name_that_is_not_there(driver: Driver, name: str) -> None:
    """A wrong address or domain is one sentence that repeats it."""
    with pytest.raises(UsageError, match=r"^There is no list .*here\.$"):
        lists.find_level(driver, address=name)
    with pytest.raises(UsageError, match=r"^There is no domain .*here\.$"):
        lists.find_level(driver, domain=name)
