"""The words of a notice: its templates, and texts of the owners' own before them.

Templates of ours are Jinja2 with {% trans %}.  A line that begins with a blank is left
as it is (commands, addresses); other lines are wrapped as the mail is written.
"""

import dataclasses
import functools
import textwrap
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from jinja2.ext import Extension
from typing_extensions import override

from listhub.i18n import formats
from listhub.i18n.languages import translations
from listhub.i18n.text import Text, fill, translated
from listhub.lists.notices.notice import Audience, Notice, Place, Size
from listhub.mail import compose, owner_text

#: Gives the newest text of a file of the owners' own, or None.
Own = Callable[[str], str | None]

_WIDTH = 76
_LONGEST_VALUE = 120  # characters of one value in a subject
#: What every text may say of the place that the notice comes from.
PLACE = (
    "domain",
    "list",
    "list_address",
    "list_subject",
    "commands",
    "owners",
    "moderators",
    "listmasters",
    "web",
)
# C0 and C1 without line end and tab, and what turns the direction of text about.
_UNSEEN = dict.fromkeys(
    [
        *(code for code in range(0x20) if code not in {0x09, 0x0A}),
        *range(0x7F, 0xA0),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ]
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A text of the owners' own that could not be used."""

    path: str
    problem: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A notice in words; `html` is "" where the text is enough."""

    subject: str
    text: str
    html: str
    faults: tuple[Fault, ...] = ()


def nothing_own(_path: str) -> str | None:
    """Know no texts of the owners' own."""
    return None


def write(
    notice: Notice[Any],
    values: object,
    *,
    place: Place,
    language: str,
    own: Own = nothing_own,
) -> Words:
    """Return the words of a notice; owners' texts that are wrong are told as faults."""
    named = _named(values, place, language)
    faults: list[Fault] = []
    text = _own_text(notice, named, language=language, own=own, faults=faults)
    html = _own_text(
        notice, named, language=language, own=own, faults=faults, suffix=".html"
    )
    subject = ""
    if text is None:
        text = _shipped(f"{notice.name}.txt.j2", named, place, language)
        if html is None and notice.html:
            html = _shipped(f"{notice.name}.html.j2", named, place, language)
    else:
        subject, text = _cut_subject(text)
    if not notice.part and notice.audience in {Audience.AUTHOR, Audience.PERSON}:
        text += "\n\n-- \n" + _shipped("_footer.txt.j2", named, place, language)
    return Words(
        subject=_one_line(subject or _subject(notice, named, language)),
        text=_laid_out(text),
        html=html or "",
        faults=tuple(faults),
    )


def plain(value: object, language: str, *, timezone: str = "UTC") -> Any:
    """Return a value as templates see it: texts, numbers, lists, dictionaries."""
    found: object = value
    match value:
        case Text():
            found = _shown(value.into(language))
        case Size():
            found = formats.size(value, language)
        case datetime():
            found = formats.moment(value, language, timezone=timezone)
        case str():
            found = _shown(value)
        case tuple() | list():
            found = [plain(each, language, timezone=timezone) for each in value]
        case Mapping():
            found = {
                name: plain(each, language, timezone=timezone)
                for name, each in value.items()
            }
        case _ if dataclasses.is_dataclass(value):
            found = {
                field.name: plain(
                    getattr(value, field.name), language, timezone=timezone
                )
                for field in dataclasses.fields(value)
            }
        case _:
            pass
    return found


def _named(values: object, place: Place, language: str) -> dict[str, Any]:
    """Return all names that the words of a notice may use."""
    about: dict[str, Any] = {name: _shown(getattr(place, name)) for name in PLACE}
    about["where"] = about["list_address"] or about["domain"]
    about.update(plain(values, language, timezone=place.timezone))
    return about


def _shown(text: str) -> str:
    """Return text without what steers terminals and turns other text about."""
    return text.replace("\r\n", "\n").translate(_UNSEEN)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _subject(notice: Notice[Any], named: Mapping[str, Any], language: str) -> str:
    # The key at the end must stay, however long the subject of a post is.
    short = {
        name: textwrap.shorten(value, _LONGEST_VALUE, placeholder=" …")
        if isinstance(value, str)
        else value
        for name, value in named.items()
    }
    return fill(translated(notice.subject, language), short)


def _own_text(
    notice: Notice[Any],
    named: Mapping[str, Any],
    *,
    language: str,
    own: Own,
    faults: list[Fault],
    suffix: str = "",
) -> str | None:
    """Return the owners' own text filled in; None without one, or if it is wrong."""
    for folder in (f"mail_tt2/{language}", "mail_tt2"):
        path = f"{folder}/{notice.name}{suffix}"
        source = own(path)
        if source is None:
            continue
        try:
            return owner_text.render(source, named, escape=bool(suffix))
        except owner_text.OwnerTextError as error:
            faults.append(Fault(path=path, problem=str(error)))
            return None
    return None


def _cut_subject(text: str) -> tuple[str, str]:
    """Take the subject from a text that begins with `Subject: …` on its first line."""
    first, _, rest = text.partition("\n")
    if not first.lower().startswith("subject:"):
        return "", text
    return first.partition(":")[2].strip(), rest


def _shipped(name: str, named: Mapping[str, Any], place: Place, language: str) -> str:
    template = _environment(language).get_template(name)
    return template.render(**named, page=place.page, language=language)


class _LinesAfterSentences(Extension):
    """Keep the line end after {% endtrans %}: a sentence is no control structure."""

    @override
    def preprocess(
        self, source: str, name: str | None, filename: str | None = None
    ) -> str:
        return source.replace("{% endtrans %}", "{% endtrans +%}")


@functools.cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("listhub.lists.notices", "templates"),
        extensions=["jinja2.ext.i18n", _LinesAfterSentences],
        autoescape=select_autoescape(["html.j2"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["mailto"] = compose.mailto
    environment.globals["colon"] = formats.colon(language)
    # Reasons may come in English from where nobody knows the reader.
    environment.filters["translated"] = functools.partial(translated, language=language)
    environment.filters["number"] = functools.partial(formats.number, language=language)
    # mypy does not see what the extension adds.
    install = environment.install_gettext_translations  # type: ignore[attr-defined]
    install(translations(language), newstyle=True)
    return environment


def _laid_out(text: str) -> str:
    """Wrap long lines of prose, and leave one empty line where there are several."""
    lines: list[str] = []
    for line in text.split("\n"):
        kept = line if line == "-- " else line.rstrip()
        if kept or (lines and lines[-1]):
            lines += _wrapped(kept)
    return "\n".join(lines).strip("\n") + "\n"


def _wrapped(line: str) -> list[str]:
    if len(line) <= _WIDTH or line[0].isspace():
        return [line]
    return textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False)
