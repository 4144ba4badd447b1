"""`listhub worker`: the processes that do the work of some pools on this host."""

import os
from collections.abc import Mapping

import click

from listhub.cli.context import Context, pass_context
from listhub.errors import UsageError


@click.command(short_help="Work: run the processes of some pools.")
@click.option(
    "--pools",
    metavar="NAME,...",
    help="Which pools; all of them unless told.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=2,
    show_default=True,
    help="Processes per pool.",
)
@pass_context
def worker(context: Context, *, pools: str | None, concurrency: int) -> None:
    """Run the worker processes of the pools named, and the pump beside them.

    Runs until it is told to stop (SIGTERM): what is in work is finished or given
    back.  Any number may run, on any number of hosts.
    """
    from listhub.stages.table import POOLS

    chosen = _chosen(pools, POOLS)
    settings = context.settings
    os.environ.update(_inherited(context))
    from listhub.worker.supervisor import Supervisor

    code = Supervisor(settings, chosen, concurrency=concurrency).run()
    raise click.exceptions.Exit(code)


def _chosen(pools: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if pools is None:
        return known
    names = tuple(
        dict.fromkeys(name.strip() for name in pools.split(",") if name.strip())
    )
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        what = f"There is no pool {unknown[0]!r}" if unknown else "No pool is named"
        raise UsageError(f"{what}; the pools are {', '.join(known)}.")
    return names


def _inherited(context: Context) -> Mapping[str, str]:
    """Return what makes the children read the same settings from the environment."""
    import logging

    found = {
        "LISTHUB_LOG_LEVEL": logging.getLevelName(logging.getLogger().level),
    }
    if context.directory is not None:
        from listhub.embedded.endpoints import Endpoints, environment

        found |= environment(Endpoints.load(context.directory))
        # The site's own file is not for the servers in DIR: an empty one instead.
        found["LISTHUB_CONFIG"] = os.devnull
    if context.settings.path is not None:
        found["LISTHUB_CONFIG"] = str(context.settings.path.absolute())
    return found
