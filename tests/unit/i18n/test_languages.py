import pytest

from listhub.i18n.languages import LANGUAGES, NAMES, best_language, translations
from listhub.i18n.text import N_, Text


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        ((), "en"),
        ((None, "", "fr"), "fr"),
        (("en", "fr"), "en"),
        (("de", "fr"), "fr"),
        (("fr-CA",), "fr"),
        (("fr_FR", "en"), "fr"),
        (("FR",), "fr"),
        (("../../etc/passwd",), "en"),
        (("fr\0",), "en"),
    ],
)
def test_the_first_wish_that_can_be_met_counts(
    wishes: tuple[str | None, ...], language: str
) -> None:
    """Person before list before domain before site; English if nothing fits."""
    assert best_language(*wishes) == language


def test_every_language_can_be_read() -> None:
    """Each language we offer has a name and translations, read once."""
    assert set(NAMES) == set(LANGUAGES)
    for language in LANGUAGES:
        assert translations(language) is translations(language)


def test_plurals_follow_the_language() -> None:
    """In French none and one are singular."""
    forms = ("One member.", "%(count)s members.")

    assert translations("en").ngettext(*forms, 0) == "%(count)s members."
    assert translations("fr").ngettext(*forms, 0) == "Un abonné."
    assert translations("fr").ngettext(*forms, 2) == "%(count)s abonnés."


def test_what_has_no_translation_is_english() -> None:
    """A text of a site's own is shown as it is, in every language."""
    assert translations("fr").gettext("A reason of our own.") == "A reason of our own."


def test_a_text_is_read_in_the_readers_language() -> None:
    """A reason made in one place is told in the language of whoever reads it."""
    reason = Text(N_("There is no list %(list)s."), list="dev@lists.example")

    assert str(reason) == "There is no list dev@lists.example."
    assert reason.into("fr") == "Il n\u2019existe pas de liste dev@lists.example."
    assert reason == Text("There is no list %(list)s.", list="dev@lists.example")
    assert reason != Text("There is no list %(list)s.", list="x@lists.example")


def test_a_text_in_a_text_is_translated_too() -> None:
    """Values that are texts themselves come in the same language."""
    inner = Text(N_("clock"))

    assert Text("by %(how)s", how=inner).into("fr") == "by horloge"


def test_per_cent_signs_of_others_do_no_harm() -> None:
    """A text without values is not filled in: what others wrote may hold anything."""
    assert str(Text("100 % of %(nothing)s")) == "100 % of %(nothing)s"
    assert str(Text("%(what)s", what="100 %s %(x)s")) == "100 %s %(x)s"
    assert str(Text("")) == ""
