"""The roll of a family: a file with one line for each list, as CSV or JSON.

    list,code,owners                      [{"list": "course-law", "code": "law",
    course-law,law,ann@a.example            "owners": ["ann@a.example"]}]

Columns are `list`, `owners`, `moderators`, fields of the family, and settings of lists.
A line that cannot be used says why, and spoils no other.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from listhub.config.fields import nearest, shown
from listhub.errors import UsageError
from listhub.lists import settings
from listhub.lists.families import pattern as patterns
from listhub.lists.families.document import Family
from listhub.lists.families.given import Given
from listhub.mail.address import parse_addr_spec

#: Characters of a file, its lines, and characters of one value.
LARGEST, MOST_LINES, LONGEST = 20_000_000, 100_000, 10_000

_LIST, _PEOPLE = "list", ("owners", "moderators")
_BETWEEN = re.compile(r"[\s,;]+")
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One list of a roll; with a `problem` nothing else counts."""

    number: int
    address: str
    given: Given = field(default_factory=Given)
    problem: str = ""


def read(text: str, *, name: str, family: Family) -> list[Line]:
    """Return the lines of a file; UsageError if it is no roll at all.

    `name` is what sentences call the file.
    """
    if len(text) > LARGEST:
        raise UsageError(f"{name}: has more than {LARGEST:,} characters.")
    is_json = text.lstrip()[:1] in {"[", "{"}
    records = _json(text, name=name) if is_json else _csv(text, name=name)
    known = columns(family)
    lines: list[Line] = []
    for number, record in records:
        if len(lines) == MOST_LINES:
            raise UsageError(f"{name}: has more than {MOST_LINES:,} lines.")
        lines.append(_line(number, record, family=family, known=known, name=name))
    return _each_once(lines)


def columns(family: Family) -> list[str]:
    """Return the columns that a roll of this family may have."""
    fields = set(family.fields)
    if family.pattern:
        fields.update(patterns.parse(family.pattern).fields)
    return [_LIST, *_PEOPLE, *sorted(fields), *settings.SPECS]


def _each_once(lines: Sequence[Line]) -> list[Line]:
    seen: set[str] = set()
    once = []
    for line in lines:
        twice = not line.problem and line.address in seen
        seen.add(line.address)
        once.append(replace(line, problem="is there twice") if twice else line)
    return once


# --- records ------------------------------------------------------------------------


def _csv(text: str, *, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the number and the cells of each line; empty cells are left out."""
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if names is None:
                names = _header(cells, name=name)
            elif len(cells) > len(names):
                raise UsageError(
                    f"{name}: line {reader.line_num} has {len(cells)} cells, the header"
                    f" {len(names)}."
                )
            else:
                pairs = zip(names, cells, strict=False)
                yield reader.line_num, {key: cell for key, cell in pairs if cell}
    except csv.Error as error:
        raise UsageError(f"{name}: line {reader.line_num}: {error}.") from None


def _header(cells: Sequence[str], *, name: str) -> list[str]:
    names = [cell.lower() for cell in cells]
    if _LIST not in names:
        raise UsageError(f"{name}: the first line names no column `list`.")
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        raise UsageError(f"{name}: the header names the column {shown(twice)} twice.")
    return names


def _json(text: str, *, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: is not right JSON: {str(error)[:200]}.") from None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UsageError(f"{name}: is not a list of objects, one for each list.")
    for number, each in enumerate(found, start=1):
        yield number, {key: value for key, value in each.items() if value is not None}


# --- lines --------------------------------------------------------------------------


def _line(
    number: int,
    record: Mapping[str, Any],
    *,
    family: Family,
    known: Sequence[str],
    name: str,
) -> Line:
    for key in record:
        if key not in known:
            raise UsageError(
                f"{name}: there is no column {shown(key)}; did you mean"
                f" {nearest(key, known)}?"
            )
    written = record.get(_LIST, "")
    try:
        address = _address(written, family)
        return Line(number=number, address=address, given=_given(record))
    except UsageError as error:
        shown_list = written if isinstance(written, str) else ""
        return Line(number=number, address=shown_list, problem=error.public.rstrip("."))


def _address(written: object, family: Family) -> str:
    if not isinstance(written, str) or not written:
        raise UsageError("names no list.")
    address = written.strip().lower()
    if "@" in address:
        return address
    if not family.domain:
        raise UsageError(f"{shown(written)} has no domain, and the family has none.")
    return f"{address}@{family.domain}"


def _given(record: Mapping[str, Any]) -> Given:
    fields: dict[str, str] = {}
    values: dict[str, object] = {}
    for key, value in record.items():
        if key == _LIST or key in _PEOPLE:
            continue
        if key in settings.SPECS:
            values[key] = _setting(key, value)
        else:
            fields[key] = _text(key, value)
    owners, moderators = (tuple(_people(key, record.get(key, ()))) for key in _PEOPLE)
    return Given(fields=fields, settings=values, owners=owners, moderators=moderators)


def _setting(key: str, value: object) -> object:
    if isinstance(value, str):
        return settings.read_written(key, value, source="settings")
    return settings.read_setting(key, value, source="settings")


def _text(key: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError(f"{key} is {shown(value)}; a text is allowed.")
    text = str(value)
    if not text.isprintable() or len(text) > LONGEST:
        raise UsageError(f"{key} is not one line of at most {LONGEST} characters.")
    return text


def _people(key: str, value: object) -> Iterable[str]:
    found = _BETWEEN.split(value.strip()) if isinstance(value, str) else value
    if not isinstance(found, list | tuple):
        raise UsageError(f"{key} is {shown(value)}; addresses are allowed.")
    for each in found:
        if not isinstance(each, str) or parse_addr_spec(each) is None:
            raise UsageError(f"{key}: {shown(each)} is not an address.")
        yield each
