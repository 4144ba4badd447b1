"""Draw the view of a system on this terminal until told to stop."""

from collections.abc import Callable

from rich.console import Console
from rich.live import Live

from listhub.embedded.endpoints import Endpoints
from listhub.embedded.picture import Picture
from listhub.embedded.view import render


def show(
    endpoints: Endpoints,
    *,
    take: Callable[[], Picture],
    stop: Callable[[float], bool],
    console: Console | None = None,
) -> None:
    """Draw what `take` returns once a second until `stop(seconds)`, which waits, is True."""
    screen = console or Console()
    with Live(console=screen, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            view = render(take(), endpoints, height=screen.size.height)
            live.update(view, refresh=True)
            if stop(1.0):
                return
