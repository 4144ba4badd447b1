"""Texts of owners: what there is, how it reads, saved by the version seen, taken back."""

import pytest

from listhub.errors import UsageError
from listhub.lists import file_versions, files
from listhub.lists.files import Level
from listhub.lists.own_texts import edit, kinds, preview
from listhub.lists.own_texts.kinds import KINDS, Form
from listhub.lists.posting import ListRow
from listhub.lists.stale import StaleError
from tests.shelves import SITE, Driver, add_list, all_pages, audited

ANN = "ann@a.example"


@pytest.fixture
def row(driver: Driver) -> ListRow:
    return add_list(driver, subject="Work", personalization="footer")


@pytest.fixture
def level(row: ListRow) -> Level:
    return file_versions.level_of_list(row.id, row.address)


def save(
    driver: Driver,
    level: Level,
    name: str,
    content: str | None,
    expected: int,
    *,
    language: str = "",
    form: Form = "text",
) -> int:
    return edit.save(
        driver,
        name,
        content,
        level=level,
        expected=expected,
        site=SITE,
        actor=ANN,
        how="web",
        language=language,
        form=form,
    )


def look(
    driver: Driver, level: Level, name: str, content: str | None
) -> preview.Preview:
    return preview.preview(driver, kinds.kind(name), content, level=level, site=SITE)


def test_a_text_is_written_and_taken_away(driver: Driver, level: Level) -> None:
    """What the level has is told apart from what is in force from above."""
    files.write(driver, "message_footer", "Of the site", level=Level(), actor="t")
    opened = edit.opened(driver, "message_footer", level=level)
    assert (opened.content, opened.version) == (None, 0)
    assert opened.in_force is not None
    assert opened.in_force.source == "site"

    version = save(driver, level, "message_footer", "Of the list\r\n", 0)
    opened = edit.opened(driver, "message_footer", level=level)
    assert (opened.content, opened.version, opened.changed_by) == (
        "Of the list\n", version, ANN,
    )  # fmt: skip
    version = save(driver, level, "message_footer", None, version)
    opened = edit.opened(driver, "message_footer", level=level)
    assert (opened.content, opened.version) == (None, version)
    assert opened.in_force is not None
    assert opened.in_force.content == "Of the site"
    assert audited(driver, "file.put")[-1] == {"path": "message_footer", "how": "web"}


def test_all_texts_are_listed(driver: Driver, level: Level) -> None:
    """What people care for first, in order; other languages once they are written."""
    save(driver, level, "welcome", "Hi {{ person }}", 0, language="fr")
    listed = edit.overview(driver, level)

    assert [entry.kind.name for entry in listed[:4]] == [
        "message_footer", "message_header", "welcome", "welcome",
    ]  # fmt: skip
    assert [(e.language, e.own, e.source) for e in listed[2:4]] == [
        ("", False, ""),
        ("fr", True, "list"),
    ]
    site = {entry.kind.name for entry in edit.overview(driver, Level())}
    assert site - {entry.kind.name for entry in listed} == {"message_global_footer"}
    assert all(str(kind.title) for kind in KINDS.values())


def test_who_comes_second_is_told(driver: Driver, level: Level) -> None:
    """Of two who opened the same text the second one's does not overwrite the first's."""
    first = save(driver, level, "bye", "Bye {{ person }}", 0)
    with pytest.raises(StaleError) as raised:
        save(driver, level, "bye", "Other", 0)
    assert (raised.value.version, raised.value.by) == (first, ANN)
    assert edit.opened(driver, "bye", level=level).content == "Bye {{ person }}"


def test_history_and_back(driver: Driver, level: Level) -> None:
    """Versions page by page, compared line by line; an older one is written anew."""
    version = 0
    for number in range(5):
        version = save(driver, level, "bye", f"Bye {number}\nAll", version)
    rows = all_pages(
        lambda cursor: edit.history(driver, "bye", level=level, cursor=cursor, size=2)
    )

    assert [one.content for one in rows] == [f"Bye {n}\nAll" for n in range(4, -1, -1)]
    assert file_versions.difference(rows[1].content, rows[0].content) == (
        "@@ -1,2 +1,2 @@", "-Bye 3", "+Bye 4", " All",
    )  # fmt: skip
    edit.revert(
        driver, "bye", rows[4].version, level=level, expected=version, site=SITE,
        actor=ANN, how="web",
    )  # fmt: skip
    assert edit.opened(driver, "bye", level=level).content == "Bye 0\nAll"
    for number in (0, -1, 10**9):
        with pytest.raises(UsageError, match="no version"):
            file_versions.version(driver, "mail_tt2/bye", number, level=level)


def test_how_texts_read(driver: Driver, level: Level) -> None:
    """With sample values: a mail with its subject, a footer as text and as HTML."""
    mail = look(driver, level, "welcome", "Subject: Hi {{ person }}\n\nOn {{ list }}.")
    assert (mail.subject, mail.text.partition("\n")[0]) == (
        "Hi ann@a.example",
        "On staff.",
    )
    assert look(driver, level, "welcome", None).subject == "Welcome to staff"
    footer = look(driver, level, "message_footer", "You are {{ user.email }} <b>")
    assert footer.text == "You are ann.example@lists.example <b>\n"
    assert "&lt;b&gt;" in footer.html


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("welcome", "{{ nobody_knows_this }}"),
        ("welcome", "{% for x in [1] %}"),
        ("welcome", "{{ person.__class__ }}"),
        ("welcome", "{{ 9 ** 9 ** 9 }}"),
        ("message_footer", "{{ user.nothing }}"),
        ("message_header", "{% set x = 1 %}"),
        ("welcome", "x" * 70_000),
        ("welcome", "a\0b"),
    ],
)
def test_what_cannot_be_used_is_not_saved(
    driver: Driver, level: Level, name: str, content: str
) -> None:
    """A text that would fail in mail, or reach for more than values, is refused."""
    with pytest.raises(UsageError):
        save(driver, level, name, content, 0)
    assert edit.opened(driver, name, level=level).version == 0


def test_only_texts_that_there_are(driver: Driver, level: Level) -> None:
    """No name, language or form leads to another file."""
    for name, language, form in (
        ("../../etc/passwd", "", "text"),
        ("welcome", "de", "text"),
        ("welcome", "", "mime"),
        ("message_footer", "fr", "text"),
        ("message_footer", "", "html"),
        ("gathered", "", "text"),
    ):
        with pytest.raises(UsageError, match="no such text"):
            edit.opened(driver, name, level=level, language=language, form=form)  # type: ignore[arg-type]
