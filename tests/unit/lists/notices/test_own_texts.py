"""Texts of the owners' own stand in the place of ours, if they can be used."""

from collections.abc import Mapping

import pytest

from listhub.lists.notices.memberships import WELCOME, Membership
from listhub.lists.notices.notice import Place
from listhub.lists.notices.words import Words, write

PLACE = Place(domain="lists.example", list="dev", list_subject="The network")


def welcome(files: Mapping[str, str], language: str = "en") -> Words:
    return write(
        WELCOME,
        Membership(person="ann@a.example"),
        place=PLACE,
        language=language,
        own=files.get,
    )


def test_a_text_of_ones_own_is_used_with_its_subject() -> None:
    """The first line may be the subject; the HTML of ours would say other things."""
    words = welcome(
        {"mail_tt2/welcome": "Subject: Hi {{ person }}\n\nOn {{ list }}.\n"}
    )

    assert words.subject == "Hi ann@a.example"
    assert words.text.startswith("On dev.\n")
    assert "HELP" in words.text
    assert words.html == ""


def test_without_a_subject_the_common_one_stays() -> None:
    """An owner who changes the text only need not repeat the rest."""
    assert welcome({"mail_tt2/welcome": "Hello.\n"}).subject == "Welcome to dev"


def test_the_readers_language_comes_first() -> None:
    """A French text is for French readers; others get the common one."""
    files = {"mail_tt2/fr/welcome": "Bonjour.\n", "mail_tt2/welcome": "Hello.\n"}

    assert welcome(files, "fr").text.startswith("Bonjour.")
    assert welcome(files, "en").text.startswith("Hello.")
    assert welcome({"mail_tt2/fr/welcome": "Bonjour.\n"}).text.startswith("ann@")


def test_html_of_ones_own_is_used_beside_the_text() -> None:
    """Values are escaped in it."""
    files = {"mail_tt2/welcome.html": "<b>{{ list_subject }}</b> {{ person }}"}

    assert welcome(files).html == "<b>The network</b> ann@a.example"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("mail_tt2/welcome", "Line one\n{{ nmae }}\n"),
        ("mail_tt2/fr/welcome", "{% for %}"),
        ("mail_tt2/welcome.html", "{{ person.upper() }}"),
    ],
)
def test_a_wrong_text_is_told_and_ours_is_sent(path: str, text: str) -> None:
    """The mail goes out in any case, and the fault names the file."""
    words = welcome({path: text}, "fr")

    assert words.text.startswith("ann@a.example est maintenant")
    assert [fault.path for fault in words.faults] == [path]
    assert words.faults[0].problem
