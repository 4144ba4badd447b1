"""What is done to each copy while it is sent: decided once, by the post's publication.

It is kept as JSON with the outgoing message, so it is all that the sending knows about
the list.  An empty one, as messages of older releases have it, does nothing.
"""

import base64
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from listhub.errors import TemporaryError
from listhub.mail.added_text import Text, Texts
from listhub.mail.authentication import Chain
from listhub.mail.authentication_results import Result
from listhub.mail.personal import Scope

Placing = Literal["mime", "append"]

NO_TEXTS = Texts()

_TEXTS = ("header", "footer", "global_footer")
_CHOICES = {"personalise": get_args(Scope), "footer_type": get_args(Placing)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a seal of ARC says of how the message came in (RFC 8617)."""

    authserv_id: str
    results: tuple[Result, ...] = ()
    chain: Chain = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What makes the copies of one message differ; and who signs them."""

    #: What is a template.  Where it is not "none", `texts` are not in the body yet.
    personalise: Scope = "none"
    texts: Texts = NO_TEXTS
    footer_type: Placing = "mime"
    #: What templates may name besides the recipient.
    list_address: str = ""
    web_url: str = ""
    sender: str = ""
    language: str = "en"
    #: The head holds `one_click.MARK` where each recipient's token goes.
    one_click: bool = False
    #: The domain that signs (DKIM); "": nobody.
    sign: str = ""
    #: Where that domain seals as well, on top of its signature.
    arc: Seal | None = None
    #: The relays are asked to report on each copy (RFC 3461).
    track: bool = False

    @property
    def one_by_one(self) -> bool:
        """Whether no two copies are alike."""
        return self.personalise != "none" or self.one_click

    def to_json(self) -> dict[str, object]:
        """Return what is stored: only what is not the default."""
        found: dict[str, object] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                found[field.name] = value
        if texts := _texts_to_json(self.texts):
            found["texts"] = texts
        if self.arc is not None:
            found["arc"] = dataclasses.asdict(self.arc)
        return found

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what is stored; TemporaryError for what this release does not know."""
        names = {field.name for field in dataclasses.fields(cls)}
        values = {**stored}
        known = values.keys() <= names and all(
            values.get(name, choices[0]) in choices
            for name, choices in _CHOICES.items()
        )
        if not known:
            # Written by a newer release: a worker of that one will take it.
            raise TemporaryError(
                "The message needs a newer release to be sent.",
                reason=f"a treatment that is not known: {sorted(values)}",
            )
        if "texts" in values:
            values["texts"] = _texts_from_json(values["texts"])
        if "arc" in values:
            results = tuple(Result(**one) for one in values["arc"]["results"])
            values["arc"] = Seal(**{**values["arc"], "results": results})
        return cls(**values)


#: What old messages and most notices have.
NONE = Treatment()


def _texts_to_json(texts: Texts) -> dict[str, dict[str, str]]:
    return {
        name: {
            "text": text.text,
            **({"mime": base64.b64encode(text.mime).decode()} if text.mime else {}),
        }
        for name in _TEXTS
        if (text := getattr(texts, name)) is not None
    }


def _texts_from_json(stored: Mapping[str, Mapping[str, str]]) -> Texts:
    return Texts(
        **{
            name: Text(text=one["text"], mime=base64.b64decode(one.get("mime", "")))
            for name, one in stored.items()
        }
    )
