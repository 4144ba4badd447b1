"""What cannot be done, said so that whoever asked reads it in their own language.

    raise SaidError(FULL, list=row.address, most=settings.max_members)
    ...
    sentence_of(error).into("fr")

It is a UsageError like any other for whoever catches those; its own words are English.
"""

from listhub.errors import PermanentError, UsageError
from listhub.i18n.text import Text


class SaidError(UsageError):
    """A UsageError with a translated sentence: a marked text and its values."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.text = Text(text, **values)
        super().__init__(str(self.text))


def sentence_of(error: PermanentError) -> Text:
    """Return what people are told of an error, translated where it can be."""
    return error.text if isinstance(error, SaidError) else Text(error.public)
