"""What people read is translated, all of it."""

import re

import pytest
from babel.messages import Catalog, pofile

from listhub.i18n import messages
from listhub.i18n.languages import LANGUAGES, SOURCE

OTHERS = [language for language in LANGUAGES if language != SOURCE]

#: Texts that are the same in another language: words of both, and names.
SAME = {
    "fr": {
        *("%(count)s message", "%(count)s messages", "%(posts)s messages", "API"),
        *("Audit", "Copies", "Date", "Description", "Discussion", "HTML"),
        *("Listmasters", "Message", "Message-ID", "Messages", "Minute", "Options"),
        *("Pages", "Pause", "Pools", "Reverse-path", "Score", "Sessions", "Site"),
        *("Source", "Sources", "Trace", "Traceback", "Version %(version)s"),
        *("normal", "note", "web", "1 h", "1 min"),
    }
}


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return messages.gather()


def texts(message_id: object) -> list[str]:
    return [message_id] if isinstance(message_id, str) else list(message_id)  # type: ignore[call-overload]


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str, wanted: Catalog) -> None:
    """No text is left in English or guessed; run scripts/messages and fill the gaps."""
    assert messages.missing(messages.read(language), wanted) == []


@pytest.mark.parametrize("language", [None, *OTHERS])
def test_the_files_hold_what_the_code_says(
    language: str | None, wanted: Catalog
) -> None:
    """The template and the translations have the texts of the code, no others."""
    path = messages.po(language) if language else messages.POT
    with path.open("rb") as file:
        catalog = pofile.read_po(file)
    found = {message.id for message in catalog if message.id}

    assert found == {message.id for message in wanted if message.id}, (
        f"{path.name} is not of this code; run `{messages.COMMAND}`."
    )


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_are_those_of_the_source(language: str) -> None:
    """A translation fills in what the text does, in whichever order."""
    wrong = []
    for message in messages.read(language):
        if not message.id:
            continue
        wanted = set(re.findall(r"%\(\w+\)s", texts(message.id)[-1]))
        for each in texts(message.string):
            found = set(re.findall(r"%\(\w+\)s", each))
            bare = re.sub(r"%\(\w+\)s|%%", "", each)
            # One is "one" in some languages: a singular may leave the number out.
            if found - wanted or ("%" in bare and "%(" in each):
                wrong.append(each)
        if set(re.findall(r"%\(\w+\)s", texts(message.string)[-1])) != wanted:
            wrong.append(texts(message.string)[-1])

    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(language: str) -> None:
    """A translation that equals its text is an oversight, or argued in SAME."""
    same = {
        text
        for message in messages.read(language)
        if message.id
        for text, read in zip(texts(message.id), texts(message.string), strict=True)
        if text == read and re.search(r"[a-z]{2}", re.sub(r"%\(\w+\)s", "", text))
    }

    assert same - set(SAME[language]) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_colons_stand_as_the_language_has_them(language: str) -> None:
    """French has a blank that does not break before : ; ! and ?."""
    loose = [
        text
        for message in messages.read(language)
        if message.id
        for text in texts(message.string)
        # What people copy, such as `Authorization: Bearer`, stands as it is.
        for prose in [re.sub(r"`[^`]*`|\bSubject: …", "", text)]
        if re.search(r"(?<=[\w)»\u2019 ])(?<!\u00a0)[:;!?](?=\s|$)", prose)
    ]

    assert loose == []
