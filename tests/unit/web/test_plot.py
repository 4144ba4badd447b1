"""Small plots: what stands in them, and what never does."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies

from listhub.web.plot import Plot, ceiling, described, short, svg

NAME = "{http://www.w3.org/2000/svg}"


def drawn(**values: Any) -> ET.Element:
    given: dict[str, Any] = {"title": "Copies sent", "numbers": (), **values}
    return ET.fromstring(svg(Plot(**given)))  # noqa: S314 - ours


def test_each_figure_is_a_bar_of_its_height() -> None:
    """Bars stand on the axis, the largest reaches the top of a round scale."""
    bars = drawn(numbers=[0, 50, 100, 1]).findall(f".//{NAME}rect")
    assert [float(bar.attrib["height"]) for bar in bars] == [35, 70, 1]
    floors = {float(bar.attrib["y"]) + float(bar.attrib["height"]) for bar in bars}
    assert floors == {78}


def test_a_line_goes_from_end_to_end() -> None:
    """The first point is at the axis' left end, the last one at its right end."""
    line = drawn(numbers=[1, 2, 1], kind="line").find(f".//{NAME}polyline")
    assert line is not None
    points = line.attrib["points"].split()
    assert (points[0], points[-1]) == ("44,43", "314,43")


def test_who_does_not_see_it_is_told() -> None:
    """It is one image with a sentence; the ends of the axis are named."""
    picture = drawn(numbers=[5, 1200], first="10:00", last="11:00")
    assert picture.attrib["role"] == "img"
    label = "Copies sent: 1.2k last, at most 1.2k, 1.21k in all."
    assert picture.attrib["aria-label"] == label
    assert picture.findtext(f"{NAME}title") == "Copies sent"
    texts = [found.text for found in picture.findall(f"{NAME}text")]
    assert texts == ["2k", "0", "10:00", "11:00"]
    assert drawn(label="Envois").attrib["aria-label"] == "Envois"
    assert described(Plot(title="Failed", numbers=[0, 0])) == "Failed: nothing."


@given(
    strategies.text(
        alphabet=strategies.characters(codec="utf-8", categories=("L", "P", "S", "Z"))
    ),
    strategies.lists(strategies.floats(allow_nan=True), max_size=80),
    strategies.sampled_from(["bar", "line"]),
)
def test_any_title_and_any_figures_are_a_plain_picture(
    title: str, numbers: list[float], kind: str
) -> None:
    """No title breaks out, no figure breaks it; no style and no script stands in it."""
    picture = drawn(title=title, numbers=numbers, kind=kind, first=title)
    for element in picture.iter():
        assert element.tag.removeprefix(NAME) in {
            *("svg", "title", "line", "text", "g", "rect", "polyline")
        }
        assert not {"style", "href"} & set(element.attrib)
        assert not [name for name in element.attrib if name.startswith("on")]
        values = [element.attrib.get(k, "0") for k in ("x", "y", "width", "height")]
        assert all(re.fullmatch(r"[0-9.]+", value) for value in values)


@pytest.mark.parametrize(
    ("number", "top", "words"),
    [
        (0, 1, "0"),
        (1, 1, "1"),
        (7, 10, "7"),
        (10, 10, "10"),
        (999, 1000, "999"),
        (1000, 1000, "1k"),
        (1234, 2000, "1.23k"),
        (34_567, 50_000, "34.6k"),
        (5_000_000, 5_000_000, "5M"),
    ],
)
def test_scales_are_round(number: float, top: float, words: str) -> None:
    """The axis ends at 1, 2 or 5 times a power of ten; numbers are short."""
    assert ceiling(number) == top
    assert short(number) == words
