import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from listhub.embedded.endpoints import Endpoints
from listhub.embedded.kept import Condition
from listhub.embedded.picture import Figures, Line, Picture
from listhub.embedded.view import plain_lines, render
from listhub.spool.stats import Room
from listhub.stages.table import STAGES

ENDPOINTS = Endpoints(
    database="postgresql://listhub:secret@127.0.0.1:15000/listhub",
    broker="redis://:secret@127.0.0.1:15001/0",
    lmtp="127.0.0.1:15002",
    socket="/srv/listhub/run/intake.sock",
    relay="smtp://127.0.0.1:15003",
    web="http://127.0.0.1:15004",
    directory=Path("/srv/listhub"),
    pid=4711,
)

PROCESSES = tuple(
    Condition(name=name, state="up", pid=4_194_304, restarts=3)
    for name in ("postgres", "valkey", "catcher", "intake", "worker", "web")
)


def room(stage: str, **figures: object) -> Room:
    fields = {"oldest": 0.0, "ready": 0, "leased": 0, "deferred": 0, "most_attempts": 0}
    return Room(stage=stage, **{**fields, **figures})  # type: ignore[arg-type]


def full(*, note: str = "post 1 to 3 recipients") -> Picture:
    """Return a picture with more verdicts than a screen has lines."""
    line = Line(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        stage="distribute",
        verdict="done",
        note=note,
        list="a-list-with-a-long-name@lists.example",
    )
    rooms = tuple(
        room(stage.name, ready=1_234_567, leased=12_345, oldest=7000.0)
        for stage in STAGES
    )
    figures = Figures(rooms=rooms, rate=18_000.4, lines=(line,) * 50)
    return Picture(figures=figures, processes=PROCESSES)


def drawn(picture: Picture, *, width: int = 80, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    with console.capture() as capture:
        console.print(render(picture, ENDPOINTS, height=height))
    return capture.get().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 40), (200, 60)])
def test_fits_the_terminal(width: int, height: int) -> None:
    """However full the rooms are, the view is no larger than the terminal."""
    lines = drawn(full(), width=width, height=height)

    assert len(lines) < height
    assert max(map(len, lines)) <= width


def test_says_what_there_is_to_know() -> None:
    """Rooms, processes, the rate, the last verdicts and all addresses are there."""
    text = "\n".join(drawn(full(), width=120, height=40))

    for part in (
        *(stage.name for stage in STAGES),
        *(process.name for process in PROCESSES),
        "18,000 copies/s",
        "1,234,567",
        "1 h 56 min",
        "post 1 to 3 recipients",
        "http://127.0.0.1:15004",
        "127.0.0.1:15002",
        "smtp://127.0.0.1:15003",
        "Ctrl-C",
    ):
        assert part in text


def test_shows_no_password() -> None:
    """The passwords of database and broker are on no screen."""
    assert "secret" not in "\n".join(drawn(full()))


def test_cannot_be_steered_by_mail() -> None:
    """Control characters in what others wrote do not reach the terminal."""
    text = "\n".join(drawn(full(note="\x1b[2J\x07\u202eevil"), width=160))

    assert "evil" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_an_empty_room_has_no_oldest_item() -> None:
    """What is empty has no age."""
    figures = Figures(rooms=(room("send"),))
    line = next(line for line in drawn(Picture(figures=figures)) if "send" in line)

    assert line.split() == ["send", "0", "0", "0", "0", "-"]


def test_a_database_that_is_away_is_said_so() -> None:
    """Without figures the view says why."""
    figures = Figures(trouble="connection refused")

    assert any("connection refused" in line for line in drawn(Picture(figures=figures)))


def test_plain_lines_tell_of_what_waits_only() -> None:
    """The log says nothing about rooms that are empty."""
    figures = Figures(rooms=(room("send"), room("bounce", ready=2, buried=1)))

    assert plain_lines(Picture(figures=figures)) == [
        "bounce: 2 ready, 0 in work, 0 deferred, 1 set aside, oldest 0.0 s"
    ]
