"""The page of what comes back has the kinds, the classes and the rules of the code."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import listhub.mail.bounce
from listhub.mail.bounce.classify import standard
from listhub.mail.bounce.report import Kind

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "bounces.md"
TABLE = tomllib.loads(
    (Path(listhub.mail.bounce.__file__).with_name("classes.toml")).read_text("utf-8")
)


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under one of the page's ## headings."""
    _, *parts = re.split(r"(?m)^## (.+)$", PAGE.read_text("utf-8"))
    section = dict(zip(parts[::2], parts[1::2], strict=True))[heading]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_kinds() -> None:
    """Each kind has its line, in the order of the code."""
    assert [row[0].strip("`") for row in rows("Kinds")] == list(get_args(Kind))


def test_classes() -> None:
    """Each class has its line: name, sentence, and whether it removes."""
    assert rows("Classes") == [
        [f"`{each.name}`", each.about, "yes" if each.removes else "no"]
        for each in standard().classes
    ]


def test_rules() -> None:
    """Each rule has its line, in order: class, statuses, and why it is there."""
    expected = [
        [
            f"`{rule['class']}`",
            statuses(rule),
            "yes" if "text" in rule else "no",
            rule["why"],
        ]
        for rule in TABLE["rule"]
    ]

    assert rows("Rules") == expected


def statuses(rule: dict[str, list[str]]) -> str:
    given = rule.get("status", [])
    named = ", ".join(f"`{status}`" for status in given if status)
    return (named + (" or none" if "" in given else "")) or "any"
