"""Which languages there are, which one somebody reads, and its translations."""

import functools
import gettext
import io
from importlib import resources

from babel.messages import mofile, pofile

SOURCE = "en"

#: The source first; each other one has a file in `locale/`.
LANGUAGES = (SOURCE, "fr")

#: The languages by their own names, for those who choose.
NAMES = {"en": "English", "fr": "français"}

_PLACE = "locale/{language}/LC_MESSAGES/listhub.po"


def best_language(*wishes: str | None) -> str:
    """Return the first wish that we have, as the person, list, domain and site wish.

    `fr-CA` and `fr_CA` are met with `fr`; without any wish that can be met, English.
    """
    for wish in wishes:
        language = (wish or "").replace("_", "-").partition("-")[0].strip().lower()
        if language in LANGUAGES:
            return language
    return SOURCE


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the translations into a language; the source's are the texts themselves.

    Of any text: what we do not have is English.
    """
    language = best_language(language)
    if language == SOURCE:
        return gettext.NullTranslations()
    catalog = pofile.read_po(io.BytesIO(_po(language)), locale=language)
    compiled = io.BytesIO()
    # Entries marked fuzzy are guesses of a tool: they are left out.
    mofile.write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _po(language: str) -> bytes:
    place = _PLACE.format(language=language)
    return resources.files("listhub.i18n").joinpath(place).read_bytes()
