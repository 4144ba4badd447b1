"""The catalogue of notices, its templates and its page are one."""

import dataclasses
import re
from pathlib import Path

import pytest

from listhub.lists.notices import reference, words
from listhub.lists.notices.catalogue import NOTICES, by_name
from listhub.lists.notices.notice import Audience, Notice

TEMPLATES = Path(words.__file__).with_name("templates")


def test_the_page_is_made_from_this_code() -> None:
    """A notice is documented in the commit that adds or changes it."""
    found = reference.PAGE.read_text("utf-8") if reference.PAGE.exists() else ""

    assert found == reference.page(), f"run `{reference.COMMAND}`"


def test_names_are_unique_and_found() -> None:
    """A name means one notice."""
    assert [by_name(notice.name) for notice in NOTICES] == list(NOTICES)
    assert by_name("no such") is None


def test_every_notice_of_every_theme_is_in_the_table() -> None:
    """Nothing is sent that the catalogue does not list."""
    from listhub.lists.notices import catalogue

    themes = {vars(catalogue)[name] for name in _THEMES}
    made = {
        value.name
        for theme in themes
        for value in vars(theme).values()
        if isinstance(value, Notice)
    }

    assert made == {notice.name for notice in NOTICES}


def test_every_template_belongs_to_a_notice() -> None:
    """Each notice has its text, and HTML if it says so; no file is left over."""
    wanted = {f"{notice.name}.txt.j2" for notice in NOTICES}
    wanted |= {f"{notice.name}.html.j2" for notice in NOTICES if notice.html}
    found = {path.name for path in TEMPLATES.iterdir()}
    shared = {name for name in found if name.startswith("_")}
    used = " ".join(path.read_text("utf-8") for path in TEMPLATES.iterdir())

    assert found - shared == wanted
    assert [n for n in shared if n not in used and n != "_footer.txt.j2"] == []


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.name)
def test_subjects_fill_in_what_there_is(notice: Notice[object]) -> None:
    """Placeholders of a subject are fields of its values or of its place."""
    fields = {field.name for field in dataclasses.fields(notice.sample)}  # type: ignore[arg-type]
    named = set(re.findall(r"%\((\w+)\)s", notice.subject))

    assert named <= fields | set(words.PLACE)


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.name)
def test_what_is_answered_by_mail_bears_a_key(notice: Notice[object]) -> None:
    """Where plain replies decide, the key ends the subject, and only there."""
    assert notice.subject.endswith("[%(key)s]") is notice.to_commands


def test_reports_are_for_authors() -> None:
    """A report of delivery goes to whoever sent the mail, with a status of RFC 3463."""
    reports = [notice for notice in NOTICES if notice.status]

    assert {notice.audience for notice in reports} == {Audience.AUTHOR}
    assert all(re.fullmatch(r"[245]\.\d\.\d", notice.status) for notice in reports)
    assert {notice.status for notice in reports} >= {
        *("2.1.5", "2.3.0", "4.2.1", "4.2.4", "5.1.1", "5.1.2", "5.2.3", "5.2.4"),
        *("5.3.0", "5.3.5", "5.6.0", "5.6.1", "5.6.5", "5.7.0", "5.7.1"),
    }


_THEMES = (
    "accounts",
    "lists",
    "commands",
    "confirmations",
    "members",
    "moderation",
    "reports",
    "requests",
    "to_listmasters",
    "to_owners",
)
