"""`listhub worker`: run the processes of some pools on this host; look at those of all."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from listhub.cli.context import Context, json_option, pass_context
from listhub.errors import UsageError

if TYPE_CHECKING:
    from listhub.spool.processes import Process

_COLUMNS = (
    *("host", "pool", "kind", "pid", "version", "seen", "memory", "room", "in work"),
    *("since", "lists", "settled 1 min", "settled 1 h"),
)


@click.group(
    invoke_without_command=True, short_help="Work: run the processes of some pools."
)
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
@click.pass_context
def worker(ctx: click.Context, *, pools: str | None, concurrency: int) -> None:
    """Run the worker processes of the pools named, and the pump beside them.

    Runs until it is told to stop (SIGTERM): what is in work is finished or given
    back.  Any number may run, on any number of hosts: `listhub worker ls` shows them.
    """
    if ctx.invoked_subcommand is not None:
        return
    from listhub.stages.pools import POOLS

    context = ctx.ensure_object(Context)
    chosen = _chosen(pools, POOLS)
    settings = context.settings
    os.environ.update(_inherited(context))
    from listhub.worker.supervisor import Supervisor

    code = Supervisor(settings, chosen, concurrency=concurrency).run()
    raise click.exceptions.Exit(code)


@worker.command()
@json_option
@pass_context
def ls(context: Context) -> None:
    """Show the processes of all hosts, and what each has in work.

    A process says every 20 seconds that it is there; "silent" is one that has not for
    a minute, and is dead or cut off.  It is forgotten after an hour.
    """
    from listhub.spool import processes
    from listhub.stages.table import STAGES

    with context.connection() as conn:
        found = processes.processes(conn, [stage.name for stage in STAGES])
    if context.as_json:
        context.document([_document(one) for one in found])
    else:
        context.table([_row(one) for one in found], _COLUMNS)


def _document(one: "Process") -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(one), "alive": one.alive}


def _row(one: "Process") -> Sequence[object]:
    from listhub.spool.stats import duration

    lists = dict.fromkeys(item.list for item in one.items if item.list)
    seen = "silent" if not one.alive else f"{duration(one.silent)} ago"
    return (
        *(one.host, one.pool, one.kind, one.pid, one.version, seen),
        f"{one.memory / 1_000_000:.0f} MB" if one.memory else None,
        one.stage,
        one.leased,
        one.items[0].since if one.items else None,
        ", ".join([*lists][:3]) or None,
        one.settled_minute,
        one.settled_hour,
    )


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
