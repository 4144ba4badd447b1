"""Texts that are filled in for each recipient: what may stand in them, and where.

    You get this as {{ user.email }}, since {{ user.subscribed }}.
    {% if user.attributes.room %}Your room is {{ user.attributes.room }}.{% endif %}

The language is that of `owner_text`: values, `if`, `for` and a few filters.  All names
of docs/howto/personalise.md are always there, if only empty, so a text that fails
fails for everybody, and is found before a post is accepted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

from listhub.i18n import formats
from listhub.mail.encoded_words import safe
from listhub.mail.headers import Headers
from listhub.mail.mime import Part

#: What is a template: nothing, the texts that the list adds, or the post's own as well.
Scope = Literal["none", "footer", "all"]

_SIGNS = ("{{", "{%", "{#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose copy it is, as far as texts may say."""

    address: str
    name: str = ""
    reception: str = "each"
    since: datetime | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


#: Somebody with a value for everything: what fails for this one fails for all.
SAMPLE = Reader(
    address="ann.example@lists.example",
    name="Ann Example",
    since=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What is the same in all copies of a post."""

    list_address: str
    headers: Headers
    sender: str = ""
    web_url: str = ""
    language: str = "en"


class _Lenient(dict[str, object]):
    """A dictionary in which what is not there is empty."""

    def __missing__(self, name: str) -> str:
        return ""


class _User(dict[str, object]):
    """A reader; dates are written only where they are asked for: that takes longest."""

    def __init__(self, reader: Reader, language: str) -> None:
        name = safe(reader.name)
        super().__init__(
            email=safe(reader.address),
            escaped_email=quote(reader.address, safe="@"),
            display_name=name,
            gecos=name,
            reception=reader.reception,
            attributes=_Lenient(
                (key, safe(str(value))) for key, value in reader.attributes.items()
            ),
        )
        self._since, self._language = reader.since, language

    def __missing__(self, name: str) -> str:
        written = _DATES[name]
        return written(self._since, self._language) if self._since else ""


#: Since when somebody is a member, shortly and to the minute.
_DATES = {"subscribed": formats.day, "friendly_date": formats.moment}


class Values:
    """The values for one post; what all copies share is worked out once."""

    def __init__(self, common: Common) -> None:
        self._language = common.language
        name, _, domain = common.list_address.rpartition("@")
        headers = common.headers
        self._shared: dict[str, object] = {
            "list": {"name": name, "domain": domain, "address": common.list_address},
            "listname": name,
            "domain": domain,
            "web_url": common.web_url,
            "sender": safe(common.sender),
            "subject": headers.text("Subject"),
            "headers": _Lenient(
                (key, headers.text(key))
                for key in {f.name.decode("ascii", "replace") for f in headers.fields}
            ),
        }

    def of(self, reader: Reader) -> dict[str, object]:
        """Return the values for one reader's copy."""
        return {**self._shared, "user": _User(reader, self._language)}


def is_template(text: str) -> bool:
    """Say whether anything in a text is to be filled in."""
    return any(sign in text for sign in _SIGNS)


def templates(tree: Part) -> list[Part]:
    """Return the texts of a post that are templates.

    Attachments, messages in messages, and what is signed, encrypted or cannot be
    decoded are none.
    """
    if tree.is_sealed or tree.is_attachment:
        return []
    if tree.children:
        return [leaf for child in tree.children for leaf in templates(child)]
    readable = tree.kind in {"text/plain", "text/html"}
    text = tree.text if readable else None
    return [tree] if text is not None and is_template(text) else []
