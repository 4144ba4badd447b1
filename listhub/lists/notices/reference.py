"""Write docs/reference/notices.md from the catalogue.

    python -m listhub.lists.notices.reference --write

A test compares the page with what this module makes of the catalogue of the day.
"""

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from listhub.lists.notices import sample
from listhub.lists.notices.catalogue import NOTICES
from listhub.lists.notices.notice import Notice
from listhub.lists.notices.words import PLACE

COMMAND = "python -m listhub.lists.notices.reference --write"
PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "notices.md"

_HEAD = """\
# Notices

Made from the code by `{command}`; change the code, not this file.

All mail that the system writes by itself, in the order of `NOTICES` in
`listhub/lists/notices/catalogue.py`. `listhub notice show NAME` prints one with sample
values; [Change a text](../howto/templates.md) says how an owner puts other words in
its place.

All of it has a null reverse-path, `Auto-Submitted` (RFC 3834) and `X-Loop`, and
`List-Id` where it is about a list. An answer never goes to a program, to a list, to one
of our own addresses, or to anybody who has had `site.answers_per_day` answers today. A
notice with a status is a report of delivery (RFC 3464). A *part* is no mail of its own
but stands in `command_report`.

Every text may use these names: {place}. The names that a notice adds are given with
it; `a[].b` is the `b` of each of `a`, gone through by `for`.

| notice | to | Auto-Submitted | status |
|---|---|---|---|
"""

_WHO = {
    "author": "the author",
    "person": "the person",
    "moderators": "moderators",
    "owners": "owners",
    "listmasters": "listmasters",
}


def page() -> str:
    """Return the page as the catalogue has it."""
    place = ", ".join(f"`{name}`" for name in (*PLACE, "where"))
    table = "".join(f"{_row(notice)}\n" for notice in NOTICES)
    sections = "".join(map(_section, NOTICES))
    return _HEAD.format(command=COMMAND, place=place) + table + sections


def names(values: object) -> Iterator[str]:
    """Give the names that a text may use of these values."""
    for field in dataclasses.fields(values):  # type: ignore[arg-type]
        value = getattr(values, field.name)
        first = value[0] if isinstance(value, tuple) and value else None
        if dataclasses.is_dataclass(first):
            yield from (f"{field.name}[].{inner}" for inner in names(first))
        else:
            yield f"{field.name}[]" if isinstance(value, tuple) else field.name


def main(args: Sequence[str]) -> int:
    """Write the page if asked to."""
    if list(args) != ["--write"]:
        sys.stderr.write(f"usage: {COMMAND}\n")
        return 64
    PAGE.write_text(page(), "utf-8")
    return 0


def _row(notice: Notice[Any]) -> str:
    marks = "*part*" if notice.part else f"`{notice.auto_submitted}`"
    who = _WHO[notice.audience]
    return f"| [{notice.name}](#{notice.name}) | {who} | {marks} | {notice.status} |"


def _section(notice: Notice[Any]) -> str:
    found = [f"`{name}`" for name in names(notice.sample)]
    lines = [f"- subject: {sample.words(notice, language='en').subject}"]
    if found:
        lines.append(f"- names: {', '.join(found)}")
    if notice.to_commands:
        lines.append("- answers to it are commands")
    if notice.html:
        lines.append("- in text and HTML")
    return f"\n## {notice.name}\n\n{notice.about}\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
