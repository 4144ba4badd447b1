"""The command `listhub`: its global options, its commands, its exit codes.

A command is one module of this package and one line of COMMANDS; it is imported
when it is run, so that `listhub --help` starts fast.  Whatever goes wrong ends as
one sentence on standard error and an exit code that an MTA or a script understands.
"""

import importlib
import logging
import os
import select
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

import click
from typing_extensions import override

from listhub import __version__
from listhub.errors import ListHubError, TemporaryError, UsageError

# sysexits.h, as MTAs and scripts read them.
EX_USAGE = 64
EX_SOFTWARE = 70
EX_TEMPFAIL = 75
FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, as a shell says it
PIPE_CLOSED = 141  # 128 + SIGPIPE

LEVELS = ("debug", "info", "warning", "error", "critical")


class Entry(NamedTuple):
    """A command: its name, where its click command is, and what --help says."""

    name: str
    target: str
    about: str


COMMANDS: tuple[Entry, ...] = (
    Entry("up", "listhub.cli.up:up", "Run the whole system here."),
    Entry("intake", "listhub.cli.intake:intake", "Take mail from the MTA."),
    Entry("postfix", "listhub.cli.postfix:postfix", "Connect Postfix to the lists."),
    Entry("db", "listhub.cli.db:db", "Set up, check and upgrade the database."),
    Entry("domain", "listhub.cli.domain:domain", "Add, list and remove domains."),
    Entry("list", "listhub.cli.lists:list_", "Create, show, change and close lists."),
    Entry("family", "listhub.cli.family:family", "Make many lists of one template."),
    Entry("member", "listhub.cli.member:member", "Add, change and remove members."),
    Entry("archive", "listhub.cli.archive:archive", "Import, export, erase archives."),
    Entry("person", "listhub.cli.person:person", "Tell or erase what is known of one."),
    Entry("listmaster", "listhub.cli.listmaster:listmaster", "Say who runs the lists."),
    Entry("source", "listhub.cli.source:source", "Take people from elsewhere."),
    Entry("scenario", "listhub.cli.scenario:scenario", "Say who may do what."),
    Entry("filter", "listhub.cli.filters:filter_", "Change blocklists and filters."),
    Entry("dkim", "listhub.cli.dkim:dkim", "Make keys that sign mail."),
    Entry("moderate", "listhub.cli.moderate:moderate", "Decide what waits for people."),
    Entry("bounce", "listhub.cli.bounce:bounce", "Look at what comes back."),
    Entry("job", "listhub.cli.job:job", "Show and run what is done by the clock."),
    Entry("status", "listhub.cli.status:status", "Say whether mail flows."),
    Entry("trace", "listhub.cli.trace:trace", "Tell the life of a message."),
    Entry("message", "listhub.cli.message:message", "Show what a list makes of mail."),
    Entry("notice", "listhub.cli.notice:notice", "Look at mail of the system's own."),
    Entry("spool", "listhub.cli.spool:spool", "Look into the rooms and mend."),
    Entry("worker", "listhub.cli.worker:worker", "Work: the processes of some pools."),
    Entry("session", "listhub.cli.session:session", "End where one is signed in."),
    Entry("token", "listhub.cli.token:token", "Let programs use the API."),
    Entry("web", "listhub.cli.web:web", "Serve the pages and the API."),
    Entry("caught", "listhub.cli.caught:caught", "Look at mail that was caught."),
    Entry("config", "listhub.cli.config:config", "Show, check and change settings."),
)


class Commands(click.Group):
    """The group whose commands come from the table, each imported when it is run."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [entry.name for entry in COMMANDS]

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for name, target, _about in COMMANDS:
            if name == cmd_name:
                module, _, attribute = target.partition(":")
                found = getattr(importlib.import_module(module), attribute)
                return cast("click.Command", found)
        return None

    @override
    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.about) for entry in COMMANDS])

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            ctx.fail(f"there is no command {name!r}; `listhub --help` lists them.")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="listhub", message="%(prog)s %(version)s")
@click.option(
    "--config",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Read the settings from FILE, not from $LISTHUB_CONFIG or"
    " /etc/listhub/listhub.toml.",
)
@click.option(
    "--dir",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Work on the system that `listhub up` runs in DIR.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--log-level",
    type=click.Choice(LEVELS, case_sensitive=False),
    default="info",
    show_default=True,
    help="How much to log, on standard error.",
)
@click.pass_context
def listhub(
    ctx: click.Context,
    *,
    path: Path | None,
    directory: Path | None,
    as_json: bool,
    log_level: str,
) -> None:
    """Run mailing lists on many hosts at once."""
    from listhub import log
    from listhub.cli.context import Context

    log.set_up(level=log_level.upper())
    # Each names itself at INFO when it is imported, on every command line.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    ctx.obj = Context(path=path, directory=directory, as_json=as_json)


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; the entry point `listhub`."""
    if "_LISTHUB_COMPLETE" in os.environ:
        from click.shell_completion import shell_complete

        instruction = os.environ["_LISTHUB_COMPLETE"]
        return shell_complete(listhub, {}, "listhub", "_LISTHUB_COMPLETE", instruction)
    words = list(sys.argv[1:] if args is None else args)
    try:
        with listhub.make_context("listhub", words) as ctx:
            listhub.invoke(ctx)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return _fail(error)
    return 0


def _fail(error: Exception) -> int:
    """Say in one sentence what went wrong, and return the exit code for it."""
    if isinstance(error, BrokenPipeError) and _output_is_gone():
        return PIPE_CLOSED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return EX_USAGE
    if isinstance(error, click.ClickException):
        _say(error.format_message())
        return EX_USAGE if isinstance(error, click.UsageError) else FAILED
    if isinstance(error, ListHubError):
        _say(error.public)
        logging.getLogger(__name__).debug("command failed", exc_info=error)
        return _code(error)
    from listhub.config.fields import hide_passwords

    debugging = logging.getLogger().isEnabledFor(logging.DEBUG)
    text = hide_passwords(" ".join(str(error).split()))[:300]
    where = (
        "the log above says where"
        if debugging
        else "run it with --log-level debug, and the log on standard error says where"
    )
    logging.getLogger(__name__).debug("command failed", exc_info=error)
    _say(f"an internal error, {type(error).__name__}: {text}; {where}.")
    return EX_SOFTWARE


def _code(error: ListHubError) -> int:
    if isinstance(error, UsageError):
        return EX_USAGE
    return EX_TEMPFAIL if isinstance(error, TemporaryError) else FAILED


def _say(sentence: str) -> None:
    click.echo(f"listhub: {sentence}", err=True)


def _output_is_gone() -> bool:
    """Whether it was our standard output that broke, and not some other pipe."""
    output = sys.stdout.fileno()
    poll = select.poll()
    poll.register(output, 0)  # errors are always told
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    # The interpreter flushes once more at its end, and would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return True


if __name__ == "__main__":
    sys.exit(main())
