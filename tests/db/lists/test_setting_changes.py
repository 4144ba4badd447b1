"""Settings explained, changed by the version seen, compared and taken back."""

import pytest

from listhub.errors import UsageError
from listhub.lists import setting_changes, setting_view, settings
from listhub.lists.posting import ListRow
from listhub.lists.setting_changes import StaleSettingsError, WrongSettingsError
from listhub.lists.settings import Level
from tests.shelves import Driver, add_list, all_pages, audited

ANN = "ann@a.example"


@pytest.fixture
def row(driver: Driver) -> ListRow:
    return add_list(driver)


@pytest.fixture
def level(driver: Driver, row: ListRow) -> Level:
    return settings.find_level(driver, address=row.address)


def change(
    driver: Driver,
    level: Level,
    expected: int | None = None,
    **changes: object,
) -> setting_changes.Changed:
    return setting_changes.change(
        driver, level, changes, actor=ANN, how="web", expected=expected
    )


def test_each_setting_says_where_it_comes_from(
    driver: Driver, row: ListRow, level: Level
) -> None:
    """The nearest level wins, and what would be without it is told, too."""
    site = settings.find_level(driver)
    domain = settings.find_level(driver, domain=row.domain)
    change(driver, site, max_size=1000, spam="reject")
    change(driver, domain, max_size=2000, subject="Of the domain")
    change(driver, level, max_size=3000)

    seen = setting_view.view(driver, level)
    size, spam = seen.setting("max_size"), seen.setting("spam")
    assert size is not None
    assert spam is not None
    assert (size.value, size.origin, size.own) == (3000, "list", True)
    assert (size.inherited, size.inherited_from) == (2000, "domain")
    assert (spam.value, spam.origin, spam.own) == ("reject", "site", False)
    assert (seen.version, seen.changed_by) == (1, ANN)
    assert str(spam.choices[0].title) == "ask a moderator"
    assert size.title.into("fr") == "Taille d\u2019un message"
    above = setting_view.view(driver, domain).setting("max_size")
    assert above is not None
    assert (above.value, above.origin) == (2000, "domain")
    assert seen.setting("nothing") is None


def test_what_is_stored_wrongly_is_shown(driver: Driver, level: Level) -> None:
    """Whoever comes to mend a list sees what is wrong with it."""
    driver.execute(
        "INSERT INTO setting_version (scope, list_id, version, values, changed_by)"
        " VALUES ('list', %s, 1, '{\"max_size\": \"big\"}', 't')",
        [level["list_id"]],
    )
    found = setting_view.view(driver, level).setting("max_size")
    assert found is not None
    assert (found.value, found.wrong is not None) == ("big", True)
    assert change(driver, level, max_size=5).version == 2


def test_many_are_changed_with_one_version(driver: Driver, level: Level) -> None:
    """Texts of forms and values of JSON alike; None takes the level's own away."""
    done = change(
        driver, level, 0, max_size="4000", archive="no", digest_days=["mon", "tue"]
    )
    assert done.version == 1
    assert [(one.name, one.after) for one in done.differences] == [
        ("max_size", 4000),
        ("archive", False),
        ("digest_days", ["mon", "tue"]),
    ]
    [detail] = audited(driver, "list.set")
    assert (detail["version"], detail["how"]) == (1, "web")
    assert detail["changes"]["max_size"] == 4000
    assert change(driver, level, 1, max_size=4000).differences == ()
    assert len(audited(driver, "list.set")) == 1
    assert change(driver, level, 1, archive=None).version == 2


def test_each_wrong_value_is_told(driver: Driver, level: Level) -> None:
    """Every field has a sentence of its own, in either language; nothing is saved."""
    wrong: dict[str, object] = {
        "max_size": "huge",
        "spam": "eat",
        "digest_hour": 99,
        "custom_headers": ["no colon"],
        "loop_prevention_regex": "(a+)+$",
        "topics": ["a|b", "a|c"],
        "send": "nothing_of_that_name",
        "sendd": "private",
        "subject": "two\nlines",
    }
    with pytest.raises(WrongSettingsError) as raised:
        setting_changes.change(
            driver, level, {**wrong, "archive": True}, actor=ANN, how="web"
        )
    problems = raised.value.problems

    assert set(problems) == set(wrong)
    assert str(problems["digest_hour"]) == (
        "99 is not allowed here; allowed: a whole number from 0 to 23."
    )
    assert str(problems["sendd"]).endswith("did you mean send?")
    for problem in problems.values():
        assert problem.into("fr") != str(problem)
    assert setting_view.view(driver, level).version == 0
    assert "8 more problems" in raised.value.public


def test_a_stale_version_is_told_who_changed_what(driver: Driver, level: Level) -> None:
    """The second of two who opened the same page sees what the first one did."""
    change(driver, level, 0, subject="One")
    setting_changes.change(
        driver, level, {"subject": "Two"}, actor="bob@b.example", how="api", expected=1
    )
    with pytest.raises(StaleSettingsError) as raised:
        change(driver, level, 1, subject="Three")

    assert (raised.value.version, raised.value.by) == (2, "bob@b.example")
    [difference] = raised.value.differences
    assert (difference.before, difference.after) == ("One", "Two")
    assert "bob@b.example has changed this" in raised.value.public
    assert setting_view.view(driver, level).version == 2


def test_history_is_compared_and_taken_back(driver: Driver, level: Level) -> None:
    """Each version says what it changed; an old one comes back as a new one."""
    for number in range(5):
        change(driver, level, subject=f"S{number}", max_size=1000 + number // 2)
    rows = all_pages(
        lambda cursor: setting_changes.versions(driver, level, cursor=cursor, size=2)
    )

    assert [one.version for one in rows] == [5, 4, 3, 2, 1]
    assert [difference.name for difference in rows[3].differences] == ["subject"]
    assert [difference.name for difference in rows[4].differences] == [
        "subject",
        "max_size",
    ]
    first = setting_changes.versions(driver, level, size=2)
    second = setting_changes.versions(driver, level, size=2, cursor=first.after)
    assert (
        setting_changes.versions(driver, level, size=2, cursor=second.before) == first
    )
    [subject, size] = setting_changes.compare(driver, level, 1, 4)
    assert (subject.before, subject.after, size.after) == ("S0", "S3", 1001)
    done = setting_changes.revert(driver, level, 1, actor=ANN, how="web", expected=5)
    assert done.version == 6
    assert setting_changes.compare(driver, level, 1, 6) == ()
    for number in (0, 7, -1, 2**70):
        with pytest.raises(UsageError, match="no version"):
            setting_changes.revert(driver, level, number, actor=ANN, how="web")
