"""The reference of commands and their table say the same."""

import re
from pathlib import Path

from listhub.commands import limiter, parse, text, words
from listhub.commands.table import COMMANDS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def test_every_command_is_documented() -> None:
    """commands.md has the commands in the order of the table, with all of their facts."""
    _, *parts = re.split(r"(?m)^## (.+)$", PAGE.read_text("utf-8"))
    told = dict(zip(parts[::2], parts[1::2], strict=True))

    assert list(told) == [each.name for each in COMMANDS]
    for each in COMMANDS:
        facts = [each.about, f"- write: `{each.usage}`", f"- right: {each.right}"]
        if each.synonyms:
            facts.append("- or: " + ", ".join(f"`{word}`" for word in each.synonyms))
        if each.results:
            facts.append(f"- results: {', '.join(each.results)}")
        for fact in facts:
            assert fact in told[each.name], each.name


def test_limits_and_options_are_told() -> None:
    """The page has the limits of the code, and every word of SET."""
    page = " ".join(PAGE.read_text("utf-8").split())

    assert f"{parse.MOST_COMMANDS} commands in one mail" in page
    assert f"{text.MOST_LINES} lines, {text.LONGEST_LINE} characters" in page
    assert f"From {limiter.MOST} on" in page
    for synonyms in words.RECEPTIONS.values():
        for word in synonyms:
            assert f"`{word}`" in page
