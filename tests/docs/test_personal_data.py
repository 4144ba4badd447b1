"""The page on personal data names every place that the code knows."""

import re
from pathlib import Path

from listhub.lists.personal.places import OTHERS_WORDS, PLACES

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "personal-data.md"


def test_page_has_every_place() -> None:
    """Each place with what is done and why, in the order of the code, and no other."""
    rows = re.findall(
        r"^\| `([a-z_.]+)` \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    expected = [(p.table, f"{p.about} | {p.deed} | {p.why}") for p in PLACES]
    assert rows == expected + list(OTHERS_WORDS.items())
