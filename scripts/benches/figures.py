"""What a workload comes to: its figures, and how they are shown."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """A figure of several runs."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def text(self) -> str:
        low, high = min(self.values), max(self.values)
        return f"{short(low)} {short(self.median)} {short(high)}"

    def document(self) -> dict[str, float]:
        return {
            "min": min(self.values),
            "median": self.median,
            "max": max(self.values),
        }


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One line of the table."""

    workload: str
    #: What distinguishes this line from others of the workload.
    case: str = ""
    unit: str = ""
    rates: Sequence[float] = ()
    limits: Sequence[float] = ()
    #: What bench figures are held against, in words.
    goal: str = ""
    #: None where nothing can be said: no goal, or not run.
    met: bool | None = None
    #: Seconds of CPU per 1,000 copies (or of what the unit counts), by component.
    cpu: Mapping[str, float] = dataclasses.field(default_factory=dict)
    #: Peak PSS in MB by kind of process, and of all of ListHub ("in all").
    memory: Mapping[str, float] = dataclasses.field(default_factory=dict)
    note: str = ""

    @property
    def of_limit(self) -> float | None:
        if not self.rates or not self.limits:
            return None
        return ratio(self.rates, self.limits)

    def document(self) -> dict[str, object]:
        """Return the line as JSON has it."""
        return {
            "workload": self.workload,
            "case": self.case,
            "unit": self.unit,
            "rate": Spread(values=tuple(self.rates)).document() if self.rates else None,
            "limit": (
                Spread(values=tuple(self.limits)).document() if self.limits else None
            ),
            "ratio": self.of_limit,
            "goal": self.goal,
            "met": self.met,
            "cpu_seconds_per_1000": dict(self.cpu),
            "memory_mb": dict(self.memory),
            "note": self.note,
        }


def ratio(rates: Sequence[float], limits: Sequence[float]) -> float:
    """Return the ratio of the medians."""
    return statistics.median(rates) / statistics.median(limits)


def short(value: float) -> str:
    """Write a number with three figures that matter."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """Write the figures as aligned text, one line each, what else is known below it."""
    heads = ("workload", "unit", "min median max", "limit", "ratio", "goal", "met")
    rows = [heads, *(_row(figure) for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for figure, row in zip((None, *figures), rows, strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
        lines += _details(figure) if figure else []
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    part = figure.of_limit
    return (
        f"{figure.workload} {figure.case}".strip(),
        figure.unit,
        Spread(values=tuple(figure.rates)).text() if figure.rates else "-",
        short(statistics.median(figure.limits)) if figure.limits else "-",
        f"{part:.2f}" if part is not None else "-",
        figure.goal or "-",
        {None: "-", True: "yes", False: "NO"}[figure.met],
    )


def _details(figure: Figure) -> list[str]:
    lines = []
    if figure.cpu:
        parts = (f"{name} {seconds:.3f}" for name, seconds in figure.cpu.items())
        lines.append(f"    CPU seconds per 1,000: {', '.join(parts)}")
    if figure.memory:
        parts = (f"{name} {mb:.0f}" for name, mb in figure.memory.items())
        lines.append(f"    peak memory (PSS, MB): {', '.join(parts)}")
    if figure.note:
        lines += [f"    {line}" for line in figure.note.splitlines()]
    return lines
