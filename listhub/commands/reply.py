"""What one command came to, in words, with what it put into motion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from listhub.i18n.text import Text
from listhub.lists.notices.notice import Notice, Place
from listhub.spool.items import NewItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A long answer: a notice of the catalogue that is part of the report."""

    notice: Notice[Any]
    values: object
    #: The list that it is about, if the notice names one.
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Sentences or a part for the report, and the items to put."""

    text: Text | tuple[Text, ...] | Part
    #: False: it was not done, and is reported even with QUIET.
    done: bool = True
    #: False: what follows on it is reported instead.
    reported: bool = True
    items: tuple[NewItem, ...] = ()


class Refused(Exception):
    """A command that cannot be done; the sentence says why, in any language."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.text = Text(text, **values)
        super().__init__(str(self.text))


def joined(replies: Sequence[Reply]) -> Reply:
    """Make one reply of those for many lists: done if all of them were."""
    texts: list[Text] = []
    for reply in replies:
        match reply.text:
            case Text():
                texts.append(reply.text)
            case tuple():
                texts += reply.text
            case Part():
                raise TypeError("parts of reports are not joined")
    return Reply(
        text=tuple(texts),
        done=all(reply.done for reply in replies),
        items=tuple(item for reply in replies for item in reply.items),
    )
