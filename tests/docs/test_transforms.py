"""The page of the transforms has the steps of the tables, in their order."""

import re
from pathlib import Path

import pytest

from listhub.mail.transforms import INCOMING, LEAVING, OUTGOING, Step

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "transforms.md"


def section(heading: str) -> str:
    """Return what the page says under one of its ## headings."""
    _, *parts = re.split(r"(?m)^## (.+)$", PAGE.read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))[heading]


@pytest.mark.parametrize(
    ("heading", "table"),
    [("Incoming", INCOMING), ("Outgoing", OUTGOING), ("Leaving", LEAVING)],
)
def test_page_has_the_table(heading: str, table: tuple[Step, ...]) -> None:
    """Each step has its line, in order, with its sentence and a reason."""
    rows = re.findall(r"(?m)^\| `(\w+)` \| (.+?) \| (.+?) \|$", section(heading))

    assert [(name, about) for name, about, _ in rows] == [
        (step.name, step.about) for step in table
    ]
    assert all(reason for _, _, reason in rows)
