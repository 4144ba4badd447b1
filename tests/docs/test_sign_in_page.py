"""The page on signing in names every limit."""

import re
from pathlib import Path

from listhub.lists.accounts.limits import LIMITS

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "sign-in.md"
_SPANS = {60.0: "1 min", 3600.0: "1 h", 86400.0: "24 h"}


def test_page_has_every_limit() -> None:
    """Each with its numbers and its reason, in the order of the code."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    expected = [
        (each.name, f"{each.times} | {_SPANS[each.seconds]} | {each.why}")
        for each in LIMITS
    ]
    assert rows == expected
