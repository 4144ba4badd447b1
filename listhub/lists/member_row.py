"""One row of a file of members: a member to be, or why it is refused."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from listhub import clock
from listhub.config.fields import shown
from listhub.errors import UsageError
from listhub.i18n.text import N_, Text
from listhub.lists import attributes as attribute_rules, moments, topics as topic_rules
from listhub.lists.list_settings import ListSettings
from listhub.lists.options import NOT_ME
from listhub.lists.said import sentence_of
from listhub.mail.address import key, parse_addr_spec
from listhub.mail.receptions import RECEPTIONS

#: The columns of every list; those of its attributes come after them.
COLUMNS = (
    "address",
    "name",
    "reception",
    "own_posts",
    "concealed",
    "suspended_at",
    "suspended_until",
    "topics",
)
#: What the names of the columns of attributes begin with.
ATTRIBUTE = "attribute:"

#: A list that has set nothing.
PLAIN = ListSettings()

#: Characters.
_NAME_LIMIT = 255

_SWITCHES = {
    **dict.fromkeys(("yes", "true", "on", "1"), True),
    **dict.fromkeys(("no", "false", "off", "0"), False),
}
# What would steer a terminal or break a header field: C0, DEL, C1, surrogates, and
# the marks that turn the direction of text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BETWEEN = re.compile(r"[\s,;]+")
# A spreadsheet takes what begins so for a formula (see members.export).
_FORMULA = re.compile(r"'+[=+\-@\t\r]")

# What is said of a row that is refused, behind its address.
NO_ADDRESS = N_("is not an e-mail address")
_CONTROL_IN_NAME = N_("has a control character in its name")
_LONG_NAME = N_("has a name of more than %(most)s characters")
_NO_RECEPTION = N_("has the reception %(reception)s; %(known)s are known")
_NO_SWITCH = N_("has %(column)s %(value)s; yes and no are allowed")
_ENDS_FIRST = N_("has suspended_until %(until)s, before the suspension begins")
_NO_DAY = N_("has %(column)s %(value)s; a day such as 2026-11-30 is right")
_NO_TOPIC = N_("has the topic %(topic)s; %(known)s are known")
_NO_TOPICS = N_("has the topic %(topic)s; the list has none")
_NO_ATTRIBUTE = N_("has a wrong attribute, %(problem)s")


class Row(NamedTuple):
    """One row: a member to be, or, where `reason` is set, what is refused and why."""

    line: int  #: of the file, from 1
    address: str  #: as written; of a refused row whatever shows best which one it is
    key: str = ""
    name: str = ""
    reception: str = "each"
    own_posts: bool = True
    concealed: bool = False
    reason: str = ""
    suspended_at: datetime | None = None
    suspended_until: datetime | None = None
    topics: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    #: The columns that are filled in; the others have the list's defaults.
    given: tuple[str, ...] = ()
    #: The reason in any language.
    said: Text | None = None


class _Wrong(Exception):
    """A field that cannot be used; the text goes on after the row's address."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.text = Text(text, **values)
        super().__init__(str(self.text))


def columns(settings: ListSettings) -> tuple[str, ...]:
    """Return the columns that files of a list's members may have."""
    of_list = (f"{ATTRIBUTE}{each.id}" for each in attribute_rules.of_list(settings))
    return tuple(dict.fromkeys((*COLUMNS, *of_list)))


def make_row(
    line: int, fields: Mapping[str, str], settings: ListSettings = PLAIN
) -> Row:
    """Return the member that the fields describe, or a row that says what is wrong.

    Fields that are missing or empty mean the list's defaults.
    """
    fields = {name: _bare(value) for name, value in fields.items()}
    text = fields["address"].strip()
    if parse_addr_spec(text) is None:
        return refused(line, text, Text(NO_ADDRESS))
    try:
        name = _name(fields)
        reception, own_posts = _reception(fields, settings)
        concealed = _switch(fields, "concealed", default=settings.default_concealed)
        suspended_at, suspended_until = _suspension(fields, settings)
        return Row(
            line=line,
            address=text,
            key=key(text),
            name=name,
            reception=reception,
            own_posts=own_posts,
            concealed=concealed,
            suspended_at=suspended_at,
            suspended_until=suspended_until,
            topics=_topics(fields, settings),
            attributes=_attributes(fields, settings),
            given=_given(fields),
        )
    except _Wrong as wrong:
        return refused(line, text, wrong.text)


def refused(line: int, value: str, why: Text) -> Row:
    """Return a refused row; what it says is made fit to be stored and shown."""
    short = value if len(value) <= 60 else value[:60] + "…"
    reason = _CONTROL.sub(" ", str(why)).rstrip(".")
    return Row(line, _CONTROL.sub("\ufffd", short), reason=reason, said=why)


def _given(fields: Mapping[str, str]) -> tuple[str, ...]:
    filled = {name for name, value in fields.items() if value.strip()}
    return tuple(sorted(filled - {"address"}))


def _bare(field: str) -> str:
    """Return a field without the quote that keeps spreadsheets from computing it."""
    return field[1:] if _FORMULA.match(field) else field


def _name(fields: Mapping[str, str]) -> str:
    name = " ".join(fields.get("name", "").split())
    if _CONTROL.search(name):
        raise _Wrong(_CONTROL_IN_NAME)
    if len(name) > _NAME_LIMIT:
        raise _Wrong(_LONG_NAME, most=_NAME_LIMIT)
    return name


def _reception(fields: Mapping[str, str], settings: ListSettings) -> tuple[str, bool]:
    """Return the reception, and whether own posts come."""
    reception = fields.get("reception", "").strip().lower()
    own_posts = _switch(fields, "own_posts", default=reception != NOT_ME)
    if reception == NOT_ME:
        return "each", own_posts
    if reception and reception not in RECEPTIONS:
        known = ", ".join((*RECEPTIONS, NOT_ME))
        raise _Wrong(_NO_RECEPTION, reception=shown(reception), known=known)
    return reception or settings.default_reception, own_posts


def _switch(fields: Mapping[str, str], column: str, *, default: bool) -> bool:
    written = fields.get(column, "").strip().lower()
    if written and written not in _SWITCHES:
        raise _Wrong(_NO_SWITCH, column=column, value=shown(fields[column]))
    return _SWITCHES.get(written, default)


def _suspension(
    fields: Mapping[str, str], settings: ListSettings
) -> tuple[datetime | None, datetime | None]:
    """Return from when and until when; one that only has an end begins now."""
    since = _moment(fields, "suspended_at", settings)
    until = _moment(fields, "suspended_until", settings)
    if until is None:
        return since, None
    since = since or clock.now()
    if until <= since:
        raise _Wrong(_ENDS_FIRST, until=shown(fields["suspended_until"]))
    return since, until


def _moment(
    fields: Mapping[str, str], column: str, settings: ListSettings
) -> datetime | None:
    written = fields.get(column, "").strip()
    if not written:
        return None
    try:
        return moments.read(written, timezone=settings.timezone)
    except UsageError:
        raise _Wrong(_NO_DAY, column=column, value=shown(written)) from None


def _topics(fields: Mapping[str, str], settings: ListSettings) -> tuple[str, ...]:
    """Return the chosen topics in the list's order."""
    wanted = set(filter(None, _BETWEEN.split(fields.get("topics", ""))))
    if not wanted:
        return ()
    known = [topic.name for topic in topic_rules.of_list(settings)]
    if known:
        known.append(topic_rules.OTHER)
    for name in sorted(wanted.difference(known)):
        if not known:
            raise _Wrong(_NO_TOPICS, topic=shown(name))
        raise _Wrong(_NO_TOPIC, topic=shown(name), known=", ".join(known))
    return tuple(name for name in known if name in wanted)


def _attributes(
    fields: Mapping[str, str], settings: ListSettings
) -> tuple[tuple[str, str], ...]:
    """Return the attributes that are filled in; what an owner leaves out may be empty."""
    given = {
        name.removeprefix(ATTRIBUTE): value
        for name, value in fields.items()
        if name.startswith(ATTRIBUTE) and value.strip()
    }
    if not given:
        return ()
    try:
        checked = attribute_rules.check(given, settings, required=False)
    except UsageError as error:
        raise _Wrong(_NO_ATTRIBUTE, problem=sentence_of(error)) from None
    return tuple(checked.items())
