"""Small plots as SVG: bars over time, with an axis and a title, for pages and mails.

The picture stands beside a table of the same figures, so it says little to those who do
not see it: role `img` and one sentence.  No style and no script stands in it, which a
strict Content-Security-Policy would not let pass: places are attributes, colours come
from the style sheet by class.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Kind = Literal["bar", "line"]

#: Room for the numbers at the left, and for the times below, in units of the picture.
_LEFT, _BELOW, _ABOVE, _RIGHT = 44, 18, 8, 6

_MOST_POINTS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """What is drawn: a figure for each step, and what stands at its ends."""

    #: One line of plain text: what is counted, in which unit.
    title: str
    numbers: Sequence[float]
    #: What those hear who do not see it; `described` unless told, which is English.
    label: str = ""
    #: Under the first and the last step.
    first: str = ""
    last: str = ""
    kind: Kind = "bar"
    width: int = 320
    height: int = 96


def svg(plot: Plot) -> str:
    """Return a picture of the figures; negative ones and none at all count as 0."""
    numbers = [_figure(number) for number in plot.numbers[-_MOST_POINTS:]]
    top = ceiling(max(numbers, default=0.0))
    right, floor = plot.width - _RIGHT, plot.height - _BELOW
    draw = _bars if plot.kind == "bar" else _line
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img"'
        f' viewBox="0 0 {plot.width} {plot.height}" width="{plot.width}"'
        f' height="{plot.height}" aria-label="{escape(plot.label or described(plot))}">'
    )
    parts = [
        head,
        f"<title>{escape(plot.title)}</title>",
        f'<line class="plot-axis" x1="{_LEFT}" y1="{floor}" x2="{right}" y2="{floor}"/>',
        f'<line class="plot-grid" x1="{_LEFT}" y1="{_ABOVE}" x2="{right}" y2="{_ABOVE}"/>',
        _text(_LEFT - 4, _ABOVE + 4, short(top), anchor="end"),
        _text(_LEFT - 4, floor + 4, "0", anchor="end"),
        _text(_LEFT, plot.height - 4, plot.first, anchor="start"),
        _text(right, plot.height - 4, plot.last, anchor="end"),
        draw(numbers, top, width=right - _LEFT, height=floor - _ABOVE),
        "</svg>",
    ]
    return "".join(parts)


def described(plot: Plot) -> str:
    """Return what somebody hears who does not see the picture."""
    numbers = [_figure(number) for number in plot.numbers[-_MOST_POINTS:]]
    if not any(numbers):
        return f"{plot.title}: nothing."
    return (
        f"{plot.title}: {short(numbers[-1])} last, at most {short(max(numbers))},"
        f" {short(sum(numbers))} in all."
    )


def ceiling(most: float) -> float:
    """Return the top of the axis: 1, 2 or 5 times a power of ten, none below 1."""
    if most <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


def short(number: float) -> str:
    """Return a number in at most five characters: 950, 1.2k, 34k, 5M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def _figure(number: float) -> float:
    return min(float(number), 9e14) if number > 0 else 0.0


def _bars(numbers: Sequence[float], top: float, *, width: int, height: int) -> str:
    step = width / max(len(numbers), 1)
    gap = min(1.0, step / 4)
    bars = [
        f'<rect x="{_at(_LEFT + n * step)}" y="{_at(_ABOVE + height - tall)}"'
        f' width="{_at(step - gap)}" height="{_at(tall)}"/>'
        for n, number in enumerate(numbers)
        # What is there is seen, however small it is beside the largest.
        if (tall := max(number / top * height, 1.0 if number else 0.0))
    ]
    return f'<g class="plot-bars">{"".join(bars)}</g>'


def _line(numbers: Sequence[float], top: float, *, width: int, height: int) -> str:
    step = width / max(len(numbers) - 1, 1)
    points = " ".join(
        f"{_at(_LEFT + n * step)},{_at(_ABOVE + height - number / top * height)}"
        for n, number in enumerate(numbers)
    )
    return f'<polyline class="plot-line" fill="none" points="{points}"/>'


def _text(x: int, y: int, words: str, *, anchor: str) -> str:
    if not words:
        return ""
    return (
        f'<text class="plot-text" x="{x}" y="{y}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _at(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
