"""`listhub up`: the whole system in the foreground, out of one directory."""

import re
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from listhub import log
from listhub.cli.context import Context, pass_context
from listhub.errors import UsageError

if TYPE_CHECKING:
    from listhub.embedded.endpoints import Endpoints
    from listhub.embedded.picture import Eye, Picture
    from listhub.embedded.up import System

_log = log.get(__name__)

DEFAULT = Path("var/listhub")

_RELAY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:@/?#\[\]]+):(\d{1,5})")


@dataclass(kw_only=True)
class _Word:
    """The word to stop, by SIGINT, SIGTERM or SIGHUP; said twice it is urgent."""

    said: threading.Event = field(default_factory=threading.Event)
    system: "System | None" = None

    def listen(self) -> None:
        """Take the signals from now on."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._hear)

    def _hear(self, number: int, _frame: object) -> None:
        if not self.said.is_set():
            self.said.set()
        elif number == signal.SIGINT and self.system is not None:
            self.system.kill()


@click.command(short_help="Run the whole system here, for a trial or a small site.")
@click.option(
    "--dir",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=f"Where everything is kept.  [default: {DEFAULT}]",
)
@click.option(
    "--relay",
    metavar="HOST:PORT",
    default="",
    help="Send mail through this relay; without it all mail is caught, none leaves.",
)
@click.option(
    "--pools",
    metavar="NAME,...",
    default="",
    help="Which pools work here.  [default: all]",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many processes work for each pool.",
)
@click.option("--plain", is_flag=True, help="Log lines, also on a terminal.")
@pass_context
def up(
    context: Context,
    *,
    directory: Path | None,
    relay: str,
    pools: str,
    concurrency: int,
    plain: bool,
) -> None:
    """Run the whole system: servers, intake, workers, web and a catching relay.

    Nothing else is needed and nothing outside DIR is touched.  Ctrl-C stops it all;
    the next start in DIR goes on where it was.
    """
    from listhub.embedded.up import Plan, System

    word = _Word()
    plan = Plan(
        directory=directory or context.directory or DEFAULT,
        relay=_read_relay(relay),
        pools=_read_pools(pools),
        concurrency=concurrency,
    )
    system = word.system = System(plan, interrupted=word.said.is_set)
    word.listen()
    live = not plain and sys.stdout.isatty()
    if live:
        log.set_up(level="ERROR")
        click.echo(f"Starting ListHub in {plan.directory} ...")
    try:
        endpoints = system.start()
        if endpoints is not None:
            _watch(system, endpoints, word, live=live)
    finally:
        if live:
            click.echo("Stopping ...")
        system.stop()
    _log.info("all stopped", directory=str(system.directory))


def _watch(
    system: "System", endpoints: "Endpoints", word: _Word, *, live: bool
) -> None:
    from listhub.embedded.picture import Eye

    with Eye(endpoints.database) as eye:
        if live:
            _show(system, endpoints, word, eye)
        else:
            _tell(system, endpoints, word, eye)


def _show(system: "System", endpoints: "Endpoints", word: _Word, eye: "Eye") -> None:
    """Draw the view once a second."""
    from listhub.embedded.show import show

    show(
        endpoints,
        take=lambda: _take(system, eye),
        stop=word.said.wait,
    )


def _tell(system: "System", endpoints: "Endpoints", word: _Word, eye: "Eye") -> None:
    """Log how the rooms are, every ten seconds in which that changed."""
    from listhub.embedded.view import plain_lines

    _log.info(
        "everything is up",
        directory=str(endpoints.directory),
        web=endpoints.web,
        lmtp=endpoints.lmtp,
        socket=endpoints.socket,
        relay=endpoints.relay,
    )
    told: list[str] = []
    passed = 0
    while not word.said.wait(1.0):
        passed += 1
        picture = _take(system, eye)
        if passed % 10:
            continue
        lines = plain_lines(picture)
        if lines != told:
            _log.info("rooms", rooms=lines, copies_per_second=picture.figures.rate)
            told = lines


def _take(system: "System", eye: "Eye") -> "Picture":
    from listhub.embedded.picture import Picture, save_processes

    conditions = system.conditions()
    save_processes(system.directory, conditions)
    return Picture(figures=eye.look(), processes=conditions)


def _read_relay(text: str) -> str:
    match = _RELAY.fullmatch(text)
    if text and (match is None or not 0 < int(match[2]) < 65536):
        raise UsageError(f"--relay {text}: write it as HOST:PORT, such as mx:25.")
    return text


def _read_pools(text: str) -> tuple[str, ...]:
    from listhub.stages.pools import POOLS

    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name))
    for name in names:
        if name not in POOLS:
            raise UsageError(
                f"--pools: there is no pool {name!r}; the pools are {', '.join(POOLS)}."
            )
    return names or POOLS
