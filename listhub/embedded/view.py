"""How a running system looks on a terminal: rooms, processes, verdicts, addresses."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from listhub.embedded.endpoints import Endpoints
from listhub.embedded.kept import Condition
from listhub.embedded.picture import Line, Picture
from listhub.embedded.program import command_path
from listhub.spool.stats import Room, duration

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_COLOURS = {"up": "green", "starting": "yellow", "waiting": "red", "stopping": "yellow"}

#: Lines of a terminal that are left to the shell's prompt.
_SPARE = 1


def render(picture: Picture, endpoints: Endpoints, *, height: int) -> RenderableType:
    """Return the whole view, at most `height` lines of 80 columns or more."""
    reach = reach_lines(endpoints)
    # The title, three empty lines, the head of the tables, and one verdict at least.
    fixed = 6 + len(reach) + _SPARE
    rooms = _fitting(picture.figures.rooms, max(0, height - fixed))
    top = Table.grid(padding=(0, 3), expand=True)
    top.add_row(_rooms(rooms), _processes(picture.processes))
    used = fixed + max(len(rooms), len(picture.processes))
    shown = max(0, height - used) + 1
    lines = picture.figures.lines[-shown:]
    return Group(
        _title(picture, endpoints),
        Text(),
        top,
        Text(),
        *_verdicts(lines, picture.figures.trouble),
        Text(),
        *reach,
    )


def reach_lines(endpoints: Endpoints) -> list[Text]:
    """Return how to get at everything, a line each."""
    listhub = f"{command_path('listhub')} --dir {_short(endpoints.directory)}"
    pipe = f"{command_path('listhub-enqueue')} --dir {_short(endpoints.directory)}"
    rows = [
        ("web", endpoints.web),
        ("post", f"{pipe} LIST@DOMAIN < mail"),
        ("lmtp", endpoints.lmtp),
        ("sent to", endpoints.relay),
        ("try", f"{listhub} status"),
        ("stop", "Ctrl-C"),
    ]
    return [
        Text.assemble((f"{name:<9}", "bold"), value, no_wrap=True, overflow="ellipsis")
        for name, value in rows
        if value
    ]


def plain_lines(picture: Picture) -> list[str]:
    """Return one line for each room that is not empty."""
    return [
        f"{room.stage}: {_count(room)} ready, {room.leased} in work,"
        f" {room.deferred} deferred, {_aside(room)} set aside,"
        f" oldest {duration(room.oldest)}"
        for room in picture.figures.rooms
        if room.ready or room.leased or room.deferred or _aside(room)
    ]


def size(console: Console) -> int:
    """Return how many lines the view may have."""
    return console.size.height


def _title(picture: Picture, endpoints: Endpoints) -> Text:
    return Text.assemble(
        ("ListHub", "bold"),
        f" in {_short(endpoints.directory)}",
        "   ",
        (f"{picture.figures.rate:,.0f}", "bold"),
        " copies/s",
        no_wrap=True,
        overflow="ellipsis",
    )


def _fitting(rooms: Sequence[Room], most: int) -> Sequence[Room]:
    """Return as many rooms as there are lines, in their order; empty ones go first."""
    empty = [room for room in rooms if not (room.ready or room.leased or _aside(room))]
    left_out = {room.stage for room in empty[: max(0, len(rooms) - most)]}
    return [room for room in rooms if room.stage not in left_out][:most]


def _rooms(rooms: Sequence[Room]) -> Table:
    table = _table("room", "ready", "busy", "later", "aside", "oldest")
    for room in rooms:
        aside = _aside(room)
        table.add_row(
            room.stage,
            _count(room),
            f"{room.leased:,}",
            f"{room.deferred:,}",
            Text(f"{aside:,}", style="red" if room.buried else ""),
            duration(room.oldest if room.ready else None),
            style="" if room.ready or room.leased else "dim",
        )
    return table


def _processes(conditions: Iterable[Condition]) -> Table:
    table = _table("process", "state", "pid", "restarts")
    for one in conditions:
        table.add_row(
            one.name,
            Text(one.state, style=_COLOURS.get(one.state, "")),
            str(one.pid or "-"),
            Text(str(one.restarts), style="red" if one.restarts else "dim"),
        )
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    words = {"room", "process", "state"}
    for name in names:
        table.add_column(
            name, no_wrap=True, justify="left" if name in words else "right"
        )
    return table


def _verdicts(lines: Iterable[Line], trouble: str) -> list[Text]:
    if trouble:
        return [Text(f"The database: {_clean(trouble)}", style="red", no_wrap=True)]
    texts = [
        Text.assemble(
            (f"{line.at.astimezone():%H:%M:%S} ", "dim"),
            f"{line.stage:<11}",
            (line.verdict, "" if line.verdict == "done" else "yellow"),
            f" {_clean(line.list)} ",
            (_clean(line.note), "dim"),
            no_wrap=True,
            overflow="ellipsis",
        )
        for line in lines
    ]
    return texts or [Text("No mail yet.", style="dim")]


def _count(room: Room) -> str:
    return f"{'~' if room.ready_estimated else ''}{room.ready:,}"


def _aside(room: Room) -> int:
    return room.parked + room.held + room.buried


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _clean(text: str) -> str:
    """Return what others wrote as text that cannot steer a terminal."""
    return _CONTROL.sub("\ufffd", text)
