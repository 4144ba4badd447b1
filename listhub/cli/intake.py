"""`listhub intake`: the daemon that takes mail from the MTA."""

import asyncio
import gc
import signal
import sys

import click

from listhub.cli.context import Context, pass_context
from listhub.config import Settings
from listhub.intake.writer import Nudge

#: Seconds.  A thread that has answers waits at most this long for its turn; Python's
#: own 5 ms would be most of what a mail costs.
_SWITCH_INTERVAL = 0.0005


@click.command(short_help="Take mail: LMTP, and the socket of listhub-enqueue.")
@pass_context
def intake(context: Context) -> None:
    """Take mail from the MTA, by LMTP and on the socket of listhub-enqueue.

    Runs until it is told to stop (SIGTERM): then it takes no new mail, finishes the
    answers under way and ends.  Any number may run, one per host, port and socket.
    """
    import uvloop

    settings = context.settings
    sys.setswitchinterval(_SWITCH_INTERVAL)
    # What is loaded now stays: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, nudge=_nudge(settings)))


async def _serve(settings: Settings, *, nudge: Nudge) -> None:
    from listhub.intake.lmtp import LmtpServer

    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    server = LmtpServer(settings, nudge=nudge)
    await server.start()
    await told_to_stop.wait()
    await server.stop(patience=settings.worker.stop)


def _nudge(settings: Settings) -> Nudge:
    """Return what wakes the rooms after a commit."""
    from listhub.worker.nudge import Nudger

    nudger = Nudger(settings)

    def nudge(stages: set[str]) -> None:
        for stage in stages:
            nudger.nudge(stage)

    return nudge
